#include "lib/server/api.hpp"
#include "tests/support/catch.hpp"

#include <set>

using namespace loomrel;
using nlohmann::json;

TEST_CASE("openapi.json describes the routes that there are, and no others") {
    const json document = json::parse(server::openapi());
    std::set<std::string> described;
    for (const auto& [path, methods] : document.at("paths").items()) {
        for (const auto& [method, operation] : methods.items()) {
            std::string name = method;
            for (char& letter : name) {
                letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
            }
            described.insert(name + " " + path);
        }
    }
    std::set<std::string> there;
    for (const server::Route& route : server::routes()) {
        const std::string name = std::string(route.method) + " " + std::string(route.path);
        there.insert(name);
        CAPTURE(name);
        REQUIRE(described.contains(name));
        std::string method(route.method);
        for (char& letter : method) {
            letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
        }
        const json& operation = document.at("paths").at(std::string(route.path)).at(method);
        CHECK(operation.contains("requestBody") == route.has_body);
        const bool open = operation.contains("security") && operation.at("security").empty();
        CHECK(open == (route.access == server::Access::open));
        const json& responses = operation.at("responses");
        CHECK(responses.contains("400")); // of any request that is not HTTP as it should be
        CHECK(responses.contains("429")); // too many at once, whatever they ask
        CHECK(responses.contains("503"));
        CHECK(responses.contains("401") == (route.access != server::Access::open));
    }
    CHECK(described == there);
}

TEST_CASE("every reference of openapi.json leads somewhere") {
    const json document = json::parse(server::openapi());
    std::size_t found = 0;
    const json flat = document.flatten();
    for (const auto& [place, value] : flat.items()) {
        if (place.ends_with("/$ref")) {
            ++found;
            CAPTURE(place);
            CHECK(document.contains(json::json_pointer(value.get<std::string>().substr(1))));
        }
    }
    CHECK(found > 20);
}
