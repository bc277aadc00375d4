#pragma once

#include "lib/base/clock.hpp"
#include "lib/store/sql/session.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace loomrel::store {

// What a text column takes: UTF-8 without NUL. Names were checked long before; this is for output
// and details of foreign origin, which must not keep a result out of the ledger.
[[nodiscard]] std::string storable(std::string_view text);
// The same for a JSON column: what is no object is wrapped in one.
[[nodiscard]] std::string storable_json(const std::string& text);

// A list of texts in one column, as JSON; nullopt for what is no such list.
[[nodiscard]] std::string list_text(const std::vector<std::string>& texts);
[[nodiscard]] std::optional<std::vector<std::string>> list_of(const std::string& text);

// "$1, $2, $3" of the values now bound.
[[nodiscard]] std::string bind_all(Query& query, const std::vector<std::string>& values);

// Milliseconds since an instant of ours, by the database's clock; negative before it.
[[nodiscard]] std::string ms_since(const Dialect& dialect, const std::string& column);
// The instant so long from now, by the database's clock.
[[nodiscard]] std::string instant_in(Query& query, const Dialect& dialect, Milliseconds wait);

[[nodiscard]] std::int64_t integer_of(const std::optional<std::string>& text);

} // namespace loomrel::store
