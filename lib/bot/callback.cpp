#include "lib/bot/callback.hpp"

#include "lib/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace loomrel::bot {

namespace {

constexpr std::string_view k_actions = "mlchaArRotYgx";
constexpr std::string_view k_origins = "asfon";
constexpr std::size_t k_longest_extra = 30; // a commit's digits, the longest number

bool is_extra(std::string_view text) {
    return text.size() <= k_longest_extra && std::all_of(text.begin(), text.end(), [](char letter) {
               return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'f')
                      || letter == '+' || letter == '-' || letter == '.';
           });
}

} // namespace

std::string to_data(const Callback& callback) {
    std::string data = fmt::format("{}{}:{}",
                                   static_cast<char>(callback.action),
                                   static_cast<char>(callback.origin),
                                   callback.release_id);
    return callback.extra.empty() ? data : data + ":" + callback.extra;
}

std::optional<Callback> parse_callback(std::string_view data) {
    const auto parts = split(data, ':');
    if (data.size() > 64 || parts.size() < 2 || parts.size() > 3 || parts[0].size() != 2
        || k_actions.find(parts[0][0]) == std::string_view::npos
        || k_origins.find(parts[0][1]) == std::string_view::npos) {
        return std::nullopt;
    }
    const auto id = parse_integer(parts[1]);
    const std::string_view extra = parts.size() == 3 ? parts[2] : std::string_view();
    if (!id || *id < 0 || !is_extra(extra)) {
        return std::nullopt;
    }
    return Callback{static_cast<Action>(parts[0][0]),
                    static_cast<Origin>(parts[0][1]),
                    *id,
                    std::string(extra)};
}

std::string short_commit(std::string_view commit) {
    return commit.empty() ? "-" : std::string(commit.substr(0, 8));
}

std::string digest_of(std::string_view tag) {
    std::uint32_t hash = 2166136261U;
    for (const char letter : tag) {
        hash = (hash ^ static_cast<unsigned char>(letter)) * 16777619U;
    }
    return fmt::format("{:08x}", hash);
}

} // namespace loomrel::bot
