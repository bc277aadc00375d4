#include "lib/deploy/look.hpp"

#include "lib/base/random.hpp"
#include "lib/base/text.hpp"
#include "lib/deploy/host_record.hpp"
#include "lib/deploy/refusals.hpp"
#include "lib/deploy/script.hpp"
#include "lib/deploy/shown_settings.hpp"
#include "lib/release/names.hpp"

#include <algorithm>

namespace loomrel::deploy {

namespace {

// A look is short, whatever the host's shell prints and however long its docker thinks.
constexpr AnswerLimits k_look{Milliseconds{0}, Milliseconds{10000}, 1 << 20};
// Doctor tries what may take its time.
constexpr AnswerLimits k_diagnosis{Milliseconds{60000}, Milliseconds{0}, 1 << 20};

// Takes the lines of one look into what is known of the host.
class LookReader {
public:
    void take(const ControlLine& line);
    HostState finish();

private:
    using Keys = std::initializer_list<std::string_view>;

    std::optional<HostRecord> read(const std::string& word, const std::string& rest, Keys keys);
    void take_record(const std::string& word, const std::string& rest);
    void take_kept(const HostRecord& capsule);
    void take_good(const HostRecord& good);
    void take_change(const HostRecord& change);
    void take_back(const HostRecord& back);
    void take_unread(const HostRecord& unread);

    HostState m_state;
    std::optional<HostRecord> m_current;
};

std::string unless_dash(const std::string& value) {
    return value == "-" ? "" : value;
}

std::optional<HostRecord>
LookReader::read(const std::string& word, const std::string& rest, Keys keys) {
    auto record = read_record(rest, m_state.protocol, keys);
    if (!record) {
        m_state.unread.push_back({word, m_state.protocol > k_protocol});
    }
    return record;
}

void LookReader::take_kept(const HostRecord& capsule) {
    m_state.kept.push_back({capsule.at("id"),
                            capsule.at("name"),
                            capsule.at("commit"),
                            capsule.at("how"),
                            seconds_of(capsule.at("seconds")).value_or(0),
                            capsule.at("health")});
}

void LookReader::take_good(const HostRecord& good) {
    constexpr std::size_t k_most = 20;
    const auto at = seconds_of(good.at("seconds"));
    if (!at) {
        m_state.unread.push_back({"good", false});
    } else if (m_state.good_runs.size() < k_most) {
        m_state.good_runs.push_back(
            {good.at("run"), good.at("name"), good.at("commit"), *at, good.at("kind")});
    }
}

void LookReader::take_change(const HostRecord& change) {
    constexpr std::size_t k_most = 20;
    const auto at = seconds_of(change.at("seconds"));
    if (at && is_run_id(change.at("id")) && m_state.changes.size() < k_most) {
        m_state.changes.push_back({change.at("id"),
                                   sanitize_line(change.at("kind")),
                                   sanitize_line(change.at("outcome")),
                                   sanitize_line(unless_dash(change.at("serves"))),
                                   sanitize_line(unless_dash(change.at("commit"))),
                                   *at,
                                   sanitize_line(unless_dash(change.at("by")))});
    }
}

void LookReader::take_back(const HostRecord& back) {
    m_state.back = unless_dash(back.at("to"));
    m_state.second_step = back.at("why") == "second_step";
    // The first release told no third word.
    const auto next = back.find("next");
    m_state.next = next == back.end() ? "" : unless_dash(next->second);
}

void LookReader::take_unread(const HostRecord& unread) {
    m_state.unread.push_back({unread.at("id"), unread.at("why") == "newer"});
}

void LookReader::take_record(const std::string& word, const std::string& rest) {
    if (word == "capsule") {
        // Protocol 1's seventh word says nothing any more.
        if (const auto capsule =
                read(word,
                     rest,
                     {"name", "commit", "id", "how", "seconds", "health", "hash", "previous"})) {
            take_kept(*capsule);
        }
    } else if (word == "lost") {
        if (const auto lost = read(word, rest, {"name", "commit", "id"})) {
            m_state.lost.push_back(
                {lost->at("id"), lost->at("name"), lost->at("commit"), "", 0, ""});
        }
    } else if (word == "good") {
        if (const auto good = read(word, rest, {"run", "name", "commit", "seconds", "kind"})) {
            take_good(*good);
        }
    } else if (word == "run") {
        const auto run = read(word, rest, {"id", "state", "step"});
        if (run && is_run_id(run->at("id"))) {
            m_state.runs.push_back({run->at("id"), run->at("state"), run->at("step")});
        }
    } else if (word == "change") {
        if (const auto change =
                read(word, rest, {"id", "kind", "outcome", "serves", "commit", "seconds", "by"})) {
            take_change(*change);
        }
    } else if (word == "back") {
        const bool two = m_state.protocol < 2 && split(rest, ' ').size() == 2;
        if (const auto back =
                two ? read(word, rest, {"to", "why"}) : read(word, rest, {"to", "why", "next"})) {
            take_back(*back);
        }
    } else if (word == "current") {
        // Protocol 1 says so where nothing was put here yet.
        if (!rest.empty()) {
            m_current = read(word, rest, {"name", "commit", "id", "how", "seconds"});
        }
    } else if (word == "unread") {
        if (const auto unread = read(word, rest, {"id", "why"})) {
            take_unread(*unread);
        }
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

void LookReader::take(const ControlLine& line) {
    const std::string rest = sanitize_line(line.rest);
    HostState& state = m_state;
    if (line.word == "hello") {
        const auto hello = read_record(rest, k_protocol, {});
        state.protocol = hello ? protocol_of(*hello) : 1;
    } else if (line.word == "serves") {
        state.serves = rest;
    } else if (line.word == "serving") {
        state.serving = unless_dash(rest);
    } else if (line.word == "images") {
        state.images_known = false;
    } else if (line.word == "no_tag") {
        state.has_tag = false;
    } else if (line.word == "changed") {
        state.changed = rest == "yes";
        state.change_unknown = rest == "unknown";
    } else if (line.word == "healthy") {
        state.healthy = rest;
    } else if (line.word == "lock") {
        state.lock = shown_holder(rest);
    } else if (line.word == "no_repository") {
        state.has_repository = false;
    } else if (line.word == "service") {
        state.services.push_back(rest);
    } else {
        take_record(line.word, rest);
    }
}

HostState LookReader::finish() {
    if (m_current && m_current->at("id") == m_state.serving) {
        m_state.commit = m_current->at("commit");
        m_state.how = m_current->at("how");
        m_state.since = parse_integer(m_current->at("seconds"));
    }
    return std::move(m_state);
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
    LookReader reader;
    for (const ControlLine& line : told) {
        reader.take(line);
    }
    return reader.finish();
}

namespace {

AnswerLimits limits_of(std::optional<Deadline> until) {
    AnswerLimits limits = k_look;
    if (until) {
        limits.whole = std::min(limits.whole, std::max(left_until(*until), Milliseconds{1}));
    }
    return limits;
}

} // namespace

HostState look(ssh::Connection& connection,
               const std::string& host,
               const config::DeploySettings& settings,
               const std::string& to,
               std::optional<Deadline> until) {
    if (is_unproven(settings)) {
        KeptState kept =
            look_kept(connection,
                      host,
                      {"-", settings.service, settings.environment, proven_state_dir(settings)},
                      to,
                      until);
        if (kept.chosen.empty()) {
            throw refusal(
                host, "no_program " + settings.environment + "/" + settings.service + "/restore");
        }
        return std::move(kept.sight);
    }
    return read_look(ask_host(
        connection,
        host,
        [&](const std::string& nonce) {
            return look_script(settings, to, {nonce, 0});
        },
        limits_of(until)));
}

KeptState look_kept(ssh::Connection& connection,
                    const std::string& host,
                    const RunPlace& place,
                    const std::string& to,
                    std::optional<Deadline> until) {
    const auto told = ask_host(
        connection,
        host,
        [&](const std::string& nonce) {
            return look_kept_script(place, to, {nonce, 0});
        },
        limits_of(until));
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
