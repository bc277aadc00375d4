#include "lib/release/exclusion.hpp"

#include "lib/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace loomrel::release {

namespace {

// Somebody's part, and what is known of him: a login or name, or an e-mail.
struct Trace {
    Part part;
    std::string text;
    bool is_email = false;
};

void add_login(std::vector<Trace>& traces, Part part, const std::string& login) {
    if (!login.empty()) {
        traces.push_back({part, login});
    }
}

void add_email(std::vector<Trace>& traces, Part part, const std::string& email) {
    if (!email.empty() && !is_github_itself(email)) {
        traces.push_back({part, email, true});
    }
}

std::vector<Trace> traces_of(const Origin& origin) {
    std::vector<Trace> traces;
    const Actors actors = origin.actors.value_or(Actors{});
    if (actors.sender.empty()) {
        // All that a row of before says, or one that a script of the spec's made.
        add_login(traces, Part::sender, origin.initiated_by);
    } else {
        add_login(traces, Part::sender, actors.sender);
        add_login(traces, Part::resender, actors.resender);
    }
    add_email(traces, Part::author, actors.author_email);
    add_email(traces, Part::committer, actors.committer_email);
    add_login(traces, Part::initiator, origin.initiated_by);
    return traces;
}

bool is_email_of(const Person& person, const std::string& email) {
    const std::string wanted = fold_email(email);
    const std::string login = login_in_email(email);
    return (!login.empty() && to_lower(person.github) == login)
           || std::any_of(person.emails.begin(), person.emails.end(), [&](const auto& one) {
                  return fold_email(one) == wanted;
              });
}

bool is_trace_of(const Person& person, const Trace& trace) {
    return trace.is_email ? is_email_of(person, trace.text) : is_called(person, trace.text);
}

// Inside the quotes of TOML.
std::string toml_text(const std::string& text) {
    std::string quoted;
    for (const char letter : sanitize_line(text)) {
        if (letter == '"' || letter == '\\') {
            quoted += '\\';
        }
        quoted += letter;
    }
    return quoted;
}

std::string shown(const std::string& text) {
    return std::string(cut_bytes(sanitize_line(text), 100));
}

Phrase how_sent(const Exclusion& exclusion) {
    const std::string by = shown(exclusion.by);
    if (exclusion.word == k_word_terminal) {
        return {fmt::format("запустил с терминала ({})", by),
                fmt::format("started it from a terminal ({})", by)};
    }
    if (exclusion.event == "workflow_dispatch") {
        return {fmt::format("запустил workflow GitHub руками (логин {})", by),
                fmt::format("started GitHub's workflow by hand (login {})", by)};
    }
    if (exclusion.word.empty()) {
        return {fmt::format("инициатор релиза ({})", by),
                fmt::format("began the release ({})", by)};
    }
    return {fmt::format("отправил релиз в GitHub (логин {})", by),
            fmt::format("pushed it to GitHub (login {})", by)};
}

} // namespace

std::vector<Exclusion> exclusions_of(const ApprovalRules& rules, const Origin& origin) {
    std::vector<Exclusion> found;
    if (rules.self_approval) {
        return found;
    }
    for (const Trace& trace : traces_of(origin)) {
        for (const Person& person : rules.people) {
            const bool known = std::any_of(found.begin(), found.end(), [&](const Exclusion& one) {
                return one.who.id == person.telegram
                       && (one.part == trace.part || one.by == trace.text);
            });
            if (person.telegram == 0 || known || !is_trace_of(person, trace)) {
                continue;
            }
            const Actors actors = origin.actors.value_or(Actors{});
            found.push_back({approver_of(rules, person.telegram),
                             trace.part,
                             trace.text,
                             trace.is_email,
                             actors.event,
                             actors.word});
        }
    }
    return found;
}

std::optional<Exclusion>
exclusion_of(const ApprovalRules& rules, const Origin& origin, std::int64_t id) {
    for (Exclusion& one : exclusions_of(rules, origin)) {
        if (one.who.id == id) {
            return std::move(one);
        }
    }
    return std::nullopt;
}

Phrase why_excluded(const Exclusion& exclusion) {
    const std::string by = shown(exclusion.by);
    switch (exclusion.part) {
    case Part::sender:
        return how_sent(exclusion);
    case Part::resender:
        return {fmt::format("перезапустил workflow GitHub (логин {})", by),
                fmt::format("ran GitHub's workflow again (login {})", by)};
    case Part::initiator:
        return {fmt::format("назван инициатором релиза ({})", by),
                fmt::format("named as who began the release ({})", by)};
    case Part::author:
        return {fmt::format("автор коммита ({} по [[people]])", by),
                fmt::format("author of the commit ({} by [[people]])", by)};
    case Part::committer:
        return {fmt::format("сделал коммит ({} по [[people]])", by),
                fmt::format("made the commit ({} by [[people]])", by)};
    }
    return {};
}

bool is_known_email(const ApprovalRules& rules, const std::string& email) {
    return std::any_of(rules.people.begin(), rules.people.end(), [&](const Person& person) {
        return is_email_of(person, email);
    });
}

bool is_sender_unknown(const ApprovalRules& rules, const Origin& origin) {
    if (rules.self_approval || !origin.actors || origin.actors->sender.empty()) {
        return false;
    }
    return std::none_of(rules.people.begin(), rules.people.end(), [&](const Person& person) {
        return is_called(person, origin.actors->sender);
    });
}

void check_sender(const ApprovalRules& rules, const Origin& origin) {
    if (!is_sender_unknown(rules, origin)) {
        return;
    }
    const std::string who = shown(origin.actors->sender);
    const char* const key = origin.actors->word == k_word_terminal ? "name" : "github";
    const std::string lines =
        fmt::format("[[people]]\n{} = \"{}\"", key, toml_text(origin.actors->sender));
    throw Error(
        ErrorKind::refused,
        "sender_unknown",
        {fmt::format("telegram.self_approval = false, а кто такой {}, от кого этот релиз, не "
                     "сказано: его нет в [[people]]",
                     who),
         fmt::format("telegram.self_approval = false, but nothing says who {} is, whom this "
                     "release is from: not in [[people]]",
                     who)},
        {fmt::format("допишите в loomrel.toml, с которым запускается loomrel serve (без serve — в "
                     "свой), и перезапустите serve; тому, кто одобряет, ещё и telegram = ID:\n\n{}",
                     lines),
         fmt::format("add this to the loomrel.toml that loomrel serve is started with (without a "
                     "serve: to yours), and restart serve; to one who approves also "
                     "telegram = ID:\n\n{}",
                     lines)});
}

void check_not_own(const ApprovalRules& rules, const Approver& approver, const Origin& origin) {
    const auto own = exclusion_of(rules, origin, approver.id);
    if (!own) {
        return;
    }
    const Phrase why = why_excluded(*own);
    throw Error(ErrorKind::refused,
                "self_approval",
                {fmt::format("{} не может одобрить свой релиз: {}", shown(approver.name), why.ru),
                 fmt::format("{} may not approve a release of their own: {}",
                             shown(approver.name),
                             why.en)},
                {"telegram.self_approval = false: одобрить должен кто-то другой; "
                 "отклонить свой релиз можно",
                 "telegram.self_approval = false: somebody else has to approve it; "
                 "rejecting one's own is allowed"});
}

} // namespace loomrel::release
