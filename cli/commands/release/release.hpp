#pragma once

#include "cli/context/services.hpp"
#include "cli/syntax/command.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace loomrel::cli {

struct ReleaseCreateOptions {
    std::optional<std::string> service;
    std::optional<std::string> tag;
    std::optional<std::string> by;
    std::optional<std::string> run_id;
    std::optional<std::string> link;
    std::optional<std::string> ref;
    std::optional<std::string> commit;
    bool dry_run = false;
};

struct ReleasePatchOptions {
    std::optional<std::int64_t> id;
    std::optional<std::string> status;
    std::optional<std::string> run_id;
    std::optional<std::string> link;
    std::optional<std::string> rollback_to;
    bool dry_run = false;
};

struct ReleaseListOptions {
    bool active = false;
    bool successful = false;
    bool failed = false;
    bool outrun = false;
    std::optional<std::string> service;
    std::optional<std::int64_t> limit;
};

struct ReleaseIdOptions {
    std::optional<std::int64_t> id;
};

// A person's word: release approve, release reject.
struct ReleaseDecideOptions {
    std::optional<std::int64_t> id;
    std::optional<std::string> as;
    std::optional<std::string> reason;
    bool yes = false; // unasked, and also when stage does not answer
    bool dry_run = false;
};

struct ReleaseDispatchOptions {
    std::optional<std::int64_t> id;
    bool yes = false;
    bool dry_run = false;
};

void register_release(Command& parent);
void register_release_dispatch(Command& family);

[[nodiscard]] ExitCode run_release_create(Services& services, const ReleaseCreateOptions& options);
[[nodiscard]] ExitCode run_release_patch(Services& services, const ReleasePatchOptions& options);
[[nodiscard]] ExitCode run_release_list(Services& services, const ReleaseListOptions& options);
[[nodiscard]] ExitCode run_release_show(Services& services, const ReleaseIdOptions& options);
[[nodiscard]] ExitCode run_release_dispatch(Services& services,
                                            const ReleaseDispatchOptions& options);
[[nodiscard]] ExitCode run_release_events(Services& services, const ReleaseIdOptions& options);
[[nodiscard]] ExitCode run_release_approve(Services& services, const ReleaseDecideOptions& options);
[[nodiscard]] ExitCode run_release_reject(Services& services, const ReleaseDecideOptions& options);

// "🧪 Ручное тестирование"; a status that the table does not know stands as it
// is.
[[nodiscard]] std::string status_label(Language language, const std::string& status);

// Error(usage) if there is none of this id.
[[nodiscard]] release::Release find_release(Services& services, std::optional<std::int64_t> id);

// Error(usage) with the rule for the option's value if that does not fit.
void check_value(bool fits, const char* code, const char* option, messages::Id rule);

// What may stand in `github_run_id` and `github_action_link`. Error(usage) otherwise.
void check_run_id(const std::string& run_id);
void check_link(const std::string& link);

} // namespace loomrel::cli
