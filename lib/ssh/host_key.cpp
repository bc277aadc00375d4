#include "lib/ssh/host_key.hpp"

#include "lib/base/error.hpp"
#include "lib/base/text.hpp"
#include "lib/messages/messages.hpp"
#include "lib/ssh/key_size.hpp"
#include "lib/ssh/known_hosts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <string_view>

namespace loomrel::ssh {

namespace {

using messages::Id;
using messages::phrase;

// A key's type and the signature algorithms that it is asked for by.
struct KeyType {
    std::string_view type;
    std::string_view algorithms;
};

constexpr KeyType k_key_types[] = {
    {"ssh-ed25519", "ssh-ed25519"},
    {"ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256"},
    {"ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384"},
    {"ecdsa-sha2-nistp521", "ecdsa-sha2-nistp521"},
    {"ssh-rsa", "rsa-sha2-512,rsa-sha2-256"},
};

std::string_view bare(std::string_view fingerprint) {
    fingerprint = trim(fingerprint);
    while (fingerprint.ends_with('=')) {
        fingerprint.remove_suffix(1);
    }
    return fingerprint;
}

std::string shown(const HostKey& key) {
    return fmt::format("{} ({})", key.fingerprint, key.type);
}

std::string shown(const std::vector<HostKey>& keys) {
    std::vector<std::string> texts;
    for (const HostKey& key : keys) {
        texts.push_back(shown(key));
    }
    return join(texts, ", ");
}

} // namespace

std::string known_hosts_name(const Endpoint& endpoint) {
    const std::string host = to_lower(endpoint.host);
    return endpoint.port == 22 ? host : fmt::format("[{}]:{}", host, endpoint.port);
}

HostKey describe(ssh_key key, const std::string& name) {
    unsigned char* raw = nullptr;
    std::size_t size = 0;
    if (ssh_get_publickey_hash(key, SSH_PUBLICKEY_HASH_SHA256, &raw, &size) != 0) {
        throw std::runtime_error("libssh cannot hash a host key");
    }
    const HashHandle hash(raw);
    const TextHandle fingerprint(
        ssh_get_fingerprint_hash(SSH_PUBLICKEY_HASH_SHA256, hash.get(), size));
    char* base64 = nullptr;
    if (!fingerprint || ssh_pki_export_pubkey_base64(key, &base64) != SSH_OK) {
        throw std::runtime_error("libssh cannot write a host key");
    }
    const TextHandle blob(base64);
    const char* type = ssh_key_type_to_char(ssh_key_type(key));
    HostKey described{type == nullptr ? "unknown" : type, fingerprint.get(), ""};
    described.line = fmt::format("{} {} {}", name, described.type, blob.get());
    return described;
}

HostKey shown_key(ssh_session session, const Endpoint& endpoint) {
    ssh_key raw = nullptr;
    if (ssh_get_server_publickey(session, &raw) != SSH_OK) {
        throw std::runtime_error("libssh does not give the host's key");
    }
    const KeyHandle key(raw);
    return describe(key.get(), known_hosts_name(endpoint));
}

bool is_pinned(const Endpoint& endpoint, const HostKey& key) {
    return std::any_of(endpoint.pins.begin(), endpoint.pins.end(), [&](const std::string& pin) {
        return bare(pin) == bare(key.fingerprint);
    });
}

std::string host_key_algorithms(const Endpoint& endpoint, const std::vector<HostKey>& excluded) {
    std::vector<KnownKey> known;
    if (endpoint.pins.empty()) {
        known = known_keys(endpoint.known_hosts, endpoint);
    }
    std::vector<std::string> first;
    std::vector<std::string> then;
    for (const KeyType& each : k_key_types) {
        const auto is_this = [&](const HostKey& key) { return key.type == each.type; };
        if (std::any_of(excluded.begin(), excluded.end(), is_this)) {
            continue;
        }
        const bool is_known = std::any_of(known.begin(), known.end(), [&](const KnownKey& key) {
            return !key.revoked && is_this(key.key);
        });
        (is_known ? first : then).emplace_back(each.algorithms);
    }
    first.insert(first.end(), then.begin(), then.end());
    return join(first, ",");
}

void refuse_short(const Endpoint& endpoint, const HostKey& key) {
    const std::optional<int> bits = rsa_bits(key.line.substr(key.line.rfind(' ') + 1));
    if (bits && *bits < k_smallest_rsa_bits) {
        const std::string host = endpoint.shown();
        throw Error(ErrorKind::no_host,
                    "host_key_weak",
                    phrase(Id::ssh_key_weak, fmt::arg("host", host), fmt::arg("bits", *bits)),
                    phrase(Id::ssh_key_weak_hint, fmt::arg("host", host)));
    }
}

void check_trust(const Endpoint& endpoint, const HostKey& key, const std::vector<HostKey>& others) {
    const Trust trust = look_up(endpoint, key);
    std::vector<HostKey> seen{key};
    seen.insert(seen.end(), others.begin(), others.end());
    const std::string host = endpoint.shown();
    const std::string seen_text = shown(seen);
    const std::string file = endpoint.known_hosts.string();
    switch (trust) {
    case Trust::known:
        return;
    case Trust::unknown:
        throw Error(
            ErrorKind::no_host,
            "host_key_unknown",
            phrase(Id::ssh_key_unknown, fmt::arg("host", host), fmt::arg("seen", seen_text)),
            phrase(Id::ssh_key_unknown_hint, fmt::arg("host", host)));
    case Trust::changed:
        break;
    }
    // Whatever else look_up() may say one day: not known is not trusted.
    if (!endpoint.pins.empty()) {
        const std::string pins = join(endpoint.pins, ", ");
        throw Error(ErrorKind::no_host,
                    "host_key_changed",
                    phrase(Id::ssh_key_not_pinned,
                           fmt::arg("host", host),
                           fmt::arg("seen", seen_text),
                           fmt::arg("expected", pins)),
                    phrase(Id::ssh_key_not_pinned_hint));
    }
    std::vector<HostKey> expected;
    for (const KnownKey& each : known_keys(endpoint.known_hosts, endpoint)) {
        if (!each.revoked) {
            expected.push_back(each.key);
        }
    }
    const std::string expected_text = expected.empty() ? "—" : shown(expected);
    throw Error(ErrorKind::no_host,
                "host_key_changed",
                phrase(Id::ssh_key_changed,
                       fmt::arg("host", host),
                       fmt::arg("seen", seen_text),
                       fmt::arg("expected", expected_text),
                       fmt::arg("file", file)),
                phrase(Id::ssh_key_changed_hint, fmt::arg("host", host)));
}

} // namespace loomrel::ssh
