#include "lib/release/approval.hpp"

#include "lib/base/error.hpp"
#include "lib/base/text.hpp"
#include "lib/release/exclusion.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace loomrel::release {

namespace {

// Names are written in two alphabets here: "Аня" is "аня" too.
std::string fold_case(std::string_view text) {
    std::string folded = to_lower(text);
    for (std::size_t i = 0; i + 1 < folded.size(); ++i) {
        const auto first = static_cast<unsigned char>(folded[i]);
        const auto second = static_cast<unsigned char>(folded[i + 1]);
        if (first != 0xD0) {
            continue;
        }
        if (second >= 0x90 && second <= 0x9F) { // А … П
            folded[i + 1] = static_cast<char>(second + 0x20);
        } else if (second >= 0xA0 && second <= 0xAF) { // Р … Я
            folded[i] = static_cast<char>(0xD1);
            folded[i + 1] = static_cast<char>(second - 0x20);
        } else if (second == 0x81) { // Ё
            folded[i] = static_cast<char>(0xD1);
            folded[i + 1] = static_cast<char>(0x91);
        }
    }
    return folded;
}

// In the list's order, each once.
std::vector<std::int64_t> distinct(const std::vector<std::int64_t>& ids) {
    std::vector<std::int64_t> found;
    for (const std::int64_t id : ids) {
        if (std::find(found.begin(), found.end(), id) == found.end()) {
            found.push_back(id);
        }
    }
    return found;
}

// "Аня (11111), 22222"
std::string names_of(const ApprovalRules& rules) {
    std::vector<std::string> names;
    for (const std::int64_t id : distinct(rules.approvers)) {
        const std::string name = approver_of(rules, id).name;
        const std::string number = std::to_string(id);
        names.push_back(name == number ? number : sanitize_line(name) + " (" + number + ")");
    }
    return join(names, ", ");
}

void check_not_empty(const ApprovalRules& rules) {
    if (rules.approvers.empty()) {
        throw Error(
            ErrorKind::refused,
            "no_approvers",
            {"одобрять релизы не может никто: telegram.approvers пуст",
             "nobody may approve releases: telegram.approvers is empty"},
            {"впишите [telegram] approvers = [ID в Telegram, …] в loomrel.toml, с которым"
             " запускается loomrel serve (без serve — в свой), и перезапустите serve; свой ID"
             " показывает бот по команде /id",
             "write [telegram] approvers = [Telegram id, …] into the loomrel.toml that"
             " loomrel serve is started with (without a serve: into yours), and restart"
             " serve; the bot tells yours when asked /id"});
    }
}

} // namespace

std::vector<std::int64_t> Council::ids() const {
    std::vector<std::int64_t> found;
    for (const Approver& one : approvers) {
        found.push_back(one.id);
    }
    return found;
}

bool is_approver(const ApprovalRules& rules, std::int64_t id) {
    return std::find(rules.approvers.begin(), rules.approvers.end(), id) != rules.approvers.end();
}

Approver approver_of(const ApprovalRules& rules, std::int64_t id) {
    for (const Person& person : rules.people) {
        if (person.telegram == id && !(person.name.empty() && person.github.empty())) {
            return {id, person.name.empty() ? person.github : person.name};
        }
    }
    return {id, std::to_string(id)};
}

Approver find_approver(const ApprovalRules& rules, std::string_view who) {
    check_not_empty(rules);
    std::string_view wanted = trim(who);
    if (wanted.starts_with('@')) {
        wanted.remove_prefix(1);
    }
    std::vector<std::int64_t> found;
    if (const auto id = parse_integer(wanted); id && is_approver(rules, *id)) {
        found.push_back(*id);
    }
    for (const Person& person : rules.people) {
        if (is_called(person, wanted) && is_approver(rules, person.telegram)) {
            found.push_back(person.telegram);
        }
    }
    found = distinct(found);
    const std::string shown = sanitize_line(who);
    const std::string names = names_of(rules);
    if (found.empty()) {
        throw Error(ErrorKind::refused,
                    "not_an_approver",
                    {fmt::format("\"{}\" не входит в список одобряющих", shown),
                     fmt::format("\"{}\" is not on the list of approvers", shown)},
                    {fmt::format("это могут: {}", names), fmt::format("those who may: {}", names)});
    }
    if (found.size() > 1) {
        throw Error(ErrorKind::usage,
                    "approver_ambiguous",
                    {fmt::format("\"{}\" — это не один человек", shown),
                     fmt::format("\"{}\" is more than one person", shown)},
                    {fmt::format("назовите по ID в Telegram: {}", names),
                     fmt::format("name one by Telegram id: {}", names)});
    }
    return approver_of(rules, found.front());
}

bool is_called(const Person& person, std::string_view who) {
    const std::string wanted = fold_case(who);
    return !wanted.empty()
           && (fold_case(person.github) == wanted || fold_case(person.name) == wanted);
}

Council council_of(const ApprovalRules& rules, const Origin& origin) {
    check_not_empty(rules);
    Council council;
    for (const std::int64_t id : distinct(rules.approvers)) {
        const bool known =
            std::any_of(rules.people.begin(), rules.people.end(), [&](const Person& person) {
                return person.telegram == id && !(person.github.empty() && person.name.empty());
            });
        if (!rules.self_approval && !known) {
            throw Error(ErrorKind::config,
                        "approver_unknown",
                        {fmt::format("telegram.self_approval = false, а кто такой {}, не сказано: "
                                     "его нет в [[people]]",
                                     id),
                         fmt::format("telegram.self_approval = false, but nothing says who {} is: "
                                     "not in [[people]]",
                                     id)},
                        {fmt::format("добавьте в loomrel.toml: [[people]] telegram = {}, "
                                     "github = \"…\"",
                                     id),
                         fmt::format("add to loomrel.toml: [[people]] telegram = {}, "
                                     "github = \"…\"",
                                     id)});
        }
        if (!exclusion_of(rules, origin, id)) {
            council.approvers.push_back(approver_of(rules, id));
        }
    }
    const int there = static_cast<int>(council.approvers.size());
    council.needed = rules.quorum > 0 ? rules.quorum : std::max(there, 1);
    if (council.needed > there) {
        throw Error(
            ErrorKind::config,
            "quorum_unreachable",
            {fmt::format(
                 "нужно одобрений: {}, а одобрить этот релиз могут: {}", council.needed, there),
             fmt::format("{} approvals are needed, but those who may approve this release are {}",
                         council.needed,
                         there)},
            {"уменьшите telegram.quorum или дополните telegram.approvers",
             "lower telegram.quorum or add to telegram.approvers"});
    }
    return council;
}

Lack lack_of(const ApprovalRules& rules, const Origin& origin, std::vector<Vote> votes) {
    if (is_sender_unknown(rules, origin)) {
        return Lack::sender;
    }
    Council council;
    try {
        council = council_of(rules, origin);
    } catch (const Error&) {
        return Lack::approvals; // nobody may approve it, so nobody has
    }
    const std::vector<std::int64_t> eligible = council.ids();
    std::erase_if(votes, [&](const Vote& vote) {
        return std::find(eligible.begin(), eligible.end(), vote.approver) == eligible.end();
    });
    std::sort(votes.begin(), votes.end(), [](const Vote& one, const Vote& other) {
        return one.approver != other.approver ? one.approver < other.approver : one.ago < other.ago;
    });
    votes.erase(std::unique(votes.begin(),
                            votes.end(),
                            [](const Vote& one, const Vote& other) {
                                return one.approver == other.approver;
                            }),
                votes.end());
    const auto needed = static_cast<std::size_t>(std::max(council.needed, 1));
    if (votes.size() < needed) {
        return Lack::approvals;
    }
    // Oldest first: the one that made it enough is the needed-th.
    std::sort(votes.begin(), votes.end(), [](const Vote& one, const Vote& other) {
        return one.ago > other.ago;
    });
    return votes[needed - 1].ago > rules.expires ? Lack::age : Lack::nothing;
}

} // namespace loomrel::release
