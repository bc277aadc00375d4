#include "lib/base/error.hpp"
#include "lib/base/text.hpp"
#include "lib/config/unknown_key.hpp"
#include "lib/config/values.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <sstream>

namespace loomrel::config {

namespace {

constexpr std::array<std::string_view, 3> k_environments{"dev", "stage", "prod"};

class Reader {
public:
    Reader(std::string place, Source source, TomlFile& file, std::vector<Phrase>* passed_over)
        : m_place(std::move(place)),
          m_source(source),
          m_file(file),
          m_passed_over(passed_over) {}

    void read(const toml::table& root) {
        for (const auto& [name, node] : root) {
            or_pass_over([&, key = name.str(), &node = node] { read_section(key, node); });
        }
    }

private:
    // One mistake does not hide the rest from whoever must go on.
    template <typename Read> void or_pass_over(const Read& read) {
        try {
            read();
        } catch (const Error& error) {
            if (m_passed_over == nullptr) {
                throw;
            }
            m_passed_over->push_back(error.message());
        }
    }

    void read_section(std::string_view key, const toml::node& node) {
        if (key == "people") {
            read_people(node);
        } else if (key == "deploy") {
            read_table("deploy", table_of(node, "deploy"), deploy_keys());
        } else if (key == "services") {
            read_services("services", node, true);
        } else if (key == "environments") {
            read_environments(node);
        } else if (const toml::table* table = node.as_table();
                   table != nullptr && (is_section(key) || !table->empty())) {
            read_table(std::string(key), *table, plain_keys(), std::string(key) + ".");
        } else {
            read_value("", std::string(key), node, plain_keys(), "");
        }
    }

    [[nodiscard]] std::string at(const toml::node& node) const {
        return m_place + ":" + std::to_string(node.source().begin.line);
    }

    const toml::table& table_of(const toml::node& node, const std::string& name) const {
        if (const toml::table* table = node.as_table()) {
            return *table;
        }
        throw Error(ErrorKind::config,
                    "bad_value",
                    {at(node) + ": «" + name + "» — это таблица: [" + name + "]",
                     at(node) + ": '" + name + "' is a table: [" + name + "]"});
    }

    void read_table(const std::string& prefix,
                    const toml::table& table,
                    std::span<const Key> keys,
                    const std::string& in_keys = "") {
        for (const auto& [name, node] : table) {
            const std::string key(name.str());
            // hooks.before_up may be written as a table of its own.
            if (const toml::table* inner = node.as_table(); inner != nullptr && key == "hooks") {
                for (const auto& [hook, value] : *inner) {
                    read_value(prefix, "hooks." + std::string(hook.str()), value, keys, in_keys);
                }
            } else {
                read_value(prefix, key, node, keys, in_keys);
            }
        }
    }

    void read_value(const std::string& prefix,
                    const std::string& name,
                    const toml::node& node,
                    std::span<const Key> keys,
                    const std::string& in_keys) {
        or_pass_over([&] { take_value(prefix, name, node, keys, in_keys); });
    }

    void take_value(const std::string& prefix,
                    const std::string& name,
                    const toml::node& node,
                    std::span<const Key> keys,
                    const std::string& in_keys) {
        const std::string dotted = prefix.empty() ? name : prefix + "." + name;
        const Key* key = find_key(keys, in_keys + name);
        if (key == nullptr) {
            throw unknown_key(at(node), dotted, name, keys, in_keys);
        }
        if (name == "hosts" && prefix.starts_with("environments.dev")) {
            throw Error(
                ErrorKind::config,
                "dev_hosts",
                {at(node) + ": у окружения dev нет своих хостов («" + sanitize_line(dotted) + "»)",
                 at(node) + ": environment dev has no hosts of its own ('" + sanitize_line(dotted)
                     + "')"},
                {"у каждого разработчика свой: <логин>_HOST в .env.servers",
                 "each developer has one: <login>_HOST in .env.servers"});
        }
        Content content = content_of(dotted, *key, node);
        check_value(*key, dotted, content, at(node));
        m_file.values[dotted] = {std::move(content), {m_source, at(node)}};
    }

    [[nodiscard]] Content
    content_of(const std::string& name, const Key& key, const toml::node& node) const {
        if (const auto* text = node.as_string()) {
            return text->get();
        }
        if (const auto* number = node.as_integer()) {
            return number->get();
        }
        if (const auto* flag = node.as_boolean()) {
            return flag->get();
        }
        if (const auto* array = node.as_array()) {
            if (key.type == Type::integers) {
                return numbers_of(name, key, *array);
            }
            return texts_of(name, key, *array);
        }
        // Something that no key takes: the check says what is wanted instead.
        return key.type == Type::text ? Content(std::int64_t{0}) : Content(std::string());
    }

    [[nodiscard]] Content
    numbers_of(const std::string& name, const Key& key, const toml::array& array) const {
        std::vector<std::int64_t> numbers;
        for (const toml::node& element : array) {
            const auto* number = element.as_integer();
            if (number == nullptr) {
                check_value(key, name, false, at(element));
                continue;
            }
            numbers.push_back(number->get());
        }
        return numbers;
    }

    [[nodiscard]] Content
    texts_of(const std::string& name, const Key& key, const toml::array& array) const {
        std::vector<std::string> texts;
        for (const toml::node& element : array) {
            const auto* text = element.as_string();
            if (text == nullptr) {
                check_value(key, name, false, at(element));
                continue;
            }
            if (key.name == "hosts") {
                refuse_password(text->get(), at(element));
            }
            texts.push_back(text->get());
        }
        return texts;
    }

    void read_services(const std::string& prefix, const toml::node& node, bool list) {
        std::vector<std::pair<toml::source_index, std::string>> found;
        for (const auto& [name, inner] : table_of(node, prefix)) {
            const std::string service(name.str());
            read_table(
                prefix + "." + service, table_of(inner, prefix + "." + service), deploy_keys());
            found.emplace_back(inner.source().begin.line, service);
        }
        if (!list) {
            for (const auto& [line, service] : found) {
                m_file.named_services.push_back({service, m_place + ":" + std::to_string(line)});
            }
        } else {
            std::sort(found.begin(), found.end());
            for (auto& [line, service] : found) {
                m_file.services.push_back(service);
            }
        }
    }

    void read_environments(const toml::node& node) {
        for (const auto& [name, inner] : table_of(node, "environments")) {
            const std::string environment(name.str());
            if (std::find(k_environments.begin(), k_environments.end(), environment)
                == k_environments.end()) {
                throw Error(
                    ErrorKind::config,
                    "unknown_environment",
                    {at(inner) + ": неизвестное окружение «" + sanitize_line(environment) + "»",
                     at(inner) + ": unknown environment '" + sanitize_line(environment) + "'"},
                    {"есть dev, stage и prod", "there are dev, stage and prod"});
            }
            const std::string prefix = "environments." + environment;
            for (const auto& [key, value] : table_of(inner, prefix)) {
                if (key.str() == "services") {
                    read_services(prefix + ".services", value, false);
                } else if (const toml::table* hooks = value.as_table();
                           hooks != nullptr && key.str() == "hooks") {
                    for (const auto& [hook, command] : *hooks) {
                        read_value(
                            prefix, "hooks." + std::string(hook.str()), command, deploy_keys(), "");
                    }
                } else {
                    read_value(prefix, std::string(key.str()), value, deploy_keys(), "");
                }
            }
        }
    }

    void read_people(const toml::node& node) {
        const toml::array* array = node.as_array();
        if (array == nullptr) {
            throw Error(ErrorKind::config,
                        "bad_value",
                        {at(node) + ": people — это список таблиц: [[people]]",
                         at(node) + ": people is a list of tables: [[people]]"});
        }
        for (const toml::node& element : *array) {
            TomlFile one;
            Reader(m_place, m_source, one, m_passed_over)
                .read_table("people", table_of(element, "people"), person_keys());
            Person person;
            if (one.values.contains("people.telegram")) {
                person.telegram = std::get<std::int64_t>(one.values["people.telegram"].content);
            }
            if (one.values.contains("people.github")) {
                person.github = std::get<std::string>(one.values["people.github"].content);
            }
            if (one.values.contains("people.name")) {
                person.name = std::get<std::string>(one.values["people.name"].content);
            }
            if (one.values.contains("people.emails")) {
                person.emails =
                    std::get<std::vector<std::string>>(one.values["people.emails"].content);
            }
            m_file.people.push_back(std::move(person));
            const std::string number = std::to_string(m_file.people.size());
            for (auto& [name, value] : one.values) {
                m_file.values["people." + number + name.substr(name.find('.'))] = std::move(value);
            }
        }
    }

    std::string m_place;
    Source m_source;
    TomlFile& m_file;
    std::vector<Phrase>* m_passed_over; // null: the first mistake is thrown
};

} // namespace

TomlFile parse_toml(std::string_view text,
                    const std::string& place,
                    Source source,
                    std::vector<Phrase>* passed_over) {
    if (!is_valid_utf8(text)) {
        throw Error(ErrorKind::config,
                    "not_utf8",
                    {place + ": это не текст в UTF-8", place + ": this is not text in UTF-8"});
    }
    TomlFile file;
    try {
        Reader(place, source, file, passed_over).read(toml::parse(text, place));
    } catch (const toml::parse_error& error) {
        const std::string where = place + ":" + std::to_string(error.source().begin.line);
        const std::string said = sanitize_line(error.description());
        throw Error(ErrorKind::config,
                    "bad_toml",
                    {where + ": это не TOML: " + said, where + ": not TOML: " + said});
    }
    return file;
}

} // namespace loomrel::config
