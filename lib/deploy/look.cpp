#include "lib/deploy/look.hpp"

#include "lib/base/text.hpp"
#include "lib/deploy/ask_host.hpp"
#include "lib/deploy/script.hpp"

namespace loomrel::deploy {

namespace {

// Docker may take its time to answer; longer than this it is broken.
constexpr Milliseconds k_silence{60000};

// "v1.2.3 <commit> <capsule> <how> <seconds>", as the step keep wrote it.
void take_current(Sight& sight, const std::string& line) {
    const auto words = split(line, ' ');
    if (words.size() == 5 && words[2] == sight.serving) {
        sight.commit = words[1];
        sight.how = words[3];
        sight.since = parse_integer(words[4]);
    }
}

// NAME COMMIT ID HOW SECONDS HEALTH HASH PREVIOUS
void take_capsule(Sight& sight, const std::string& line) {
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
void take_lost(Sight& sight, const std::string& line) {
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
void take_good(Sight& sight, const std::string& line) {
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

void take_run(Sight& sight, const std::string& line) {
    const auto words = split(line, ' ');
    if (words.size() == 3) {
        sight.runs.push_back({std::string(words[0]), std::string(words[1]), std::string(words[2])});
    }
}

void take_back(Sight& sight, const std::string& line) {
    const auto words = split(line, ' ');
    if (!words.empty() && words[0] != "-") {
        sight.back = words[0];
    }
    sight.second_step = words.size() > 1 && words[1] == "second_step";
    if (words.size() > 2 && words[2] != "-") {
        sight.next = words[2];
    }
}

Sight sight_of(const std::vector<Told>& told) {
    Sight sight;
    std::string current;
    for (const Told& line : told) {
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
            sight.lock = rest;
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

} // namespace

const Kept* Sight::find_kept(const std::string& id_or_name) const {
    for (const Kept& each : kept) {
        if (each.id == id_or_name || each.name == id_or_name || each.commit == id_or_name) {
            return &each;
        }
    }
    return nullptr;
}

Sight look(ssh::Connection& connection,
           const std::string& host,
           const config::DeploySettings& settings,
           const std::string& to) {
    return sight_of(ask_host(
        connection,
        host,
        [&](const std::string& nonce) {
            return look_script(settings, to, {nonce, 0});
        },
        k_silence));
}

KeptSight look_kept(ssh::Connection& connection,
                    const std::string& host,
                    const RunPlace& place,
                    const std::string& to) {
    const auto told = ask_host(
        connection,
        host,
        [&](const std::string& nonce) {
            return look_kept_script(place, to, {nonce, 0});
        },
        k_silence);
    KeptSight found;
    for (const Told& line : told) {
        if (line.word == "chosen") {
            found.chosen = sanitize_line(line.rest);
        }
    }
    found.sight = sight_of(told);
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
        k_silence);
    Diagnosis diagnosis;
    for (const Told& line : told) {
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
