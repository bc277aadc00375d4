#include "lib/base/bound_secret.hpp"
#include "lib/base/text.hpp"
#include "lib/config/loader.hpp"
#include "lib/config/lookup.hpp"
#include "lib/config/night.hpp"

#include <algorithm>
#include <utility>

// What a repository's file may say, and what is said when it says more (design 13.5).
namespace loomrel::config {

namespace {

// As it is written in a trusted file, below the head of its table.
std::string toml_line(const std::string& name, const Content& content) {
    std::string text = config::shown(content);
    if (const auto* texts = std::get_if<std::vector<std::string>>(&content)) {
        text = "[" + (texts->empty() ? "" : "\"" + join(*texts, "\", \"") + "\"") + "]";
    } else if (std::holds_alternative<std::string>(content)) {
        text = "\"" + text + "\"";
    }
    return name.substr(name.rfind('.') + 1) + " = " + text;
}

} // namespace

void Config::Loader::refuse(const Error& error) {
    if (!m_inputs.must_go_on) {
        throw Error(error);
    }
    tell(error.message());
}

void Config::Loader::refuse_key(const std::string& name, const Value& value) {
    const std::string where = sanitize_line(value.origin.place);
    const std::string shown_name = sanitize_line(name);
    Phrase mend;
    if (name == "store.url" || name == "server.public_url") {
        const std::string line =
            (name == "store.url" ? "LOOMREL_STORE=" : "LOOM_RELEASE_TG_BOT_API_URL=")
            + sanitize_line(config::shown(value.content));
        const std::string file = m_place.empty() ? ".env.servers" : sanitize_line(m_place);
        mend = {"если это верно, впишите в " + file + " строку " + line,
                "if it is right, write this line into " + file + ": " + line};
    } else {
        // Another file of that name would hide the one that is read.
        const std::string file =
            sanitize_line(m_config.toml_path.empty() ? first_trusted_toml(m_inputs).string()
                                                     : m_config.toml_path.string());
        const std::string table = "[" + sanitize_line(name.substr(0, name.rfind('.'))) + "]";
        const std::string line = sanitize_line(toml_line(name, value.content));
        mend = {"если это верно, впишите в " + file + ", в раздел " + table + ", строку " + line,
                "if it is right, write this line into " + file + ", under " + table + ": " + line};
    }
    refuse(
        {ErrorKind::config,
         "not_repositorys",
         {where + ": «" + shown_name
              + "» в файле репозитория не действует: его меняет любой, кто пушит ветку",
          where + ": '" + shown_name
              + "' does not count in a repository's file: whoever pushes a branch can change it"},
         with_way_back(std::move(mend), m_config.first_production_host())});
}

// It chooses among what the trusted side names, and nothing is no choice.
void Config::Loader::refuse_empty(const std::string& name, const Value& value) {
    const std::string where = sanitize_line(value.origin.place);
    const std::string shown_name = sanitize_line(name);
    refuse({ErrorKind::config,
            "empty_list",
            {where + ": «" + shown_name + "»: пустой список в файле репозитория не действует",
             where + ": '" + shown_name + "': an empty list does not count in a repository's file"},
            with_way_back({"удалите строку: тогда хосты те, что названы в .env.servers или в "
                           "доверенном файле",
                           "remove the line: then the hosts are those that .env.servers or the "
                           "trusted file names"},
                          m_config.first_production_host())});
}

void Config::Loader::choose_origin(const std::string& name, const std::vector<std::string>& named) {
    const Value* asked = repository_value(name);
    if (asked == nullptr) {
        return;
    }
    const std::string url = std::get<std::string>(asked->content);
    const std::string place = place_of_url(url);
    const Value* trusted = value(name);
    if (trusted != nullptr) {
        const std::string& own = std::get<std::string>(trusted->content);
        if (place_of_url(own) != place) {
            warn_of_overridden(name, *asked, trusted->origin);
        }
        return;
    }
    const bool is_named = std::any_of(named.begin(), named.end(), [&](const std::string& each) {
        return !place.empty() && place_of_url(each) == place;
    });
    if (is_named) {
        m_config.m_values[name] = *asked;
    } else if (!url.empty()) {
        refuse_key(name, *asked);
    }
}

void Config::Loader::warn_of_overridden(const std::string& name,
                                        const Value& asked,
                                        const Origin& winner) {
    const std::string where = sanitize_line(asked.origin.place);
    const std::string by = winner.place;
    m_config.m_warnings.push_back({where + ": «" + name + "» не действует: сильнее " + by,
                                   where + ": '" + name + "' has no effect: " + by + " wins"});
}

} // namespace loomrel::config
