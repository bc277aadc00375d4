#include "lib/ssh/auth.hpp"

#include "lib/base/text.hpp"
#include "lib/messages/messages.hpp"
#include "lib/ssh/agent.hpp"
#include "lib/ssh/key_size.hpp"
#include "lib/ssh/private_key.hpp"

#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loomrel::ssh {

namespace {

using messages::Id;
using messages::phrase;

// A server that asks more often than this, or is content with less than this many proofs one after
// the other, is not one to talk to; the deadline ends it too.
constexpr int k_most_rounds = 10;

std::string method_names(int methods) {
    std::vector<std::string> names;
    const auto add = [&](unsigned method, const char* name) {
        if ((static_cast<unsigned>(methods) & method) != 0) {
            names.emplace_back(name);
        }
    };
    add(SSH_AUTH_METHOD_PUBLICKEY, "publickey");
    add(SSH_AUTH_METHOD_PASSWORD, "password");
    add(SSH_AUTH_METHOD_INTERACTIVE, "keyboard-interactive");
    add(SSH_AUTH_METHOD_HOSTBASED, "hostbased");
    add(SSH_AUTH_METHOD_GSSAPI_MIC, "gssapi-with-mic");
    return names.empty() ? "—" : join(names, ", ");
}

class Login {
public:
    Login(Link& link, const Endpoint& endpoint, Deadline deadline)
        : m_link(link),
          m_session(link.session()),
          m_endpoint(endpoint),
          m_deadline(deadline) {}

    void run() {
        // Of the keys that an agent holds only libssh sees the size.
        ssh_options_set(m_session, SSH_OPTIONS_RSA_MIN_SIZE, &k_smallest_rsa_bits);
        collect();
        // Asking what is offered costs a round trip; most who have a key are let in by it.
        const bool has_key = !m_ways.empty() && m_ways.front().method == SSH_AUTH_METHOD_PUBLICKEY;
        int result = has_key ? show(m_ways.front()) : ask();
        for (int round = 0; round < k_most_rounds && result != SSH_AUTH_SUCCESS; ++round) {
            if (result == SSH_AUTH_ERROR) {
                refused_or_lost();
            }
            m_offered = ssh_userauth_list(m_session, nullptr);
            Way* way = next();
            // A key that never went out has told nobody what is offered: an agent may have none.
            if (way == nullptr && m_asked) {
                fail("");
            }
            result = way == nullptr ? ask() : show(*way);
        }
        if (result != SSH_AUTH_SUCCESS) {
            fail("");
        }
    }

private:
    struct Way {
        unsigned method;
        Phrase name;
        std::function<int()> go;
        bool used = false;
    };

    int ask() {
        m_asked = true;
        return drive([&] { return ssh_userauth_none(m_session, nullptr); });
    }

    int show(Way& way) {
        way.used = true;
        m_tried.push_back(way.name);
        return way.go();
    }

    template <typename Call> int drive(Call call) {
        return m_link.drive(SSH_AUTH_AGAIN, m_deadline, phrase(Id::ssh_during_login), call);
    }

    void collect() {
        if (!m_endpoint.key.empty()) {
            add_key(phrase(Id::ssh_way_key), parse_private_key(m_endpoint.key.reveal()));
        }
        if (!m_endpoint.key_file.empty()) {
            const std::string file = m_endpoint.key_file.string();
            add_key(phrase(Id::ssh_way_key_file, fmt::arg("file", file)),
                    read_private_key(m_endpoint.key_file));
        }
        const char* agent = std::getenv("SSH_AUTH_SOCK");
        if (m_endpoint.use_agent && agent != nullptr && *agent != '\0') {
            add(SSH_AUTH_METHOD_PUBLICKEY, phrase(Id::ssh_way_agent), [this] {
                return by_agent();
            });
        }
        if (!m_endpoint.password.empty()) {
            add(SSH_AUTH_METHOD_PASSWORD, phrase(Id::ssh_way_password), [this] {
                return drive([&] {
                    return ssh_userauth_password(
                        m_session, nullptr, m_endpoint.password.reveal().c_str());
                });
            });
            add(SSH_AUTH_METHOD_INTERACTIVE, phrase(Id::ssh_way_interactive), [this] {
                return by_answers();
            });
        }
    }

    void add(unsigned method, Phrase name, std::function<int()> go) {
        m_ways.push_back({method, std::move(name), std::move(go)});
    }

    void add_key(const Phrase& name, PrivateKey read) {
        if (read.problem != PrivateKey::Problem::none) {
            m_tried.push_back(problem(name, read.problem));
            return;
        }
        const std::shared_ptr<ssh_key_struct> key = std::move(read.key);
        add(SSH_AUTH_METHOD_PUBLICKEY, name, [this, key] {
            return drive([&] { return ssh_userauth_publickey(m_session, nullptr, key.get()); });
        });
    }

    static Phrase problem(const Phrase& name, Id id) {
        return {messages::say(Language::ru, id, fmt::arg("way", name.ru)),
                messages::say(Language::en, id, fmt::arg("way", name.en))};
    }

    static Phrase problem(const Phrase& name, PrivateKey::Problem problem_of_key) {
        switch (problem_of_key) {
        case PrivateKey::Problem::none:
            return name;
        case PrivateKey::Problem::missing:
            return problem(name, Id::ssh_key_missing);
        case PrivateKey::Problem::unreadable:
            return problem(name, Id::ssh_key_unreadable);
        case PrivateKey::Problem::encrypted:
            return problem(name, Id::ssh_key_encrypted);
        case PrivateKey::Problem::not_a_key:
            return problem(name, Id::ssh_key_not_a_key);
        case PrivateKey::Problem::too_short:
            return problem(name, Id::ssh_key_too_short);
        }
        return name;
    }

    Way* next() {
        for (Way& way : m_ways) {
            if (!way.used && (static_cast<unsigned>(m_offered) & way.method) != 0) {
                return &way;
            }
        }
        return nullptr;
    }

    int by_agent() {
        // Half of what is left: the password may still get us in when the agent does not answer.
        const AgentTalk talk(m_session, deadline_in(left_until(m_deadline) / 2));
        if (!talk.is_there()) {
            m_tried.back() = problem(m_tried.back(), Id::ssh_agent_absent);
            return SSH_AUTH_DENIED;
        }
        const int result = drive([&] { return ssh_userauth_agent(m_session, nullptr); });
        if (talk.was_cut()) {
            m_tried.back() = problem(m_tried.back(), Id::ssh_agent_silent);
        }
        return result;
    }

    // Whatever is asked in secret is answered with the password, as PAM and its kin ask for it.
    int by_answers() {
        const auto ask = [this] {
            return drive([&] { return ssh_userauth_kbdint(m_session, nullptr, nullptr); });
        };
        int result = ask();
        for (int round = 0; round < k_most_rounds && result == SSH_AUTH_INFO; ++round) {
            const int prompts = ssh_userauth_kbdint_getnprompts(m_session);
            for (int at = 0; at < prompts; ++at) {
                char echo = 1;
                static_cast<void>(
                    ssh_userauth_kbdint_getprompt(m_session, static_cast<unsigned>(at), &echo));
                const char* answer = echo != 0 ? "" : m_endpoint.password.reveal().c_str();
                if (ssh_userauth_kbdint_setanswer(m_session, static_cast<unsigned>(at), answer)
                    < 0) {
                    return SSH_AUTH_ERROR;
                }
            }
            result = ask();
        }
        return result == SSH_AUTH_INFO ? SSH_AUTH_DENIED : result;
    }

    [[noreturn]] void refused_or_lost() {
        const std::string reason = m_link.error();
        // "Too many authentication failures" and the like: the server ended it on purpose. libssh
        // 0.10 tells it by these words only (ssh_get_disconnect_message() wants a state that is
        // never reached); without them it is a lost link, which is no host either.
        constexpr std::string_view k_farewell = "Received SSH_MSG_DISCONNECT: ";
        if (reason.starts_with(k_farewell)) {
            fail(reason.substr(k_farewell.size()));
        }
        m_link.fail(phrase(Id::ssh_during_login));
    }

    [[noreturn]] void fail(const std::string& farewell) const {
        const std::string host = m_endpoint.shown();
        const std::string offered = method_names(m_offered);
        const std::string said = farewell.empty() ? "" : " (" + farewell + ")";
        if (m_tried.empty()) {
            throw Error(ErrorKind::no_host,
                        "auth_failed",
                        phrase(m_ways.empty() ? Id::ssh_nothing_to_show : Id::ssh_nothing_accepted,
                               fmt::arg("host", host),
                               fmt::arg("offered", offered)),
                        phrase(Id::ssh_auth_hint));
        }
        Phrase message;
        for (const Language language : {Language::ru, Language::en}) {
            std::vector<std::string> tried;
            for (const Phrase& each : m_tried) {
                tried.push_back(in(language, each));
            }
            const std::string list = join(tried, ", ");
            std::string& text = language == Language::ru ? message.ru : message.en;
            text = messages::say(language,
                                 Id::ssh_auth_failed,
                                 fmt::arg("host", host),
                                 fmt::arg("tried", list),
                                 fmt::arg("offered", offered),
                                 fmt::arg("farewell", said));
        }
        throw Error(ErrorKind::no_host, "auth_failed", message, phrase(Id::ssh_auth_hint));
    }

    Link& m_link;
    ssh_session m_session;
    const Endpoint& m_endpoint;
    Deadline m_deadline;
    bool m_asked = false; // what is offered
    int m_offered = 0;
    std::vector<Way> m_ways;
    std::vector<Phrase> m_tried;
};

} // namespace

void authenticate(Link& link, const Endpoint& endpoint, Deadline deadline) {
    Login(link, endpoint, deadline).run();
}

} // namespace loomrel::ssh
