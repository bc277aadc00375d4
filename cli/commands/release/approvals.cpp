#include "cli/commands/release/approvals.hpp"

#include "lib/base/text.hpp"

namespace loomrel::cli {

std::string approver_shown(const store::Approval& approval) {
    return approval.approver_name.empty() ? std::to_string(approval.approver_id)
                                          : sanitize_line(approval.approver_name);
}

nlohmann::ordered_json approvals_json(const std::vector<store::Approval>& approvals) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const store::Approval& each : approvals) {
        list.push_back({{"by", approver_shown(each)},
                        {"decision", to_string(each.verdict)},
                        {"at", to_rfc3339(each.at)}});
    }
    return list;
}

std::string approvals_line(const std::vector<store::Approval>& approvals) {
    std::vector<std::string> words;
    for (const store::Approval& each : approvals) {
        words.push_back(approver_shown(each) + ": " + std::string(to_string(each.verdict)));
    }
    return join(words, ", ");
}

std::string approvals_shown(const std::vector<store::Approval>& approvals) {
    std::vector<std::string> words;
    for (const store::Approval& each : approvals) {
        const bool good = each.verdict == store::Verdict::approved;
        words.push_back((good ? "✅ " : "❌ ") + approver_shown(each));
    }
    return join(words, ", ");
}

} // namespace loomrel::cli
