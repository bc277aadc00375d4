#include "lib/server/http_words.hpp"

#include <boost/beast/http/error.hpp>

#include <utility>

namespace loomrel::server {

namespace http = boost::beast::http;

std::string known_method(http::verb verb) {
    switch (verb) {
    case http::verb::get:
    case http::verb::head:
    case http::verb::post:
    case http::verb::put:
    case http::verb::patch:
    case http::verb::delete_:
    case http::verb::options:
        return std::string(http::to_string(verb));
    default: // Beast knows dozens
        return "_OTHER";
    }
}

std::optional<Response> of_parser(const boost::system::error_code& ec) {
    if (ec == http::error::header_limit || ec == http::error::buffer_overflow) {
        return refusal(400, "headers_too_large", "the headers are too large");
    }
    if (ec == http::error::body_limit) {
        return refusal(413, "too_large", "the body is too large");
    }
    const bool gone = ec == http::error::end_of_stream || ec == http::error::partial_message;
    if (!gone && ec.category() == make_error_code(http::error::bad_method).category()) {
        return refusal(400, "bad_request", "this is not HTTP as it should be");
    }
    return std::nullopt;
}

Response busy(const char* message) {
    Response response = refusal(503, "busy", message);
    response.headers.emplace_back("Retry-After", "1");
    return response;
}

} // namespace loomrel::server
