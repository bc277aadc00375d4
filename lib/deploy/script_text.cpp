#include "lib/deploy/script_text.hpp"

#include "lib/base/shell_quote.hpp"
#include "lib/messages/messages.hpp"
#include "lib/messages/step_texts.hpp"

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
        m_text += fmt::format("m_{}() {{ say {}; }}\n",
                              name,
                              to_shell_word(messages::say(m_language, id, arguments...)));
    }

    [[nodiscard]] std::string take() { return std::move(m_text); }

private:
    Language m_language;
    std::string m_text;
};

void add_repository_texts(Functions& functions, const Plan& plan) {
    functions.add("updating_repository", Id::log_updating_repository);
    functions.add("current_state", Id::log_current_state, fmt::arg("state", variable("STATE_NOW")));
    functions.add("fetching", Id::log_fetching);
    functions.add("fetch_failed", Id::log_fetch_failed);
    functions.add("index_lock_removed", Id::log_index_lock_removed);
    functions.add("work_saved", Id::log_work_saved, fmt::arg("file", variable("SAVED")));
    functions.add("cleaning_branches", Id::log_cleaning_branches);
    functions.add("branch_kept", Id::log_branch_kept, fmt::arg("branch", variable("BRANCH")));
    functions.add("checkout_failed", Id::log_checkout_failed);
    functions.add("no_repository", Id::log_no_repository, fmt::arg("dir", variable("TREE")));
    functions.add("waiting_lock", Id::log_waiting_lock, fmt::arg("holder", variable("HOLDER")));
    functions.add("lock_taken_over", Id::log_lock_taken_over);
    functions.add("tag_moved",
                  Id::log_tag_moved,
                  fmt::arg("tag", plan.shown_ref()),
                  fmt::arg("expected", plan.request.commit),
                  fmt::arg("found", variable("FOUND")));
    functions.add("superseded",
                  Id::log_superseded,
                  fmt::arg("tag", plan.shown_ref()),
                  fmt::arg("newer", variable("NEWER")));
    if (plan.request.tag.empty()) {
        const auto branch = fmt::arg("branch", plan.request.branch);
        functions.add("started", Id::log_branch_deploy_started, branch);
        functions.add("found", Id::log_branch_found, branch);
        functions.add("not_found", Id::log_branch_not_found, branch);
        functions.add("switching", Id::log_switching_branch, branch);
        functions.add("deployed", Id::log_branch_deployed, branch);
    } else {
        const auto tag = fmt::arg("tag", plan.request.tag);
        functions.add("started", Id::log_deploy_started, tag);
        functions.add("found", Id::log_tag_found, tag);
        functions.add("not_found", Id::log_tag_not_found, tag);
        functions.add("switching", Id::log_switching_tag, tag);
        functions.add("deployed", Id::log_deployed, tag);
    }
}

void add_engine_texts(Functions& functions, const Plan& plan) {
    const bool compose = plan.settings.engine == config::Engine::compose;
    const std::string ref = plan.shown_ref(); // fmt::arg only refers to it
    const auto tag = fmt::arg("tag", ref);
    if (!compose) {
        functions.add("building", Id::log_building_command, tag);
    } else if (plan.request.tag.empty()) {
        functions.add("building", Id::log_building_branch, fmt::arg("branch", plan.request.branch));
    } else {
        functions.add("building", Id::log_building, tag);
    }
    functions.add("build_failed", Id::log_build_failed);
    functions.add("up", compose ? Id::log_up : Id::log_up_command);
    functions.add("up_failed", compose ? Id::log_up_failed : Id::log_up_command_failed);
    if (compose) {
        functions.add("no_docker", Id::log_no_docker);
        functions.add("no_compose_file",
                      Id::log_no_compose_file,
                      fmt::arg("file", variable("SYSTEM") + "/" + plan.settings.compose_file));
        functions.add("remains_removed", Id::log_remains_removed);
        functions.add("no_health", Id::log_no_health);
    }
}

void add_health_texts(Functions& functions, const Plan& plan) {
    functions.add("health_attempt",
                  Id::log_health_attempt,
                  fmt::arg("attempt", variable("ATTEMPT")),
                  fmt::arg("attempts", plan.settings.health_attempts));
    functions.add("health_passed", Id::log_health_passed);
    functions.add("health_failed",
                  Id::log_health_failed,
                  fmt::arg("attempts", plan.settings.health_attempts));
    functions.add("health_skipped", Id::log_health_skipped);
    functions.add("verify_failed", Id::log_verify_failed, fmt::arg("reason", variable("WHY")));
}

void add_end_texts(Functions& functions, const Plan& plan) {
    functions.add("deploy_failed",
                  Id::log_deploy_failed,
                  fmt::arg("tag", plan.shown_ref()),
                  fmt::arg("step", variable("STEP_TEXT")));
    functions.add("cancelled", Id::log_cancelled);
    functions.add("time_limit",
                  Id::log_time_limit,
                  fmt::arg("limit", fmt::format("{} s", plan.settings.time_limit.count() / 1000)));
}

// STEP's name for people, into STEP_TEXT.
std::string step_text_function(const Plan& plan) {
    std::string text = "step_text() {\ncase $STEP in\n";
    for (const std::string& step : plan.steps) {
        text += fmt::format(
            "{}) STEP_TEXT={} ;;\n", step, shell_quote(messages::step_label(plan.language, step)));
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

std::string message_functions(const Plan& plan) {
    Functions functions(plan.language);
    add_repository_texts(functions, plan);
    add_engine_texts(functions, plan);
    add_health_texts(functions, plan);
    add_end_texts(functions, plan);
    return functions.take() + step_text_function(plan);
}

} // namespace loomrel::deploy
