#include "lib/bot/actor_lines.hpp"

#include "lib/base/text.hpp"
#include "lib/bot/callback.hpp"
#include "lib/messages/messages.hpp"
#include "lib/release/exclusion.hpp"
#include "lib/telegram/text.hpp"

#include <algorithm>
#include <utility>

namespace loomrel::bot {

namespace {

using messages::Id;
using messages::say;
using release::Actors;

constexpr std::size_t k_longest = 200;

std::string shown(const std::string& text) {
    return std::string(cut_bytes(sanitize_line(text), k_longest));
}

std::string signature(const std::string& name, const std::string& email) {
    if (email.empty() || name.empty()) {
        return shown(name.empty() ? email : name);
    }
    return shown(name) + " <" + shown(email) + ">";
}

std::string word_text(Language language, const Actors& actors) {
    return say(language,
               actors.word == release::k_word_github ? Id::shown_word_github : Id::shown_word_ci);
}

// With "not in [[people]]" where the rules ask who is who and nothing says it.
std::string marked(Language language,
                   const release::ApprovalRules& rules,
                   const std::string& text,
                   const std::string& email) {
    const bool asks = !rules.self_approval && !release::is_known_email(rules, email);
    return asks ? say(language, Id::shown_not_in_people, fmt::arg("who", text)) : text;
}

void add_signatures(std::vector<std::string>& lines,
                    Language language,
                    const release::ApprovalRules& rules,
                    const Actors& actors) {
    const std::string author = author_text(actors);
    const std::string committer = committer_text(actors);
    if (!author.empty()) {
        const std::string who = marked(language, rules, author, actors.author_email);
        lines.push_back(say(language, Id::shown_commit_author, fmt::arg("author", who)));
    }
    if (release::is_github_itself(actors.committer_email)) {
        lines.push_back(say(language, Id::shown_committer_github));
    } else if (!committer.empty() && committer != author) {
        const std::string who = marked(language, rules, committer, actors.committer_email);
        lines.push_back(say(language, Id::shown_committer, fmt::arg("committer", who)));
    }
}

} // namespace

std::string sender_text(Language language, const release::Release& release) {
    if (!release.actors || release.actors->sender.empty()) {
        return "";
    }
    const Actors& actors = *release.actors;
    const std::string who = shown(actors.sender);
    const std::string word = word_text(language, actors);
    if (actors.word == release::k_word_terminal) {
        return say(language, Id::shown_typed_by, fmt::arg("who", who));
    }
    std::string text =
        say(language,
            actors.event == "workflow_dispatch" ? Id::shown_dispatched_by : Id::shown_pushed_by,
            fmt::arg("who", who),
            fmt::arg("word", word));
    if (!actors.resender.empty()) {
        text += "\n"
                + say(language,
                      Id::shown_run_again_by,
                      fmt::arg("who", shown(actors.resender)),
                      fmt::arg("word", word));
    }
    return text;
}

std::string run_commit_text(Language language, const release::Release& release) {
    const std::string of = release.actors ? release.actors->run_commit : "";
    const std::string commit = release.commit_sha.value_or("");
    return of.empty() || commit.empty() || of == commit
               ? ""
               : say(language, Id::shown_run_commit, fmt::arg("commit", short_commit(of)));
}

std::string author_text(const Actors& actors) {
    return signature(actors.author_name, actors.author_email);
}

std::string committer_text(const Actors& actors) {
    return release::is_github_itself(actors.committer_email)
               ? ""
               : signature(actors.committer_name, actors.committer_email);
}

std::vector<std::string> excluded_texts(Language language,
                                        const release::ApprovalRules& rules,
                                        const release::Release& release) {
    std::vector<std::string> texts;
    const release::Origin origin = release.origin();
    if (release::is_sender_unknown(rules, origin)) {
        texts.push_back(say(
            language, Id::shown_sender_unknown, fmt::arg("who", shown(release.actors->sender))));
    }
    std::vector<std::int64_t> named;
    for (const release::Exclusion& one : release::exclusions_of(rules, origin)) {
        const bool is_named = std::find(named.begin(), named.end(), one.who.id) != named.end();
        if (!is_named && release::is_approver(rules, one.who.id)) {
            named.push_back(one.who.id);
            texts.push_back(say(language,
                                Id::shown_excluded,
                                fmt::arg("name", shown(one.who.name)),
                                fmt::arg("why", in(language, release::why_excluded(one)))));
        }
    }
    return texts;
}

std::vector<std::string> actor_texts(Language language,
                                     const release::ApprovalRules& rules,
                                     const release::Release& release) {
    std::vector<std::string> lines;
    for (const std::string& text :
         {sender_text(language, release), run_commit_text(language, release)}) {
        if (!text.empty()) {
            lines.push_back(text);
        }
    }
    if (release.actors) {
        add_signatures(lines, language, rules, *release.actors);
    }
    for (std::string& text : excluded_texts(language, rules, release)) {
        lines.push_back(std::move(text));
    }
    return lines;
}

std::vector<std::string> actor_lines(const config::Config& config,
                                     const release::Release& release) {
    std::vector<std::string> lines = actor_texts(config.language, config.approval_rules(), release);
    for (std::string& line : lines) {
        line = telegram::escape_html(telegram::cut_utf16(line, 600));
    }
    return lines;
}

} // namespace loomrel::bot
