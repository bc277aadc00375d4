#include "tests/fuzz/fuzz.hpp"
#include "tests/lib/server/api_world.hpp"

// A body, by every route that takes one.
using namespace loomrel;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static test::ApiWorld world;
    const std::string body(fuzz::text_of(data, size));
    for (const server::Route& route : server::routes()) {
        if (!route.has_body || route.access == server::Access::telegram) {
            continue;
        }
        std::string path(route.path);
        if (const auto place = path.find("{id}"); place != std::string::npos) {
            path.replace(
                place, 4, path.starts_with("/runs") ? "7d9f4d8e-0d3a-4c39-8b62-93ad57aeb9d1" : "1");
        }
        world.ledger = {};
        const auto response = world.ask(std::string(route.method), path, body);
        fuzz::demand(nlohmann::json::accept(response.body));
        fuzz::demand(response.status != 503); // no exception that nobody expected
    }
    return 0;
}
