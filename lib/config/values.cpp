#include "lib/config/values.hpp"

#include "lib/base/error.hpp"
#include "lib/base/text.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace loomrel::config {

namespace {

[[noreturn]] void bad_value(const std::string& name,
                            const std::string& where,
                            const std::string& ru,
                            const std::string& en) {
    throw Error(ErrorKind::config,
                "bad_value",
                {where + ": ключ «" + name + "»: " + ru, where + ": key '" + name + "': " + en});
}

const std::string* text_of(const Content& content) {
    return std::get_if<std::string>(&content);
}

void check_text(const Key& key,
                const std::string& name,
                const std::string& text,
                const std::string& where) {
    if (text.find('\0') != std::string::npos) {
        bad_value(name, where, "нулевой байт в строке", "a NUL byte in the string");
    }
    const bool shell_word = key.type == Type::path || key.type == Type::paths;
    if (shell_word && text.find_first_of("\n\r") != std::string::npos) {
        bad_value(name, where, "перевод строки здесь недопустим", "a newline is not allowed here");
    }
    if (key.absolute && !text.empty() && text.front() != '/') {
        bad_value(name,
                  where,
                  "нужен полный путь, от /: «" + sanitize_line(text) + "»",
                  "an absolute path is wanted, not '" + sanitize_line(text) + "'");
    }
    if (key.choices.empty()) {
        return;
    }
    std::vector<std::string> choices;
    for (const std::string_view choice : split(key.choices, '|')) {
        if (choice == text) {
            return;
        }
        choices.emplace_back(choice);
    }
    bad_value(name,
              where,
              "«" + sanitize_line(text) + "» не подходит, можно: " + join(choices, ", "),
              "'" + sanitize_line(text) + "' is none of " + join(choices, ", "));
}

// Without a name Compose takes every service of the file, and nobody looks whether they came up.
void check_compose_services(const std::string& name,
                            const std::vector<std::string>& services,
                            const std::string& where) {
    if (services.empty()) {
        bad_value(name, where, "нужен хотя бы один сервис", "at least one service is wanted");
    }
    for (const std::string& service : services) {
        const bool plain = std::all_of(service.begin(), service.end(), [](char c) {
            return std::isalnum(static_cast<unsigned char>(c)) != 0
                   || std::string_view("._-").find(c) != std::string_view::npos;
        });
        if (service.empty() || service.front() == '-' || !plain) {
            bad_value(name,
                      where,
                      "«" + sanitize_line(service) + "» — не имя сервиса Compose",
                      "'" + sanitize_line(service) + "' is no name of a Compose service");
        }
    }
}

[[noreturn]] void wrong_type(const Key& key, const std::string& name, const std::string& where) {
    switch (key.type) {
    case Type::boolean:
        bad_value(name, where, "нужно true или false", "true or false is wanted");
    case Type::integer:
        bad_value(name, where, "нужно целое число", "a whole number is wanted");
    case Type::duration:
        bad_value(name,
                  where,
                  "нужна длительность в кавычках: \"250ms\", \"5s\", \"35m\", \"24h\"",
                  "a duration in quotes is wanted: \"250ms\", \"5s\", \"35m\", \"24h\"");
    case Type::texts:
    case Type::paths:
        bad_value(
            name, where, "нужен список строк: [\"…\"]", "a list of strings is wanted: [\"…\"]");
    case Type::integers:
        bad_value(
            name, where, "нужен список чисел: [11111]", "a list of numbers is wanted: [11111]");
    case Type::quorum:
        bad_value(
            name, where, "нужно число от 1 или \"all\"", "a number from 1 or \"all\" is wanted");
    case Type::text:
    case Type::path:
        break;
    }
    bad_value(name, where, "нужна строка в кавычках", "a string in quotes is wanted");
}

// Least values that make sense, by the key's last name.
std::int64_t least_of(std::string_view name) {
    for (const std::string_view positive :
         {"keep_capsules", "health_attempts", "canary", "parallel"}) {
        if (name == positive) {
            return 1;
        }
    }
    return INT64_MIN;
}

} // namespace

std::optional<Milliseconds> parse_duration(std::string_view text) {
    struct Unit {
        std::string_view name;
        std::int64_t milliseconds;
    };

    for (const Unit unit :
         {Unit{"ms", 1}, Unit{"s", 1000}, Unit{"m", 60'000}, Unit{"h", 3'600'000}}) {
        if (text.size() > unit.name.size() && text.ends_with(unit.name)) {
            const auto number = parse_integer(text.substr(0, text.size() - unit.name.size()));
            if (number && *number >= 0 && *number <= 1'000'000) {
                return Milliseconds{*number * unit.milliseconds};
            }
        }
    }
    return std::nullopt;
}

void check_value(const Key& key,
                 const std::string& name,
                 const Content& content,
                 const std::string& where) {
    bool fits = false;
    switch (key.type) {
    case Type::text:
    case Type::path:
        fits = text_of(content) != nullptr;
        break;
    case Type::boolean:
        fits = std::holds_alternative<bool>(content);
        break;
    case Type::integer:
        fits = std::holds_alternative<std::int64_t>(content);
        break;
    case Type::duration:
        fits = text_of(content) != nullptr && parse_duration(*text_of(content));
        break;
    case Type::texts:
    case Type::paths:
        fits = std::holds_alternative<std::vector<std::string>>(content);
        break;
    case Type::integers:
        fits = std::holds_alternative<std::vector<std::int64_t>>(content);
        break;
    case Type::quorum:
        fits = (text_of(content) != nullptr && *text_of(content) == "all")
               || (std::holds_alternative<std::int64_t>(content)
                   && std::get<std::int64_t>(content) >= 1);
        break;
    }
    if (!fits) {
        wrong_type(key, name, where);
    }
    if (const std::string* text = text_of(content)) {
        check_text(key, name, *text, where);
    } else if (const auto* texts = std::get_if<std::vector<std::string>>(&content)) {
        for (const std::string& each : *texts) {
            check_text(key, name, each, where);
        }
        if (key.name == "compose_services") {
            check_compose_services(name, *texts, where);
        }
    } else if (const auto* number = std::get_if<std::int64_t>(&content)) {
        const std::int64_t least = least_of(key.name);
        if (*number < least) {
            bad_value(name,
                      where,
                      "меньше " + std::to_string(least) + " нельзя",
                      "must be at least " + std::to_string(least));
        }
    }
}

Content content_from_text(const Key& key,
                          const std::string& name,
                          const std::string& text,
                          const std::string& where) {
    Content content = text;
    if (key.type == Type::integer || key.type == Type::quorum) {
        if (const auto number = parse_integer(text)) {
            content = *number;
        }
    } else if (key.type == Type::boolean && (text == "true" || text == "false")) {
        content = text == "true";
    }
    check_value(key, name, content, where);
    return content;
}

std::string shown(const Content& content) {
    if (const auto* flag = std::get_if<bool>(&content)) {
        return *flag ? "true" : "false";
    }
    if (const auto* number = std::get_if<std::int64_t>(&content)) {
        return std::to_string(*number);
    }
    if (const auto* texts = std::get_if<std::vector<std::string>>(&content)) {
        return join(*texts, ", ");
    }
    if (const auto* numbers = std::get_if<std::vector<std::int64_t>>(&content)) {
        std::vector<std::string> words;
        for (const std::int64_t number : *numbers) {
            words.push_back(std::to_string(number));
        }
        return join(words, ", ");
    }
    return std::get<std::string>(content);
}

} // namespace loomrel::config
