#pragma once

#include "lib/store/store.hpp"

#include <string>

// What callers may write into the ledger. Wrong values: store::wire::FieldError, or Error(usage)
// for names with rules of their own.
namespace loomrel::server {

void check_uuid(const char* field, const std::string& text);
// One line of at most so many bytes, without control characters and the like; not empty.
void check_line(const char* field, const std::string& text, std::size_t longest = 200);
void check_run_id(const char* field, const std::string& text);
// "" or an http(s) URL.
void check_link(const char* field, const std::string& text);
void check_source(const std::string& source);

void check(const store::NewRelease& release);
void check(const store::Run& run);
void check(const store::RunEnd& end);
void check(const store::Change& change);
void check(const store::Claim& claim);
void check(const store::NewNote& note);
// Neither may what the store itself writes be asked for: a dispatch would start a deploy.
void check(const store::NewNotice& notice);

} // namespace loomrel::server
