#pragma once

#include "lib/base/handle.hpp"

#include <curl/curl.h>

#include <string>

// URLs as libcurl reads them: what is checked here is what is asked there.
namespace loomrel::http {

using UrlHandle = Handle<CURLU, curl_url_cleanup>;

// Null if it is none.
[[nodiscard]] UrlHandle parse_url(const std::string& text);
// "https://host:443"; "" if it is no http(s) URL or holds a user or password.
[[nodiscard]] std::string origin_of(CURLU* url);
[[nodiscard]] std::string host_of(CURLU* url);
[[nodiscard]] std::string scheme_of(CURLU* url); // lower case
[[nodiscard]] std::string port_of(CURLU* url);   // the scheme's own if none is named
// Path and query: the part that may hold a secret.
[[nodiscard]] std::string target_of(CURLU* url);

} // namespace loomrel::http
