#include "lib/server/checks.hpp"

#include "lib/base/random.hpp"
#include "lib/base/text.hpp"
#include "lib/release/names.hpp"
#include "lib/server/request.hpp"
#include "lib/store/wire/wire.hpp"

#include <algorithm>

namespace loomrel::server {

namespace {

using store::Rule;
using store::Text;
using store::wire::FieldError;

// JSON that is kept as it is: whoever writes it out again, in whatever process, takes a call of
// its own stack for every level.
void check_depth(const char* field, const std::string& text) {
    if (is_nested_too_deeply(text)) {
        throw FieldError(field, "is nested too deeply");
    }
}

void check_line(const char* field, const std::string& text, std::size_t longest) {
    if (text.empty()) {
        throw FieldError(field, "must not be empty");
    }
    if (text.size() > longest) {
        throw FieldError(field, "is too long");
    }
    if (!release::is_line(text, longest)) {
        throw FieldError(field, "must be one line of plain text");
    }
}

void check_word(const char* field, const std::string& text, const Rule& rule) {
    if (std::find(rule.words.begin(), rule.words.end(), text) != rule.words.end()) {
        return;
    }
    std::vector<std::string> words;
    for (const std::string_view word : rule.words) {
        words.push_back(word.empty() ? "nothing" : std::string(word));
    }
    throw FieldError(field, "must be one of: " + join(words, ", "));
}

void demand(bool fits, const char* field, const char* problem) {
    if (!fits) {
        throw FieldError(field, problem);
    }
}

void check_text(const char* field, const std::string& text, const Rule& rule) {
    switch (rule.text) {
    case Text::any:
        return;
    case Text::line:
        // Where nothing is NULL, "" takes back what was said.
        return text.empty() && rule.absent_if_empty ? void()
                                                    : check_line(field, text, rule.longest);
    case Text::service:
        return release::check_service_name(text);
    case Text::tag:
        return release::check_release_tag(text);
    case Text::commit:
        return release::check_commit(text);
    case Text::ref:
        return demand(release::is_safe_ref(text), field, "is not a name of a branch or tag");
    case Text::uuid:
        return demand(is_uuid(text), field, "must be a UUID in lower case");
    case Text::github_run:
        return demand(release::is_github_run(text),
                      field,
                      "must be letters, digits, '-', '_' and '.', at most 128");
    case Text::link:
        return demand(text.empty() || release::is_link(text), field, "must be an http(s) address");
    case Text::email:
        return demand(release::is_email(text), field, "must be an e-mail address");
    case Text::json:
        return check_depth(field, text);
    }
}

template <store::Described Entity> void check_fields(const Entity& entity);

template <typename T> void check_value(const char* field, const T& value, const Rule& rule) {
    if constexpr (std::is_same_v<T, std::string>) {
        if (!rule.words.empty()) {
            check_word(field, value, rule);
        } else {
            check_text(field, value, rule);
        }
    } else if constexpr (store::k_is_optional<T>) {
        if (value) {
            check_value(field, *value, rule);
        }
    } else if constexpr (store::k_is_list<T> || std::is_same_v<T, store::Settings>) {
        demand(rule.most == 0 || value.size() <= rule.most, field, "are too many");
        for (const auto& one : value) {
            if constexpr (store::k_is_list<T>) {
                check_value(field, one, rule);
            } else {
                check_text(field, one.first, rule);
                check_text(field, one.second, rule);
            }
        }
    } else if constexpr (store::Described<T>) {
        check_fields(value);
    }
}

template <store::Described Entity> void check_fields(const Entity& entity) {
    store::for_each_field<Entity>([&](const auto& field) {
        const auto& member = entity.*field.member;
        if constexpr (std::is_same_v<std::remove_cvref_t<decltype(member)>, std::string>) {
            // "" is nothing said, where nothing need be.
            if (member.empty() && !field.rule.required && field.rule.words.empty()) {
                return;
            }
        }
        check_value(field.name, member, field.rule);
    });
}

} // namespace

void check(const store::NewRelease& release) {
    check_fields(release);
}

void check(const store::Run& run) {
    check_fields(run);
}

void check(const store::RunEnd& end) {
    check_fields(end);
}

void check(const store::Change& change) {
    check_fields(change);
}

void check(const store::Claim& claim) {
    check_fields(claim);
    if (claim.run
        && (claim.run->environment != "prod" || claim.run->kind != store::RunKind::deploy
            || claim.run->release_id != claim.release_id)) {
        throw FieldError("run", "must be a deploy of this release to prod");
    }
}

void check(const store::Decision& decision) {
    constexpr std::size_t k_longest_reason = 4000;
    check_fields(decision);
    demand(decision.reason.size() <= k_longest_reason, "reason", "is too long");
}

void check(const store::NewNote& note) {
    check_fields(note);
    // By these the history shows a person's word and who began a deploy: the ledger's own to write.
    const nlohmann::json detail = nlohmann::json::parse(note.detail, nullptr, false);
    if (!detail.is_object()) {
        throw FieldError("detail", "must be a JSON object");
    }
    for (const char* member : {"approval", "dispatch"}) {
        if (detail.contains(member)) {
            throw FieldError("detail", std::string("must not hold \"") + member + '"');
        }
    }
}

void check(const store::NewNotice& notice) {
    check_fields(notice);
    for (const char* kind : {"text", "dev", "unapproved", "rolled_back"}) {
        if (notice.kind == kind) {
            return;
        }
    }
    throw FieldError("kind", "is not one that callers may give");
}

} // namespace loomrel::server
