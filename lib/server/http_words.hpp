#pragma once

#include "lib/server/request.hpp"

#include <boost/beast/http/verb.hpp>
#include <boost/system/error_code.hpp>

#include <optional>
#include <string>

namespace loomrel::server {

// A method for logs and metrics: "_OTHER" for those that nobody expects.
[[nodiscard]] std::string known_method(boost::beast::http::verb verb);

// What the parser's complaint means for the caller; nullopt: the caller is gone.
[[nodiscard]] std::optional<Response> of_parser(const boost::system::error_code& ec);

[[nodiscard]] Response busy(const char* message);

} // namespace loomrel::server
