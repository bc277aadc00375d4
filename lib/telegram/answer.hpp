#pragma once

#include "lib/http/http.hpp"
#include "lib/telegram/telegram.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>

// What the Bot API says about a call that did not work. Decided on the status and `parameters`; on
// words only where there is nothing else, by a part of them (tdlib/telegram-bot-api, Query.cpp).
namespace loomrel::telegram {

struct Refusal {
    Problem problem;
    bool not_modified = false;
    bool press_too_old = false;
    bool cannot_parse = false;
    std::optional<std::int64_t> moved_to;
};

// The call's result, or the refusal thrown.
[[nodiscard]] nlohmann::json read_answer(const http::Response& response);

} // namespace loomrel::telegram
