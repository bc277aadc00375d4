#include "lib/base/text.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/lib/server/api_world.hpp"

#include <boost/beast/http.hpp>

// A request as it comes from the network: Beast's parser with our limits, then all that is said of
// it before and after its body.
using namespace loomrel;
namespace http = boost::beast::http;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    http::request_parser<http::string_body> parser;
    parser.header_limit(16 << 10);
    parser.body_limit(256 << 10);
    parser.eager(true);
    boost::system::error_code wrong;
    std::size_t at = 0;
    while (at < size && !parser.is_done() && !wrong) {
        const std::size_t used = parser.put(boost::asio::buffer(data + at, size - at), wrong);
        if (used == 0) {
            break;
        }
        at += used;
    }
    if (!parser.is_header_done()) {
        return 0;
    }
    server::Head head;
    head.method = std::string(parser.get().method_string());
    head.target = std::string(parser.get().target());
    for (const auto& field : parser.get()) {
        head.headers.emplace_back(
            to_lower({field.name_string().data(), field.name_string().size()}),
            std::string(field.value()));
    }
    static test::ApiWorld world;
    world.ledger = {};
    world.sink.taken.clear();
    const server::Response response = world.ask(head, parser.get().body());
    fuzz::demand(response.status >= 200 && response.status < 600);
    fuzz::demand(nlohmann::json::accept(response.body));
    const bool has_key = head.count("authorization") + head.count("x-interserver-secret-key") > 0;
    fuzz::demand(has_key || world.ledger.created.empty());
    return 0;
}
