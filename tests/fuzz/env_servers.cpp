#include "lib/base/error.hpp"
#include "lib/config/values.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace loomrel;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    try {
        (void)config::parse_env_servers(fuzz::text_of(data, size), ".env.servers");
    } catch (const Error& error) {
        fuzz::demand(error.kind() == ErrorKind::config);
    }
    return 0;
}
