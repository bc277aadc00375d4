#include "lib/deploy/script_text.hpp"

#include "lib/base/shell_quote.hpp"
#include "lib/messages/messages.hpp"
#include "lib/messages/steps.hpp"

namespace loomrel::deploy {

namespace {

using messages::Id;

// Stands for a variable of the host while a text is formatted; no text holds this byte.
constexpr char k_mark = '\x01';

std::string variable(std::string_view name) {
    return k_mark + std::string(name) + k_mark;
}

// 'text before '"$VARIABLE"' text after': every literal part quoted, every variable too.
std::string to_shell_word(std::string_view text) {
    std::string word;
    bool literal = true;
    while (true) {
        const std::size_t end = text.find(k_mark);
        const std::string part(text.substr(0, end));
        if (literal && !part.empty()) {
            word += shell_quote(part);
        } else if (!literal) {
            word += "\"$" + part + "\"";
        }
        if (end == std::string_view::npos) {
            return word;
        }
        text.remove_prefix(end + 1);
        literal = !literal;
    }
}

class Functions {
public:
    explicit Functions(Language language)
        : m_language(language) {}

    template <typename... Arguments>
    void add(std::string_view name, Id id, Arguments&&... arguments) {
        m_text += fmt::format("m_{}(){{ say {};}}\n",
                              name,
                              to_shell_word(messages::say(m_language, id, arguments...)));
    }

    // T_NAME, for a sentence's reason.
    void text(std::string_view name, Id id) {
        m_text += fmt::format("T_{}={}\n", name, shell_quote(messages::say(m_language, id)));
    }

    [[nodiscard]] std::string take() { return std::move(m_text); }

private:
    Language m_language;
    std::string m_text;
};

void add_repository_texts(Functions& functions) {
    functions.add("updating_repository", Id::log_updating_repository);
    functions.add("current_state", Id::log_current_state, fmt::arg("state", variable("STATE_NOW")));
    functions.add("fetching", Id::log_fetching);
    functions.add("fetch_failed", Id::log_fetch_failed);
    functions.add("index_lock_removed", Id::log_index_lock_removed);
    functions.add("work_saved", Id::log_work_saved, fmt::arg("file", variable("SAVED")));
    functions.add("cleaning_branches", Id::log_cleaning_branches);
    functions.add("branch_kept", Id::log_branch_kept, fmt::arg("branch", variable("BRANCH")));
    functions.add("checkout_failed", Id::log_checkout_failed);
    functions.add("checkout_skipped", Id::log_checkout_skipped);
    functions.add("no_repository", Id::log_no_repository, fmt::arg("dir", variable("TREE")));
    functions.add("no_clone", Id::log_no_clone, fmt::arg("dir", variable("TREE")));
    functions.add("waiting_lock", Id::log_waiting_lock, fmt::arg("holder", variable("HOLDER")));
    functions.add("lock_held", Id::log_lock_held, fmt::arg("holder", variable("HOLDER")));
    functions.add("lock_no_run", Id::log_lock_no_run);
    functions.add("lock_taken_over", Id::log_lock_taken_over);
    functions.add("submodules", Id::log_submodules);
    functions.add("submodule_failed", Id::log_submodule_failed);
    functions.add("lfs_failed", Id::log_lfs_failed, fmt::arg("file", variable("LEFT_OUT")));
    const std::string strange = variable("STRANGE");
    const std::string its_owner = variable("OWNER");
    const std::string what_cures = variable("CURE");
    const auto tree = fmt::arg("path", strange);
    const auto owner = fmt::arg("owner", its_owner);
    const auto cure = fmt::arg("cure", what_cures);
    functions.add("foreign_tree", Id::log_foreign_tree, tree, owner, cure);
    functions.add("open_tree", Id::log_open_tree, tree, cure);
    functions.add("strange_tree", Id::log_strange_tree, tree, owner);
    const std::string lock_file = variable("LOCK");
    const auto lock = fmt::arg("path", lock_file);
    functions.add("lock_unknown", Id::log_lock_unknown, lock);
    functions.add("lock_exchanged", Id::log_lock_exchanged, lock);
    functions.add("no_lock", Id::log_no_lock, lock);
    functions.text("FOLDER_GONE", Id::log_folder_gone);
    functions.add("superseded",
                  Id::log_superseded,
                  fmt::arg("tag", variable("TAG")),
                  fmt::arg("newer", variable("NEWER")));
}

void add_deploy_texts(Functions& functions, bool of_branches, bool compose) {
    const std::string name = variable(of_branches ? "BRANCH_NAME" : "TAG");
    functions.add("ref_moved",
                  of_branches ? Id::log_branch_moved : Id::log_tag_moved,
                  fmt::arg(of_branches ? "branch" : "tag", name),
                  fmt::arg("expected", variable("COMMIT")),
                  fmt::arg("found", variable("FOUND")));
    if (of_branches) {
        const auto branch = fmt::arg("branch", name);
        functions.add("started", Id::log_branch_deploy_started, branch);
        functions.add("found", Id::log_branch_found, branch);
        functions.add("not_found", Id::log_branch_not_found, branch);
        functions.add("switching", Id::log_switching_branch, branch);
        functions.add("deployed", Id::log_branch_deployed, branch);
    } else {
        const auto tag = fmt::arg("tag", name);
        functions.add("started", Id::log_deploy_started, tag);
        functions.add("found", Id::log_tag_found, tag);
        functions.add("not_found", Id::log_tag_not_found, tag);
        functions.add("switching", Id::log_switching_tag, tag);
        functions.add("deployed", Id::log_deployed, tag);
    }
    if (!compose) {
        functions.add("building", Id::log_building_command, fmt::arg("tag", variable("V_NAME")));
    } else if (of_branches) {
        functions.add("building", Id::log_building_branch, fmt::arg("branch", name));
    } else {
        functions.add("building", Id::log_building, fmt::arg("tag", name));
    }
    functions.add("deploy_failed",
                  Id::log_deploy_failed,
                  fmt::arg("tag", name),
                  fmt::arg("step", variable("STEP_TEXT")));
}

void add_engine_texts(Functions& functions, const config::DeploySettings& settings, bool compose) {
    functions.add("build_failed", Id::log_build_failed);
    functions.add("up", compose ? Id::log_up : Id::log_up_command);
    functions.add("up_failed", compose ? Id::log_up_failed : Id::log_up_command_failed);
    functions.text("NOT_RUNNING", Id::log_verify_not_running);
    functions.text("OTHER_IMAGE", Id::log_verify_other_image);
    functions.text("RESTARTED", Id::log_verify_restarted);
    functions.text("OTHER_COMMIT", Id::log_verify_other_commit);
    if (compose) {
        functions.add("no_docker", Id::log_no_docker);
        functions.add("no_compose_file",
                      Id::log_no_compose_file,
                      fmt::arg("file", variable("SYSTEM") + "/" + settings.compose_file));
        functions.add("bad_compose_file",
                      Id::log_bad_compose_file,
                      fmt::arg("file", variable("SYSTEM") + "/" + settings.compose_file));
        functions.add("foreign_file",
                      Id::log_foreign_file,
                      fmt::arg("path", variable("FILE")),
                      fmt::arg("cure", variable("CURE")));
        functions.add("kept_file", Id::log_kept_file, fmt::arg("path", variable("FILE")));
        functions.add("remains_removed", Id::log_remains_removed);
        functions.add("no_health", Id::log_no_health);
        functions.add("health_docker",
                      Id::log_health_docker,
                      fmt::arg("every", variable("EVERY")),
                      fmt::arg("seconds", variable("PATIENT")));
        functions.add("unhealthy",
                      Id::log_unhealthy,
                      fmt::arg("seconds", variable("WAITED")),
                      fmt::arg("state", variable("STATE_NOW")));
        functions.add("loading", Id::log_loading, fmt::arg("tag", variable("V_NAME")));
        functions.add("held_weakly", Id::log_held_weakly);
        functions.add("archive_failed",
                      Id::log_archive_failed,
                      fmt::arg("tag", variable("V_NAME")),
                      fmt::arg("reason", variable("WHY")));
    }
}

void add_health_texts(Functions& functions, const config::DeploySettings& settings) {
    functions.add("health_attempt",
                  Id::log_health_attempt,
                  fmt::arg("attempt", variable("ATTEMPT")),
                  fmt::arg("attempts", settings.health_attempts));
    functions.add("health_passed", Id::log_health_passed);
    functions.add(
        "health_failed", Id::log_health_failed, fmt::arg("attempts", settings.health_attempts));
    functions.add("health_skipped", Id::log_health_skipped);
    functions.add("unchecked", Id::log_unchecked, fmt::arg("tag", variable("SERVES")));
    functions.add("stable_waiting",
                  Id::log_stable_waiting,
                  fmt::arg("seconds", settings.stable_for.count() / 1000));
    functions.add("verify_failed", Id::log_verify_failed, fmt::arg("reason", variable("WHY")));
    functions.add("hook", Id::log_hook, fmt::arg("name", variable("HOOK")));
    functions.add("hook_skipped", Id::log_hook_skipped, fmt::arg("name", variable("HOOK")));
    functions.add("hook_failed", Id::log_hook_failed, fmt::arg("name", variable("HOOK")));
}

void add_capsule_texts(Functions& functions) {
    const std::string version = variable("V_NAME");
    functions.add("nothing_served", Id::log_nothing_served);
    functions.add("adopting", Id::log_adopting, fmt::arg("tag", variable("B_NAME")));
    functions.add("adopt_impossible", Id::log_adopt_impossible);
    functions.add("capsule_kept", Id::log_capsule_kept, fmt::arg("tag", version));
    functions.add("capsule_gone", Id::log_capsule_gone, fmt::arg("tag", version));
    functions.add("keep_failed", Id::log_keep_failed);
    functions.add("restoring", Id::log_restoring, fmt::arg("tag", version));
    functions.add("restored", Id::log_restored, fmt::arg("tag", version));
    functions.add("restore_failed", Id::log_restore_failed);
    functions.add("nothing_to_restore", Id::log_nothing_to_restore);
    functions.add("rollback_started", Id::log_rollback_started, fmt::arg("tag", version));
    functions.add("rolled_back", Id::log_rolled_back, fmt::arg("tag", variable("SERVES")));
    functions.add("rollback_failed", Id::log_rollback_failed);
    functions.add("no_target", Id::log_no_target);
    functions.add("not_kept", Id::log_not_kept, fmt::arg("tag", variable("TO")));
    functions.add("name_one", Id::log_name_one, fmt::arg("program", variable("PROGRAM")));
    functions.text("SERVES_NOW", Id::log_serves_now);
    functions.text("WAS_LEFT", Id::log_was_left);
    functions.text("IS_LOST", Id::log_is_lost);
    functions.add("version_lost", Id::log_version_lost, fmt::arg("tag", variable("LOST")));
    functions.add("second_step", Id::log_second_step);
    functions.add("serves_another", Id::log_serves_another);
    functions.add("rehearse_nothing", Id::log_rehearse_nothing);
    functions.add("rehearse_back", Id::log_rehearse_back, fmt::arg("tag", version));
    functions.add("rehearse_forth", Id::log_rehearse_forth, fmt::arg("tag", version));
    functions.add("rehearsed", Id::log_rehearsed);
}

// STEP's name for people, into STEP_TEXT.
std::string step_text_function(Language language) {
    std::string text = "step_text() {\ncase $STEP in\n";
    for (const messages::Step& step : messages::k_steps) {
        text += fmt::format(
            "{}) STEP_TEXT={} ;;\n", step.name, shell_quote(messages::say(language, step.label)));
    }
    return text + "*) STEP_TEXT=$STEP ;;\nesac\n}\n";
}

} // namespace

Assignments& Assignments::set(std::string_view name, std::string_view value) {
    m_text += fmt::format("{}={}\n", name, shell_quote(value));
    return *this;
}

Assignments& Assignments::set(std::string_view name, std::int64_t value) {
    m_text += fmt::format("{}={}\n", name, value);
    return *this;
}

std::string message_functions(const config::DeploySettings& settings, Language language) {
    const bool compose = settings.engine == config::Engine::compose;
    Functions functions(language);
    add_repository_texts(functions);
    add_deploy_texts(functions, settings.environment == "dev", compose);
    add_engine_texts(functions, settings, compose);
    add_health_texts(functions, settings);
    add_capsule_texts(functions);
    functions.add("cancelled", Id::log_cancelled);
    functions.add("cancelled_by", Id::log_cancelled_by, fmt::arg("by", variable("BY")));
    functions.add(
        "time_limit", Id::log_time_limit, fmt::arg("seconds", settings.time_limit.count() / 1000));
    return functions.take() + step_text_function(language);
}

} // namespace loomrel::deploy
