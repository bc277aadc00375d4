#include "cli/commands/release/approvals.hpp"
#include "cli/commands/release/decision.hpp"
#include "cli/commands/release/release.hpp"
#include "lib/base/shell_quote.hpp"
#include "lib/base/text.hpp"
#include "lib/bot/actor_lines.hpp"
#include "lib/bot/event_words.hpp"
#include "lib/messages/status_texts.hpp"

#include <algorithm>

namespace loomrel::cli {

namespace {

using messages::Id;
using release::Status;
using store::Decided;

std::string prod_deploy_command(const DecisionCase& decided) {
    return "loomrel prod-deploy --service " + typed_word(decided.row.service_name) + " --tag "
           + typed_word(decided.row.release_tag) + " --release-id "
           + std::to_string(decided.row.id);
}

// Approvals that count, so far.
int have(const DecisionCase& decided, const std::vector<store::Approval>& approvals) {
    const auto listed = decided.council.ids();
    return static_cast<int>(
        std::count_if(approvals.begin(), approvals.end(), [&](const store::Approval& each) {
            return each.verdict == store::Verdict::approved
                   && std::find(listed.begin(), listed.end(), each.approver_id) != listed.end();
        }));
}

std::string who_is_left(const DecisionCase& decided,
                        const std::vector<store::Approval>& approvals) {
    std::vector<std::string> names;
    for (const release::Approver& one : decided.council.approvers) {
        const bool said =
            std::any_of(approvals.begin(), approvals.end(), [&](const store::Approval& each) {
                return each.approver_id == one.id && each.verdict == store::Verdict::approved;
            });
        if (!said) {
            names.push_back(sanitize_line(one.name));
        }
    }
    return join(names, ", ");
}

std::vector<store::Approval> with_this_word(const DecisionCase& decided,
                                            std::vector<store::Approval> approvals) {
    std::erase_if(approvals, [&](const store::Approval& each) {
        return each.approver_id == decided.approver.id;
    });
    approvals.push_back({decided.approver.id, decided.approver.name, "", decided.verdict, {}});
    return approvals;
}

class Teller {
public:
    Teller(Services& services, const DecisionCase& decided)
        : m_services(services),
          m_case(decided) {}

    void result(const Decided& answer) {
        line(heading_of(answer.what), answer.status);
        words(answer.approvals);
        if (answer.what == Decided::What::rejected) {
            next(Id::approval_next_new_tag);
        } else if (answer.status == to_string(Status::manual_testing)) {
            missing(answer.approvals);
        } else if (answer.status == to_string(Status::manual_test_passed)) {
            after_quorum(answer);
        }
    }

    void plan(const std::vector<store::Approval>& approvals) {
        line(m_case.approves() ? Id::approval_would_approve : Id::approval_would_reject,
             m_case.row.status);
        words(approvals);
        const Status then = status_after(m_case, approvals);
        if (then == Status::manual_testing) {
            missing(with_this_word(m_case, approvals));
        } else {
            becomes(m_case.approves() ? Id::approval_would_pass : Id::approval_would_fail, then);
        }
    }

private:
    [[nodiscard]] Id heading_of(Decided::What what) const {
        switch (what) {
        case Decided::What::approved:
            return Id::approval_done;
        case Decided::What::rejected:
            return Id::approval_rejected;
        case Decided::What::already:
            return m_case.approves() ? Id::approval_already_approved
                                     : Id::approval_already_rejected;
        case Decided::What::counted:
        case Decided::What::refused:
        case Decided::What::absent:
            break;
        }
        return Id::approval_counted;
    }

    template <typename... Arguments> void next(Id id, Arguments&&... arguments) {
        m_services.out(m_services.say(id, arguments...) + "\n");
    }

    void line(Id id, const std::string& status) {
        next(id,
             fmt::arg("who", sanitize_line(m_case.approver.name)),
             fmt::arg("id", m_case.row.id),
             fmt::arg("service", m_case.service),
             fmt::arg("tag", m_case.tag),
             fmt::arg("commit", m_case.commit().empty() ? "—" : m_case.commit().substr(0, 12)),
             fmt::arg("status", status_label(m_services.language(), status)));
    }

    void words(const std::vector<store::Approval>& approvals) {
        for (const store::Approval& each : approvals) {
            next(each.verdict == store::Verdict::approved ? Id::approval_yes : Id::approval_no,
                 fmt::arg("who", approver_shown(each)),
                 fmt::arg("at", m_services.date(each.at)));
        }
    }

    void missing(const std::vector<store::Approval>& approvals) {
        next(Id::approval_missing,
             fmt::arg("have", have(m_case, approvals)),
             fmt::arg("needed", m_case.council.needed),
             fmt::arg("names", who_is_left(m_case, approvals)));
    }

    void becomes(Id id, Status status) {
        next(id, fmt::arg("status", messages::label(m_services.language(), status)));
    }

    void after_quorum(const Decided& answer) {
        // The last of the approvals is the one that reached the quorum.
        Time from{};
        for (const store::Approval& each : answer.approvals) {
            from = std::max(from, each.at);
        }
        const Time end = from + m_services.config().telegram.approval_expires;
        const std::string until = m_services.date(end);
        if (end < m_services.now()) {
            next(
                Id::approval_next_expired, fmt::arg("until", until), fmt::arg("id", m_case.row.id));
        } else if (answer.server_is_up) {
            next(Id::approval_next_server, fmt::arg("until", until));
        } else {
            next(Id::approval_next_type,
                 fmt::arg("until", until),
                 fmt::arg("command", prod_deploy_command(m_case)));
        }
    }

    Services& m_services;
    const DecisionCase& m_case;
};

} // namespace

Status status_after(const DecisionCase& decided, const std::vector<store::Approval>& approvals) {
    if (!decided.approves()) {
        return Status::manual_test_failed;
    }
    return have(decided, with_this_word(decided, approvals)) >= decided.council.needed
               ? Status::manual_test_passed
               : Status::manual_testing;
}

std::string shown_to_approver(Services& services, const DecisionCase& decided) {
    std::string text = services.say(Id::approval_of,
                                    fmt::arg("id", decided.row.id),
                                    fmt::arg("service", decided.service),
                                    fmt::arg("tag", decided.tag),
                                    fmt::arg("commit", sanitize_line(decided.commit())));
    for (const std::string& line :
         bot::actor_texts(services.language(), decided.rules, decided.row)) {
        text += "\n" + line;
    }
    if (!decided.settings.empty()) {
        const std::string keys = bot::setting_keys(services.language(), decided.settings);
        text += "\n" + services.say(Id::shown_settings, fmt::arg("keys", keys));
    }
    return text;
}

void tell_decided(Services& services, const DecisionCase& decided, const Decided& answer) {
    Teller(services, decided).result(answer);
}

void tell_decision_plan(Services& services,
                        const DecisionCase& decided,
                        const std::vector<store::Approval>& approvals) {
    Teller(services, decided).plan(approvals);
}

} // namespace loomrel::cli
