#include "lib/deploy/end_status.hpp"

#include "tests/fuzz/fuzz.hpp"

using namespace loomrel;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto end = deploy::parse_end_status(fuzz::text_of(data, size), "a-run");
    fuzz::demand(!end || (end->rc >= 0 && end->rc <= 255));
    fuzz::demand(!end || fuzz::text_of(data, size).starts_with("a-run "));
    return 0;
}
