#include "lib/deploy/end_status.hpp"

#include "lib/base/text.hpp"
#include "lib/deploy/host_record.hpp"

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
    const std::string_view text = trim(line);
    const auto record = read_record(text,
                                    text.starts_with("id=") ? k_protocol : 1,
                                    {"id",
                                     "rc",
                                     "outcome",
                                     "step",
                                     "reason",
                                     "serves",
                                     "switched",
                                     "restored",
                                     "log",
                                     "whole"});
    if (!record || record->at("id") != run_id || record->at("whole") != ".") {
        return std::nullopt;
    }
    const std::string& told_rc = record->at("rc");
    const auto rc = parse_integer(told_rc);
    if (!rc || *rc < 0 || *rc > 3 || told_rc.size() > 3
        || !is_member(record->at("outcome"), k_outcomes)
        || (*rc == 0) != (record->at("outcome") == "good")
        || (record->at("switched") != "yes" && record->at("switched") != "no")
        || !is_member(record->at("restored"), k_restored)) {
        return std::nullopt;
    }
    EndStatus status;
    status.rc = static_cast<int>(*rc);
    status.outcome = record->at("outcome");
    status.step = record->at("step");
    status.reason = record->at("reason");
    status.serves = record->at("serves") == "-" ? "" : record->at("serves");
    status.switched = record->at("switched") == "yes";
    status.restored = record->at("restored");
    status.log = record->at("log");
    return status;
}

} // namespace loomrel::deploy
