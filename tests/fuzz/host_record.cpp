#include "lib/deploy/host_record.hpp"

#include "tests/fuzz/fuzz.hpp"

// A record that is read has every key that was asked for, in both protocols.
using namespace loomrel;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view line = fuzz::text_of(data, size);
    for (int protocol = 1; protocol <= deploy::k_protocol; ++protocol) {
        const auto record = deploy::read_record(line, protocol, {"how", "run", "at"});
        fuzz::demand(
            !record
            || (record->contains("how") && record->contains("run") && record->contains("at")));
        fuzz::demand(!record || deploy::protocol_of(*record) >= 1);
    }
    constexpr std::int64_t k_year_10000 = 253402300800;
    const auto seconds = deploy::seconds_of(line);
    fuzz::demand(!seconds || (*seconds >= 0 && *seconds < k_year_10000));
    const auto hello = deploy::read_hello(line);
    fuzz::demand(!hello || hello->protocol >= 1);
    return 0;
}
