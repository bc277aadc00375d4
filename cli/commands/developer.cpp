#include "cli/commands/developer.hpp"

#include "lib/base/text.hpp"
#include "lib/config/lookup.hpp"

#include <algorithm>

namespace loomrel::cli {

namespace {

using messages::Id;
using messages::phrase;

constexpr std::string_view k_bot = "[bot]";
constexpr std::size_t k_longest_login =
    64; // GitHub's own limit is 39, with a company's suffix more

bool is_login(std::string_view text) {
    if (is_bot(text)) {
        text.remove_suffix(k_bot.size());
    }
    return !text.empty() && text.size() <= k_longest_login
           && std::all_of(text.begin(), text.end(), [](char c) {
                  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
                         || c == '-' || c == '_';
              });
}

} // namespace

bool is_bot(std::string_view login) {
    return login.ends_with(k_bot);
}

std::string author_of(Services& services, const std::optional<std::string>& flag) {
    std::string author = flag.value_or(services.github().author);
    if (author.empty()) {
        throw Error(ErrorKind::usage,
                    "author_missing",
                    phrase(Id::dev_author_missing),
                    phrase(Id::dev_author_missing_hint));
    }
    if (!is_login(author)) {
        const std::string shown(cut_bytes(sanitize_line(author), k_longest_login));
        throw Error(ErrorKind::usage,
                    "bad_author",
                    phrase(Id::dev_bad_author, fmt::arg("author", shown)),
                    phrase(Id::dev_bad_author_hint));
    }
    return author;
}

Error no_host_of(Services& services, const std::string& login) {
    // A name that .env.servers keeps for something else.
    if (config::is_reserved(config::fold(login))) {
        return Error(ErrorKind::config,
                     "no_developer_host",
                     phrase(Id::dev_no_host, fmt::arg("author", login)),
                     phrase(Id::dev_no_host_kept_hint));
    }
    std::string key = login;
    std::replace(key.begin(), key.end(), '-', '_');
    const std::vector<std::string> known = services.config().developers();
    return Error(ErrorKind::config,
                 "no_developer_host",
                 phrase(Id::dev_no_host, fmt::arg("author", login)),
                 phrase(Id::dev_no_host_hint,
                        fmt::arg("key", key),
                        fmt::arg("known", known.empty() ? "-" : join(known, ", "))));
}

} // namespace loomrel::cli
