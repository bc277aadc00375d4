#include "lib/deploy/journal.hpp"
#include "tests/support/catch.hpp"

#include <string>
#include <vector>

using namespace loomrel::deploy;

namespace {

struct Heard {
    std::vector<std::string> records; // "kind rest"
    std::string output;
};

Heard read_in_pieces(const std::string& stream, std::size_t piece) {
    Heard heard;
    JournalReader reader(
        "0123abcd",
        [&](const Record& record) { heard.records.push_back(record.kind + " " + record.rest); },
        [&](std::string_view bytes) { heard.output += bytes; });
    for (std::size_t at = 0; at < stream.size(); at += piece) {
        reader.feed(std::string_view(stream).substr(at, piece));
    }
    reader.finish();
    return heard;
}

const std::string k_stream = "\036"
                             "0123abcd 100 start build\n"
                             "plain line\nno newline before a record: \036"
                             "0123abcd 250 end build ok\n"
                             "\036"
                             "ffffffff 1 end build ok\n" // another run's, or a program's
                             "\036"
                             "0123abcd notanumber x\n"
                             "tail without newline";

} // namespace

TEST_CASE("a stream is taken apart alike however it is cut") {
    for (std::size_t piece = 1; piece <= k_stream.size(); ++piece) {
        const Heard heard = read_in_pieces(k_stream, piece);
        CHECK(heard.records == std::vector<std::string>{"start build", "end build ok"});
        CHECK(heard.output
              == "plain line\nno newline before a record: "
                 "\036"
                 "ffffffff 1 end build ok\n\036"
                 "0123abcd notanumber x\ntail without newline");
    }
}

TEST_CASE("a record that never ends is output, and memory stays bounded") {
    std::string output;
    JournalReader reader(
        "0123abcd",
        [](const Record&) { FAIL("no record"); },
        [&](std::string_view bytes) { output += bytes; });
    const std::string begin = "\036"
                              "0123abcd 1 log ";
    reader.feed(begin);
    for (int i = 0; i < 100; ++i) {
        reader.feed(std::string(1000, 'x'));
    }
    CHECK(output.size() > 90000);
}

TEST_CASE("binary output passes unharmed") {
    std::string stream;
    for (int i = 0; i < 512; ++i) {
        stream.push_back(static_cast<char>(i & 255));
    }
    CHECK(read_in_pieces(stream, 7).output == stream);
}

TEST_CASE("control lines are found in a host's noise, whatever it prints around them") {
    std::vector<std::string> lines;
    ControlReader reader("cafe", [&](std::string_view word, std::string_view rest) {
        lines.push_back(std::string(word) + "|" + std::string(rest));
    });
    const std::string stream = "Last login: never\nno newline \036"
                               "cafe hello started abc 0\n\036"
                               "beef hello forged\n\036"
                               "cafe beat\n";
    for (const char byte : stream) {
        reader.feed(std::string_view(&byte, 1));
    }
    CHECK(lines == std::vector<std::string>{"hello|started abc 0", "beat|"});
    CHECK(reader.noise().find("Last login") != std::string::npos);
}

TEST_CASE("everything before the begin mark is the host's noise") {
    for (std::size_t piece = 1; piece < 30; ++piece) {
        BeginMark mark("cafe");
        const std::string stream = "motd\n\036"
                                   "cafe beg\036"
                                   "cafe begin\nlog begins\n";
        std::string log;
        for (std::size_t at = 0; at < stream.size(); at += piece) {
            log += mark.skip(std::string_view(stream).substr(at, piece));
        }
        CHECK(log == "log begins\n");
    }
}
