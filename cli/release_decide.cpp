#include "cli/approvals.hpp"
#include "cli/release.hpp"
#include "lib/base/random.hpp"
#include "lib/base/shell_quote.hpp"
#include "lib/base/text.hpp"
#include "lib/messages/status_texts.hpp"
#include "lib/release/approval.hpp"

#include <algorithm>

namespace loomrel::cli {

namespace {

using messages::Id;
using messages::phrase;
using release::Status;
using store::Decided;
using store::Verdict;

// What is decided on, by whom, and who else may.
struct Case {
    release::Release row;
    release::Approver approver;
    release::Council council;
    Verdict verdict = Verdict::approved;
    std::string service; // as they may be shown
    std::string tag;

    [[nodiscard]] bool approves() const { return verdict == Verdict::approved; }

    [[nodiscard]] std::string commit() const { return row.commit_sha.value_or(""); }
};

Case open_case(Services& services, const ReleaseDecideOptions& options, Verdict verdict) {
    if (!options.as) {
        throw Error(ErrorKind::usage,
                    "who_decides",
                    phrase(Id::approval_who_missing),
                    phrase(Id::approval_who_missing_hint));
    }
    const release::ApprovalRules rules = services.config().approval_rules();
    Case found;
    found.approver = find_approver(rules, *options.as);
    found.row = find_release(services, options.id);
    found.verdict = verdict;
    found.service = sanitize_line(found.row.service_name);
    found.tag = sanitize_line(found.row.release_tag);
    found.council.needed =
        rules.quorum > 0 ? rules.quorum : static_cast<int>(rules.approvers.size());
    // Who rejects does not have to find others.
    if (found.approves()) {
        check_not_own(rules, found.approver, found.row.initiated_by);
        found.council = council_of(rules, found.row.initiated_by);
    }
    return found;
}

// To be typed: names of an older system's rows may be anything.
std::string typed(const std::string& word) {
    return word.empty() ? "''" : shell_quote(sanitize_line(word));
}

std::string prod_deploy_command(const Case& decided) {
    return "loomrel prod-deploy --service " + typed(decided.row.service_name) + " --tag "
           + typed(decided.row.release_tag) + " --release-id " + std::to_string(decided.row.id);
}

std::string back_on_stage_command(const Case& decided) {
    return "loomrel rollback --env stage --service " + typed(decided.row.service_name) + " --to "
           + typed(decided.row.release_tag);
}

[[noreturn]] void refuse_stage(const Case& decided, const Decided& answer) {
    const auto fail = [](Phrase message, Phrase hint) {
        throw Error(ErrorKind::refused, "not_on_stage", std::move(message), std::move(hint));
    };
    const auto service = fmt::arg("service", decided.service);
    const auto tag = fmt::arg("tag", decided.tag);
    const std::string serves = sanitize_line(answer.stage_serves);
    if (!answer.stage_run.empty()) {
        const std::string run = sanitize_line(answer.stage_run);
        fail(phrase(Id::approval_stage_busy, service, tag, fmt::arg("run", run)),
             phrase(Id::approval_stage_busy_hint, fmt::arg("run", run)));
    }
    if (answer.conflict == "tag") {
        fail(phrase(Id::approval_stage_moved,
                    service,
                    tag,
                    fmt::arg("id", decided.row.id),
                    fmt::arg("serves", serves.substr(0, 12)),
                    fmt::arg("commit", decided.commit().substr(0, 12))),
             phrase(Id::approval_stage_moved_hint, service));
    }
    fail(phrase(Id::approval_stage_serves, service, tag, fmt::arg("serves", serves)),
         phrase(Id::approval_stage_serves_hint,
                tag,
                fmt::arg("command", back_on_stage_command(decided))));
    throw std::logic_error("not reached");
}

[[noreturn]] void refuse(const Case& decided, const Decided& answer) {
    if (answer.conflict == "stage" || answer.conflict == "tag") {
        refuse_stage(decided, answer);
    }
    const auto id = fmt::arg("id", decided.row.id);
    const auto service = fmt::arg("service", decided.service);
    const auto tag = fmt::arg("tag", decided.tag);
    if (answer.conflict == "commit") {
        throw Error(ErrorKind::refused,
                    "commit_changed",
                    phrase(Id::approval_commit_changed, id, service, tag),
                    phrase(Id::approval_commit_changed_hint, id));
    }
    const auto now = release::parse_status(answer.status);
    const bool early = now == Status::initiated || now == Status::building
                       || now == Status::stage_deploy || now == Status::staging_failed;
    const auto text = [&](Language language) {
        return messages::say(language,
                             early ? Id::approval_too_early : Id::approval_too_late,
                             id,
                             service,
                             tag,
                             fmt::arg("status", status_label(language, answer.status)));
    };
    throw Error(ErrorKind::refused,
                "status_does_not_allow",
                {text(Language::ru), text(Language::en)},
                phrase(Id::approval_refused_hint, id));
}

// Approvals that count, so far.
int have(const Case& decided, const std::vector<store::Approval>& approvals) {
    const auto listed = decided.council.ids();
    return static_cast<int>(
        std::count_if(approvals.begin(), approvals.end(), [&](const store::Approval& each) {
            return each.verdict == Verdict::approved
                   && std::find(listed.begin(), listed.end(), each.approver_id) != listed.end();
        }));
}

std::string who_is_left(const Case& decided, const std::vector<store::Approval>& approvals) {
    std::vector<std::string> names;
    for (const release::Approver& one : decided.council.approvers) {
        const bool said =
            std::any_of(approvals.begin(), approvals.end(), [&](const store::Approval& each) {
                return each.approver_id == one.id && each.verdict == Verdict::approved;
            });
        if (!said) {
            names.push_back(sanitize_line(one.name));
        }
    }
    return join(names, ", ");
}

class Teller {
public:
    Teller(Services& services, const Case& decided)
        : m_services(services),
          m_case(decided) {}

    void
    json(const std::string& status, const std::vector<store::Approval>& approvals, bool dry_run) {
        nlohmann::ordered_json object{{"release_id", m_case.row.id},
                                      {"status", status},
                                      {"approvals", approvals_json(approvals)},
                                      {"needed", m_case.council.needed}};
        if (dry_run) {
            object["dry_run"] = true;
        }
        m_services.out_json(object);
    }

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
        auto then = approvals;
        std::erase_if(then, [&](const store::Approval& each) {
            return each.approver_id == m_case.approver.id;
        });
        then.push_back({m_case.approver.id, m_case.approver.name, "", m_case.verdict, {}});
        if (!m_case.approves()) {
            becomes(Id::approval_would_fail, Status::manual_test_failed);
        } else if (have(m_case, then) >= m_case.council.needed) {
            becomes(Id::approval_would_pass, Status::manual_test_passed);
        } else {
            missing(then);
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
            next(each.verdict == Verdict::approved ? Id::approval_yes : Id::approval_no,
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
        const std::string until =
            m_services.date(from + m_services.config().telegram.approval_expires);
        if (answer.server_is_up) {
            next(Id::approval_next_server, fmt::arg("until", until));
        } else {
            next(Id::approval_next_type,
                 fmt::arg("until", until),
                 fmt::arg("command", prod_deploy_command(m_case)));
        }
    }

    Services& m_services;
    const Case& m_case;
};

// Nothing is written. What stage serves is asked when it is.
ExitCode show_plan(Services& services, const Case& decided) {
    const auto status = decided.row.state();
    const auto approvals = services.store().approvals(decided.row.id);
    const bool may = status == Status::manual_testing
                     || (!decided.approves() && status == Status::manual_test_passed);
    if (!may) {
        Decided answer;
        answer.status = decided.row.status;
        refuse(decided, answer);
    }
    Teller teller(services, decided);
    if (services.json()) {
        teller.json(decided.row.status, approvals, true);
    } else {
        teller.plan(approvals);
    }
    return ExitCode::ok;
}

store::Decision
decision_of(Services& services, const ReleaseDecideOptions& options, const Case& decided) {
    store::Decision decision;
    decision.id = random_uuid();
    decision.release_id = decided.row.id;
    decision.commit = decided.commit();
    decision.approver_id = decided.approver.id;
    decision.approver_name = decided.approver.name;
    decision.typed_by = services.actor();
    decision.verdict = decided.verdict;
    decision.reason = options.reason.value_or("");
    decision.approvers = decided.council.ids();
    decision.quorum = decided.council.needed;
    decision.source = "cli";
    return decision;
}

ExitCode decide(Services& services, const ReleaseDecideOptions& options, Verdict verdict) {
    const Case decided = open_case(services, options, verdict);
    if (options.dry_run) {
        return show_plan(services, decided);
    }
    const Decided answer = services.store().decide(decision_of(services, options, decided));
    if (answer.what == Decided::What::absent) {
        (void)find_release(services, options.id); // says that there is none
    }
    if (answer.what == Decided::What::refused) {
        refuse(decided, answer);
    }
    Teller teller(services, decided);
    if (services.json()) {
        teller.json(answer.status, answer.approvals, false);
    } else {
        teller.result(answer);
    }
    return ExitCode::ok;
}

} // namespace

ExitCode run_release_approve(Services& services, const ReleaseDecideOptions& options) {
    return decide(services, options, Verdict::approved);
}

ExitCode run_release_reject(Services& services, const ReleaseDecideOptions& options) {
    return decide(services, options, Verdict::rejected);
}

} // namespace loomrel::cli
