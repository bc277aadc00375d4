#include "lib/deploy/look.hpp"

#include "lib/base/random.hpp"
#include "lib/base/text.hpp"
#include "lib/deploy/refusals.hpp"
#include "lib/deploy/script.hpp"
#include "lib/release/names.hpp"

#include <algorithm>

namespace loomrel::deploy {

namespace {

// A look is short, whatever the host's shell prints and however long its docker thinks.
constexpr AnswerLimits k_look{Milliseconds{0}, Milliseconds{10000}, 1 << 20};
// Doctor tries what may take its time.
constexpr AnswerLimits k_diagnosis{Milliseconds{60000}, Milliseconds{0}, 1 << 20};

// "v1.2.3 <commit> <capsule> <how> <seconds>", as the step keep wrote it.
void take_current(HostState& sight, const std::string& line) {
    const auto words = split(line, ' ');
    if (words.size() == 5 && words[2] == sight.serving) {
        sight.commit = words[1];
        sight.how = words[3];
        sight.since = parse_integer(words[4]);
    }
}

// NAME COMMIT ID HOW SECONDS HEALTH HASH PREVIOUS
void take_capsule(HostState& sight, const std::string& line) {
    const auto words = split(line, ' ');
    if (words.size() == 8) {
        sight.kept.push_back({std::string(words[2]),
                              std::string(words[0]),
                              std::string(words[1]),
                              std::string(words[3]),
                              parse_integer(words[4]).value_or(0),
                              std::string(words[5])});
    }
}

// NAME COMMIT ID
void take_lost(HostState& sight, const std::string& line) {
    const auto words = split(line, ' ');
    if (words.size() == 3) {
        Kept lost;
        lost.id = words[2];
        lost.name = words[0];
        lost.commit = words[1];
        sight.lost.push_back(std::move(lost));
    }
}

// RUN NAME COMMIT SECONDS KIND
void take_good(HostState& sight, const std::string& line) {
    constexpr std::size_t k_most = 20;
    const auto words = split(line, ' ');
    const auto at = words.size() == 5 ? parse_integer(words[3]) : std::nullopt;
    if (at && sight.good_runs.size() < k_most) {
        sight.good_runs.push_back({std::string(words[0]),
                                   std::string(words[1]),
                                   std::string(words[2]),
                                   *at,
                                   std::string(words[4])});
    }
}

void take_run(HostState& sight, const std::string& line) {
    const auto words = split(line, ' ');
    if (words.size() == 3 && is_run_id(words[0])) {
        sight.runs.push_back({std::string(words[0]), std::string(words[1]), std::string(words[2])});
    }
}

void take_back(HostState& sight, const std::string& line) {
    const auto words = split(line, ' ');
    if (!words.empty() && words[0] != "-") {
        sight.back = words[0];
    }
    sight.second_step = words.size() > 1 && words[1] == "second_step";
    if (words.size() > 2 && words[2] != "-") {
        sight.next = words[2];
    }
}

// "2026-01-31 03:04:05"
bool is_instant(std::string_view text) {
    constexpr std::string_view k_form = "0000-00-00 00:00:00";
    return text.size() == k_form.size()
           && std::equal(text.begin(), text.end(), k_form.begin(), [](char letter, char form) {
                  return form == '0' ? letter >= '0' && letter <= '9' : letter == form;
              });
}

// A log-in, or GitHub's "somebody[bot]": one word, which nobody takes for a command.
bool is_login(std::string_view text) {
    constexpr std::string_view k_marks = "._@[]-";
    return !text.empty() && std::all_of(text.begin(), text.end(), [&](char letter) {
        return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z')
               || (letter >= '0' && letter <= '9')
               || k_marks.find(letter) != std::string_view::npos;
    });
}

} // namespace

std::string shown_holder(const std::string& line) {
    std::vector<std::string> parts;
    for (std::size_t at = 0; at <= line.size();) {
        const std::size_t end = std::min(line.find(", ", at), line.size());
        parts.push_back(line.substr(at, end - at));
        at = end + 2;
    }
    constexpr std::size_t k_fewest = 3;
    constexpr std::size_t k_most = 5;
    if (parts.size() < k_fewest || parts.size() > k_most || !release::is_safe_ref(parts.front())
        || !is_instant(parts[parts.size() - 2]) || !is_run_id(parts.back())) {
        return "?";
    }
    const bool by = parts.size() > k_fewest && is_login(parts[1]);
    return parts.front() + (by ? ", " + parts[1] : "") + ", " + parts[parts.size() - 2] + ", "
           + parts.back();
}

bool is_run_id(std::string_view text) {
    constexpr std::string_view k_by_hand = "by-hand-";
    constexpr std::string_view k_back = "-back";
    const auto is_of = [](std::string_view part, std::string_view characters) {
        return !part.empty() && part.find_first_not_of(characters) == std::string_view::npos;
    };
    if (text.starts_with(k_by_hand)) {
        return text.size() < 64 && is_of(text.substr(k_by_hand.size()), "0123456789-");
    }
    if (text.ends_with(k_back)) {
        text.remove_suffix(k_back.size());
    }
    return is_uuid(text);
}

const Kept* HostState::find_kept(const std::string& id_or_name) const {
    for (const Kept& each : kept) {
        if (each.id == id_or_name || each.name == id_or_name || each.commit == id_or_name) {
            return &each;
        }
    }
    return nullptr;
}

HostState read_look(const std::vector<ControlLine>& told) {
    HostState sight;
    std::string current;
    for (const ControlLine& line : told) {
        const std::string rest = sanitize_line(line.rest);
        if (line.word == "serves") {
            sight.serves = rest;
        } else if (line.word == "serving") {
            sight.serving = rest == "-" ? "" : rest;
        } else if (line.word == "back") {
            take_back(sight, rest);
        } else if (line.word == "capsule") {
            take_capsule(sight, rest);
        } else if (line.word == "lost") {
            take_lost(sight, rest);
        } else if (line.word == "images") {
            sight.images_known = false;
        } else if (line.word == "good") {
            take_good(sight, rest);
        } else if (line.word == "no_tag") {
            sight.has_tag = false;
        } else if (line.word == "changed") {
            sight.changed = rest == "yes";
            sight.change_unknown = rest == "unknown";
        } else if (line.word == "current") {
            current = rest;
        } else if (line.word == "healthy") {
            sight.healthy = rest;
        } else if (line.word == "lock") {
            sight.lock = shown_holder(rest);
        } else if (line.word == "no_repository") {
            sight.has_repository = false;
        } else if (line.word == "run") {
            take_run(sight, rest);
        } else if (line.word == "service") {
            sight.services.push_back(rest);
        }
    }
    take_current(sight, current);
    return sight;
}

HostState look(ssh::Connection& connection,
               const std::string& host,
               const config::DeploySettings& settings,
               const std::string& to,
               std::optional<Deadline> until) {
    AnswerLimits limits = k_look;
    if (until) {
        limits.whole = std::min(limits.whole, std::max(left_until(*until), Milliseconds{1}));
    }
    return read_look(ask_host(
        connection,
        host,
        [&](const std::string& nonce) {
            return look_script(settings, to, {nonce, 0});
        },
        limits));
}

KeptState look_kept(ssh::Connection& connection,
                    const std::string& host,
                    const RunPlace& place,
                    const std::string& to) {
    const auto told = ask_host(
        connection,
        host,
        [&](const std::string& nonce) {
            return look_kept_script(place, to, {nonce, 0});
        },
        k_look);
    KeptState found;
    for (const ControlLine& line : told) {
        if (line.word == "chosen") {
            found.chosen = sanitize_line(line.rest);
        }
    }
    found.sight = read_look(told);
    return found;
}

Diagnosis diagnose(ssh::Connection& connection,
                   const std::string& host,
                   const config::DeploySettings& settings) {
    const auto told = ask_host(
        connection,
        host,
        [&](const std::string& nonce) {
            return doctor_script(settings, {nonce, 0});
        },
        k_diagnosis);
    Diagnosis diagnosis;
    for (const ControlLine& line : told) {
        const std::string rest = sanitize_line(line.rest);
        if (line.word == "machine") {
            diagnosis.machine_id = rest;
        } else if (line.word == "check") {
            const std::size_t first = rest.find(' ');
            const std::size_t second = rest.find(' ', first + 1);
            if (first != std::string::npos && second != std::string::npos) {
                diagnosis.checks.push_back({rest.substr(0, first),
                                            rest.substr(first + 1, second - first - 1) == "ok",
                                            rest.substr(second + 1)});
            }
        }
    }
    return diagnosis;
}

} // namespace loomrel::deploy
