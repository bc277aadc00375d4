#pragma once

#include "lib/base/language.hpp"
#include "lib/config/config.hpp"
#include "lib/store/store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace loomrel::deploy {

// What is asked of the hosts of one environment. Names were checked by lib/release before.
struct Request {
    std::string run_id;
    store::RunKind kind = store::RunKind::deploy;
    std::string tag;    // a release's; or
    std::string branch; // a developer's
    std::string commit; // "" = whatever the ref names; else the ref must name it
    std::optional<std::int64_t> release_id;
    std::string by;   // told to whoever waits for the lock
    std::string link; // likewise: the page of the job that asked; "" = nobody's
    bool older = false;
    // Of a rollback: the capsule that it leads to, and the one that served when that was asked
    // ("-": something that is not kept). Empty `to` = what each host finds for itself.
    std::string to;
    std::string from;
    bool rebuild = false;    // `to` is not kept: tag is built from git
    bool unapproved = false; // likewise, and nothing proves that it ever served: an operator's word
    bool skip_hooks = false; // of a rollback
    bool rehearse = false;   // of a deploy: there and back again before it counts
};

// Everything that the run on a host is made of, before any host is asked: plain values. The same
// plan gives the same script.
struct Plan {
    Request request;
    config::DeploySettings settings;
    Language language = Language::ru;
    std::string nonce;              // 16 hex digits, this run's: journal records begin with it
    std::string log_path;           // under log_root
    std::vector<std::string> steps; // in order
    // By the program that the last deploy left on the host, with that deploy's settings: those here
    // only say where it is.
    bool by_kept_program = false;

    [[nodiscard]] std::string shown_ref() const {
        return request.tag.empty() ? request.branch : request.tag;
    }

    // refs/tags/T or refs/remotes/origin/B
    [[nodiscard]] std::string ref() const;
};

// Where the log for people lies under log_root: LOG_ROOT/<service>/<tag>.log and so on (spec.ru.md,
// "Структура логов").
[[nodiscard]] std::string
log_path(const config::DeploySettings& settings, store::RunKind kind, const std::string& ref);

// What puts back, on a host where `plan` went well, what had served before it: for a deploy that is
// not to stay on some hosts only. The same plan gives the same run.
[[nodiscard]] Plan plan_to_put_back(const Plan& plan);

// The plan of a run that another command began, as far as this one could not know what was asked:
// for the hosts that are still to come.
[[nodiscard]] Plan plan_as_begun(Plan plan, bool older, bool rehearse);

// A rollback on a host whose settings only the host itself knows.
[[nodiscard]] Plan plan_by_kept_program(Request request,
                                        config::DeploySettings settings,
                                        Language language,
                                        std::string nonce);

// Error(config) where the settings lack what the engine needs.
void check_engine(const config::DeploySettings& settings);

// Throws what check_engine does.
[[nodiscard]] Plan
make_plan(Request request, config::DeploySettings settings, Language language, std::string nonce);

} // namespace loomrel::deploy
