#include "lib/bot/event_words.hpp"

#include "lib/base/text.hpp"
#include "lib/bot/notice_lines.hpp"
#include "lib/messages/messages.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace loomrel::bot {

namespace {

using messages::Id;
using messages::say;
using nlohmann::json;

// A key of loomrel.toml is shorter, a tag as people make them too: what is longer was made up.
constexpr std::size_t k_longest_word = 80;
constexpr std::size_t k_most_keys = 20;

std::string word_of(const json& detail, const char* name) {
    return std::string(cut_bytes(sanitize_line(text_of(detail, name)), k_longest_word));
}

std::int64_t number_of(const json& detail, const char* name) {
    const auto found = detail.find(name);
    return found != detail.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

std::string refusal(Language language, const json& detail) {
    const std::string what = text_of(detail, "refused");
    // A press that the bot itself said no to has no conflict: who it was says enough.
    if (what.empty() || !detail.contains("conflict")) {
        return "";
    }
    const std::string reason = why_refused(language, detail);
    const auto why = fmt::arg("why", reason);
    if (what == "claim") {
        return say(language, Id::event_claim_refused, why);
    }
    if (what == "rollback") {
        const std::string to = word_of(detail, "to");
        return say(language, Id::event_rollback_refused, fmt::arg("to", to), why);
    }
    return say(language, Id::event_decision_refused, why);
}

std::string outrun(Language language, const json& detail) {
    const auto found = detail.find("outrun");
    if (found == detail.end() || !found->is_boolean()) {
        return "";
    }
    if (!found->get<bool>()) {
        return say(language, Id::event_not_outrun);
    }
    if (detail.value("same", json(false)) == json(true)) {
        return say(language, Id::event_same, fmt::arg("id", number_of(detail, "by")));
    }
    const bool production = text_of(detail, "environment") == "prod";
    return say(language,
               production ? Id::event_outrun_prod : Id::event_outrun_stage,
               fmt::arg("by", word_of(detail, "by_tag")));
}

// How the production deploy was begun, or that it was not.
std::string dispatch(Language language, const json& detail) {
    const std::string what = text_of(detail, "dispatch");
    const std::string reason = word_of(detail, "reason");
    if (what == "started") {
        const std::string workflow = word_of(detail, "workflow");
        const std::string where =
            workflow.empty() ? say(language, Id::event_dispatched_here) : workflow;
        return say(language, Id::event_dispatched, fmt::arg("where", where));
    }
    if (what == "refused") {
        return say(language, Id::event_dispatch_refused, fmt::arg("reason", reason));
    }
    return what == "unknown" ? say(language, Id::event_dispatch_unknown, fmt::arg("reason", reason))
                             : "";
}

} // namespace

std::string why_refused(Language language, const json& detail) {
    static constexpr std::array<std::pair<std::string_view, Id>, 18> k_whys{
        {{"status", Id::event_why_status},
         {"commit", Id::event_why_commit},
         {"no_commit", Id::event_why_no_commit},
         {"approvals", Id::event_why_approvals},
         {"expired", Id::event_why_expired},
         {"outrun", Id::event_why_outrun},
         {"settings", Id::event_why_settings},
         {"run", Id::event_why_run},
         {"key", Id::event_why_key},
         {"approver", Id::event_why_approver},
         {"own", Id::event_why_own},
         {"council", Id::event_why_council},
         {"sender", Id::event_why_sender},
         {"question", Id::event_why_question},
         {"stage", Id::event_why_stage},
         {"tag", Id::event_why_tag},
         {"not_proven", Id::event_why_not_proven},
         {"not_kept", Id::event_why_not_kept}}};
    const std::string conflict = word_of(detail, "conflict");
    const auto* found = std::find_if(
        k_whys.begin(), k_whys.end(), [&](const auto& why) { return why.first == conflict; });
    return found == k_whys.end() ? conflict : say(language, found->second);
}

std::string event_actor(Language language, const std::string& actor, const json& detail) {
    const std::string said = word_of(detail, "said_by");
    return said.empty()
               ? actor
               : say(language, Id::event_said, fmt::arg("said", said), fmt::arg("key", actor));
}

std::vector<std::string> settings_in(const json& detail) {
    std::vector<std::string> keys;
    const auto found = detail.find("settings");
    if (found != detail.end() && found->is_array()) {
        for (const json& key : *found) {
            if (key.is_string()) {
                const std::string line = sanitize_line(key.get_ref<const std::string&>());
                keys.emplace_back(cut_bytes(line, k_longest_word));
            }
        }
    }
    return keys;
}

std::string setting_keys(Language language, std::vector<std::string> keys) {
    if (keys.size() <= k_most_keys) {
        return join(keys, ", ");
    }
    const std::size_t more = keys.size() - k_most_keys;
    keys.resize(k_most_keys);
    return say(language,
               Id::shown_settings_more,
               fmt::arg("keys", join(keys, ", ")),
               fmt::arg("count", more));
}

std::string event_words(Language language, const json& detail) {
    std::vector<std::string> words;
    const auto add = [&](std::string text) {
        if (!text.empty()) {
            words.push_back(std::move(text));
        }
    };
    const std::string reason = text_of(detail, "reason");
    if (reason == "rules_changed") {
        add(say(language, Id::event_rules));
    } else if (reason == "approval_expired") {
        add(say(language, Id::event_expired));
    }
    if (const std::string keys = setting_keys(language, settings_in(detail)); !keys.empty()) {
        add(say(language, Id::event_settings, fmt::arg("keys", keys)));
    }
    add(outrun(language, detail));
    add(refusal(language, detail));
    if (detail.contains("rejected_with")) {
        add(say(language,
                Id::event_rejected_with,
                fmt::arg("tag", word_of(detail, "rejected_with_tag")),
                fmt::arg("id", number_of(detail, "rejected_with"))));
    }
    if (const std::string tag = word_of(detail, "unapproved"); !tag.empty()) {
        add(say(language, Id::event_unapproved, fmt::arg("tag", tag)));
    }
    if (detail.value("by_hand", json(false)) == json(true)) {
        add(say(language, Id::event_by_hand, fmt::arg("host", word_of(detail, "host"))));
    }
    if (const std::string version = word_of(detail, "unproven"); !version.empty()) {
        add(say(language,
                Id::event_unproven,
                fmt::arg("host", word_of(detail, "host")),
                fmt::arg("version", version)));
    }
    if (const std::string run = word_of(detail, "cancelled"); !run.empty()) {
        add(say(language,
                Id::event_cancelled,
                fmt::arg("environment", word_of(detail, "environment")),
                fmt::arg("run", run)));
    }
    add(dispatch(language, detail));
    if (detail.value("unverified", json(false)) == json(true)) {
        add(say(language, Id::event_unverified));
    }
    const std::string stage = text_of(detail, "stage");
    if (stage == "unseen") {
        add(say(language, Id::event_unseen));
    } else if (stage == "again" || detail.value("again", json(false)) == json(true)) {
        add(say(language, Id::event_again));
    }
    return join(words, "; ");
}

} // namespace loomrel::bot
