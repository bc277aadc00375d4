#include "lib/ssh/known_hosts.hpp"

#include "lib/base/error.hpp"
#include "lib/base/file.hpp"
#include "lib/base/text.hpp"
#include "lib/messages/messages.hpp"
#include "lib/ssh/handles.hpp"
#include "lib/ssh/host_key.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace loomrel::ssh {

namespace {

using messages::Id;
using messages::phrase;

constexpr int k_mode = 0644; // public keys are no secret, and the file is meant to be committed

std::string text_of(const std::filesystem::path& path) {
    try {
        return read_regular_file(path).value_or("");
    } catch (const std::system_error& error) {
        const std::string reason = error.code().message();
        throw Error(ErrorKind::config,
                    "known_hosts_unreadable",
                    phrase(Id::ssh_known_hosts_unreadable,
                           fmt::arg("file", path.string()),
                           fmt::arg("reason", reason)));
    }
}

// One line taken apart; what is not an entry has no names.
struct Line {
    std::string_view marker; // "@revoked", "@cert-authority"
    std::string_view names;
    std::string key; // type and key, one blank between
};

Line take_apart(std::string_view text) {
    std::vector<std::string_view> words;
    std::size_t at = 0;
    while ((at = text.find_first_not_of(" \t\r", at)) != std::string_view::npos) {
        const std::size_t end = std::min(text.find_first_of(" \t\r", at), text.size());
        words.push_back(text.substr(at, end - at));
        at = end;
    }
    Line line;
    if (words.empty() || words.front().starts_with('#')) {
        return line;
    }
    if (words.front().starts_with('@')) {
        line.marker = words.front();
        words.erase(words.begin());
    }
    if (words.size() < 3) {
        return line;
    }
    line.names = words[0];
    line.key = std::string(words[1]) + " " + std::string(words[2]);
    return line;
}

std::optional<HostKey>
key_if(const std::string& names, const std::string& key, const std::string& name) {
    ssh_knownhosts_entry* raw = nullptr;
    const std::string line = names + " " + key;
    if (ssh_known_hosts_parse_line(name.c_str(), line.c_str(), &raw) != SSH_OK) {
        return std::nullopt;
    }
    const EntryHandle entry(raw);
    return describe(entry->publickey, name);
}

std::optional<HostKey> key_for(const Line& line, const std::string& name) {
    if (line.names.empty()) {
        return std::nullopt;
    }
    // libssh is content with the first name that matches, and overlooks a "!name" behind it.
    for (const std::string_view each : split(line.names, ',')) {
        if (each.starts_with('!') && key_if(std::string(each.substr(1)), line.key, name)) {
            return std::nullopt;
        }
    }
    return key_if(std::string(line.names), line.key, name);
}

// `names` without the one that is `name` itself: other hosts on the line keep their key.
std::string without(std::string_view names, const std::string& name) {
    std::vector<std::string> kept;
    for (const std::string_view each : split(names, ',')) {
        if (to_lower(each) != name) {
            kept.emplace_back(each);
        }
    }
    return join(kept, ",");
}

} // namespace

std::vector<KnownKey> known_keys(const std::filesystem::path& known_hosts,
                                 const Endpoint& endpoint) {
    std::vector<KnownKey> keys;
    if (known_hosts.empty()) {
        return keys;
    }
    const std::string name = known_hosts_name(endpoint);
    const std::string text = text_of(known_hosts);
    for (const std::string_view each : split(text, '\n')) {
        const Line line = take_apart(each);
        if (!line.marker.empty() && line.marker != "@revoked") {
            continue;
        }
        if (std::optional<HostKey> key = key_for(line, name)) {
            keys.push_back({std::move(*key), line.marker == "@revoked"});
        }
    }
    return keys;
}

Trust look_up(const Endpoint& endpoint, const HostKey& key) {
    if (!endpoint.pins.empty()) {
        return is_pinned(endpoint, key) ? Trust::known : Trust::changed;
    }
    const std::vector<KnownKey> keys = known_keys(endpoint.known_hosts, endpoint);
    Trust trust = Trust::unknown;
    for (const KnownKey& each : keys) {
        const bool same = each.key.fingerprint == key.fingerprint;
        if (each.revoked) {
            if (same) {
                return Trust::changed;
            }
        } else if (same) {
            trust = Trust::known;
        } else if (trust == Trust::unknown) {
            trust = Trust::changed;
        }
    }
    return trust;
}

void pin(const std::filesystem::path& known_hosts, const Endpoint& endpoint, const HostKey& key) {
    const std::string name = known_hosts_name(endpoint);
    const std::string before = text_of(known_hosts);
    std::string after;
    bool written = false;
    const auto write_key = [&](std::string_view end) {
        if (!written) {
            after.append(key.line).append(end);
            written = true;
        }
    };
    for (std::size_t at = 0; at < before.size();) {
        const std::size_t newline = before.find('\n', at);
        const std::size_t next = newline == std::string::npos ? before.size() : newline + 1;
        const std::string_view text = std::string_view(before).substr(at, next - at);
        at = next;

        const Line line = take_apart(trim(text));
        const bool is_hashed = line.names.starts_with('|');
        const std::string others = is_hashed ? "" : without(line.names, name);
        const std::optional<HostKey> there =
            line.marker.empty() ? key_for(line, name) : std::nullopt;
        if (!there || (!is_hashed && others == line.names)) {
            // Another host's, a comment, or a pattern that stands for more than this host.
            after.append(text);
            continue;
        }
        if (there->fingerprint == key.fingerprint && !written) {
            after.append(text);
            written = true;
            continue;
        }
        if (!others.empty()) {
            const std::size_t names_at = text.find(line.names.substr(0, line.names.size()));
            after.append(text.substr(0, names_at))
                .append(others)
                .append(text.substr(names_at + line.names.size()));
        }
        write_key("\n");
    }
    if (!written && !after.empty() && after.back() != '\n') {
        after.push_back('\n');
    }
    write_key("\n");
    if (after != before) {
        // Through a symbolic link, not in its place.
        write_file_atomically(std::filesystem::weakly_canonical(known_hosts), after, k_mode);
    }
}

} // namespace loomrel::ssh
