#include "lib/deploy/end_status.hpp"

#include "lib/base/text.hpp"

#include <algorithm>
#include <array>

namespace loomrel::deploy {

namespace {

constexpr std::size_t k_longest_status = 1024;
constexpr std::array<std::string_view, 5> k_outcomes{
    "good", "failed", "refused", "cancelled", "died"};

constexpr std::array<std::string_view, 4> k_restored{"-", "yes", "failed", "none"};

bool is_member(std::string_view word, const auto& words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

} // namespace

std::optional<EndStatus> parse_end_status(std::string_view line, std::string_view run_id) {
    if (line.size() > k_longest_status || !is_valid_utf8(line)) {
        return std::nullopt;
    }
    const auto words = split(trim(line), ' ');
    if (words.size() != 10 || words[0] != run_id || words[9] != ".") {
        return std::nullopt;
    }
    const auto rc = parse_integer(words[1]);
    if (!rc || *rc < 0 || *rc > 3 || words[1].size() > 3 || !is_member(words[2], k_outcomes)
        || (*rc == 0) != (words[2] == "good") || (words[6] != "yes" && words[6] != "no")
        || !is_member(words[7], k_restored)) {
        return std::nullopt;
    }
    EndStatus status;
    status.rc = static_cast<int>(*rc);
    status.outcome = words[2];
    status.step = words[3];
    status.reason = words[4];
    status.serves = words[5] == "-" ? "" : std::string(words[5]);
    status.switched = words[6] == "yes";
    status.restored = words[7];
    status.log = words[8];
    return status;
}

} // namespace loomrel::deploy
