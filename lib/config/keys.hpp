#pragma once

#include <span>
#include <string>
#include <string_view>

namespace loomrel::config {

enum class Type {
    text,
    path, // for a host's shell: no newline, no NUL
    boolean,
    integer,
    duration, // "250ms", "5s", "35m", "24h"
    texts,
    paths,
    integers,
    quorum, // a number from 1, or "all"
};

// Whether a repository's file may say it (design 13.5). Whoever can push a branch writes that file:
// nothing there may decide where a secret goes, whom a machine listens to or who is believed.
enum class InRepository {
    yes,
    no,
    subset, // it may only repeat what the trusted side names, or choose among that
};

[[nodiscard]] std::string_view to_string(InRepository rule);

// One key of loomrel.toml. Parsing, errors, `config show` and the example's completeness derive
// from the tables below.
struct Key {
    std::string_view name; // "telegram.chat_id"; of a deploy key without its table
    Type type;
    std::string_view environment; // the variable that wins over the file; "" = none
    std::string_view choices;     // "ru|en"; "" = anything
    std::string_view fallback;    // the default, as `config show` prints it
    InRepository in_repository = InRepository::yes;
    // Of a path: every program of the host finds it from wherever it is started. The others begin
    // at the log-in's home.
    bool absolute = false;
};

// Keys with one place each.
[[nodiscard]] std::span<const Key> plain_keys();

// Keys of [deploy], [services.X], [environments.E] and [environments.E.services.X].
[[nodiscard]] std::span<const Key> deploy_keys();

// Keys of one table of [[people]].
[[nodiscard]] std::span<const Key> person_keys();

[[nodiscard]] const Key* find_key(std::span<const Key> keys, std::string_view name);

// By the whole name that stands in a file: "environments.prod.services.loom-content.hosts". Null if
// there is no such key.
[[nodiscard]] const Key* find_dotted_key(std::string_view dotted);

} // namespace loomrel::config
