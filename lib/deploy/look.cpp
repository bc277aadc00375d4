#include "lib/deploy/look.hpp"

#include "lib/base/text.hpp"
#include "lib/deploy/ask_host.hpp"
#include "lib/deploy/script.hpp"

namespace loomrel::deploy {

namespace {

// Docker may take its time to answer; longer than this it is broken.
constexpr Milliseconds k_silence{60000};

// "v1.2.3 <commit> <run> <image> <seconds>", as the step keep wrote it.
void take_current(Sight& sight, const std::string& line) {
    const auto words = split(line, ' ');
    if (words.size() == 5 && words[0] == sight.serves) {
        sight.commit = words[1];
        sight.since = parse_integer(words[4]);
    }
}

} // namespace

Sight look(ssh::Connection& connection,
           const std::string& host,
           const config::DeploySettings& settings) {
    const auto told = ask_host(
        connection,
        host,
        [&](const std::string& nonce) {
            return look_script(settings, {nonce, 0});
        },
        k_silence);
    Sight sight;
    std::string current;
    for (const Told& line : told) {
        const std::string rest = sanitize_line(line.rest);
        if (line.word == "serves") {
            sight.serves = rest;
        } else if (line.word == "current") {
            current = rest;
        } else if (line.word == "healthy") {
            sight.healthy = rest;
        } else if (line.word == "lock") {
            sight.lock = rest;
        } else if (line.word == "no_repository") {
            sight.has_repository = false;
        } else if (line.word == "run") {
            const auto words = split(rest, ' ');
            if (words.size() == 3) {
                sight.runs.push_back(
                    {std::string(words[0]), std::string(words[1]), std::string(words[2])});
            }
        }
    }
    take_current(sight, current);
    return sight;
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
