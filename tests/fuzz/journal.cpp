#include "lib/deploy/journal.hpp"

#include "tests/fuzz/fuzz.hpp"

#include <string>

// Cut anywhere, the stream gives the same records and the same output; none is lost or made up.
using namespace loomrel;

namespace {

struct Heard {
    std::string records;
    std::string output;
};

Heard hear(std::string_view stream, std::size_t piece) {
    Heard heard;
    deploy::JournalReader reader(
        "n0nce",
        [&](const deploy::Record& record) {
            heard.records +=
                std::to_string(record.uptime_cs) + " " + record.kind + " " + record.rest;
        },
        [&](std::string_view bytes) { heard.output += bytes; });
    for (std::size_t at = 0; at < stream.size(); at += piece) {
        reader.feed(stream.substr(at, piece));
    }
    reader.finish();
    return heard;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const std::size_t piece = data[0] % 17 + 1;
    const std::string_view stream = fuzz::text_of(data + 1, size - 1);
    const Heard whole = hear(stream, stream.size() + 1);
    const Heard cut = hear(stream, piece);
    fuzz::demand(whole.records == cut.records && whole.output == cut.output);
    return 0;
}
