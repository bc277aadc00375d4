#include "lib/release/names.hpp"

#include "lib/base/error.hpp"
#include "lib/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace loomrel::release {

namespace {

constexpr std::size_t k_max_service_length = 63;
constexpr std::size_t k_max_version_length = 300;
constexpr std::size_t k_max_github_run_length = 128;
constexpr std::size_t k_max_link_length = 2048;

bool is_digit(char letter) {
    return letter >= '0' && letter <= '9';
}

bool is_letter_or_digit(char letter) {
    return is_digit(letter) || (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
}

bool all_of(std::string_view text, bool (*rule)(char)) {
    return !text.empty() && std::all_of(text.begin(), text.end(), rule);
}

bool is_hex_id(std::string_view text) {
    return (text.size() == 40 || text.size() == 64) && all_of(text, [](char letter) {
               return is_digit(letter) || (letter >= 'a' && letter <= 'f');
           });
}

// Letters, digits and these marks; not empty.
bool is_made_of(std::string_view text, std::string_view marks) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [&](char letter) {
        return is_letter_or_digit(letter) || marks.find(letter) != std::string_view::npos;
    });
}

// Semantic versioning forbids leading zeros: "v1.02.3" and "v1.2.3" would be the same version.
bool is_version_number(std::string_view text) {
    return all_of(text, is_digit) && (text.size() == 1 || text.front() != '0');
}

struct Version {
    bool valid = false;
    std::vector<std::string_view> numbers;
    std::vector<std::string_view> suffix; // empty: a release proper, newer than any with one
};

Version parse_version(std::string_view tag) {
    Version version;
    if (tag.empty() || tag.front() != 'v') {
        return version;
    }
    tag.remove_prefix(1);
    tag = tag.substr(0, tag.find('+')); // build metadata has no say in precedence
    const std::size_t hyphen = tag.find('-');
    version.numbers = split(tag.substr(0, hyphen), '.');
    if (hyphen != std::string_view::npos) {
        version.suffix = split(tag.substr(hyphen + 1), '.');
    }
    version.valid =
        version.numbers.size() == 3
        && std::all_of(version.numbers.begin(), version.numbers.end(), is_version_number)
        && std::all_of(version.suffix.begin(), version.suffix.end(), [](std::string_view part) {
               return all_of(
                   part, [](char letter) { return is_letter_or_digit(letter) || letter == '-'; });
           });
    return version;
}

int sign(int value) {
    return value > 0 ? 1 : (value < 0 ? -1 : 0);
}

// Numbers of any length: leading zeros off, then the longer is the greater.
int compare_numbers(std::string_view left, std::string_view right) {
    const auto significant = [](std::string_view text) {
        const std::size_t first = text.find_first_not_of('0');
        return first == std::string_view::npos ? std::string_view() : text.substr(first);
    };
    left = significant(left);
    right = significant(right);
    if (left.size() != right.size()) {
        return left.size() > right.size() ? 1 : -1;
    }
    return sign(left.compare(right));
}

int compare_suffix_parts(std::string_view left, std::string_view right) {
    const bool left_number = all_of(left, is_digit);
    const bool right_number = all_of(right, is_digit);
    if (left_number && right_number) {
        return compare_numbers(left, right);
    }
    if (left_number != right_number) {
        return left_number ? -1 : 1;
    }
    return sign(left.compare(right));
}

int compare_suffixes(const Version& left, const Version& right) {
    if (left.suffix.empty() || right.suffix.empty()) {
        return static_cast<int>(left.suffix.empty()) - static_cast<int>(right.suffix.empty());
    }
    const std::size_t common = std::min(left.suffix.size(), right.suffix.size());
    for (std::size_t index = 0; index < common; ++index) {
        if (const int order = compare_suffix_parts(left.suffix[index], right.suffix[index])) {
            return order;
        }
    }
    return (left.suffix.size() > right.suffix.size()) - (left.suffix.size() < right.suffix.size());
}

// FNV-1a: names are few, and the hash only has to be the same on every machine.
std::string short_hash(std::string_view text) {
    std::uint64_t hash = 14695981039346656037U;
    for (const char letter : text) {
        hash = (hash ^ static_cast<unsigned char>(letter)) * 1099511628211U;
    }
    return fmt::format("{:08x}", static_cast<std::uint32_t>(hash ^ (hash >> 32U)));
}

[[noreturn]] void refuse(const char* code, std::string_view value, Phrase what, Phrase rule) {
    constexpr std::size_t k_shown = 80;
    const std::string cleaned = sanitize_line(value);
    const std::string_view shown = cut_bytes(cleaned, k_shown);
    throw Error(ErrorKind::usage,
                code,
                {fmt::format("{} \"{}\" не подходит", what.ru, shown),
                 fmt::format("{} \"{}\" cannot be used", what.en, shown)},
                std::move(rule));
}

} // namespace

bool is_safe_ref(std::string_view ref) {
    if (ref.size() > k_max_ref_length || !is_made_of(ref, "._/+-")
        || !is_letter_or_digit(ref.front())) {
        return false;
    }
    if (ref.find("..") != std::string_view::npos || ref.back() == '.') {
        return false;
    }
    const auto parts = split(ref, '/');
    return std::all_of(parts.begin(), parts.end(), [](std::string_view part) {
        return !part.empty() && part.front() != '.' && !part.ends_with(".lock");
    });
}

bool is_release_tag(std::string_view tag) {
    return is_safe_ref(tag) && tag.find('+') == std::string_view::npos && parse_version(tag).valid;
}

bool is_service_name(std::string_view name) {
    return name.size() <= k_max_service_length && is_made_of(name, "._-")
           && is_letter_or_digit(name.front()) && name.find("..") == std::string_view::npos;
}

bool is_commit(std::string_view commit) {
    return is_hex_id(commit);
}

bool is_version_name(std::string_view name) {
    return name.size() <= k_max_version_length && is_made_of(name, "._/+-");
}

bool is_github_run(std::string_view id) {
    return id.size() <= k_max_github_run_length && is_made_of(id, "._-");
}

bool is_link(std::string_view link) {
    return is_line(link, k_max_link_length)
           && (link.starts_with("https://") || link.starts_with("http://"))
           && link.find_first_of(" \"<>") == std::string_view::npos;
}

bool is_line(std::string_view text, std::size_t longest) {
    return !text.empty() && text.size() <= longest && sanitize_line(text) == text;
}

void check_release_tag(std::string_view tag) {
    if (!is_release_tag(tag)) {
        refuse("bad_tag",
               tag,
               {"тег релиза", "the release tag"},
               {"тег пишется как v1.2.3 или v1.2.3-rc.1: латинские буквы, цифры, точки и дефисы",
                "write the tag as v1.2.3 or v1.2.3-rc.1: letters, digits, dots and hyphens"});
    }
}

void check_branch(std::string_view branch) {
    // Git takes these three for something else than a branch in one place or another.
    if (!is_safe_ref(branch) || branch == "HEAD" || branch.starts_with("refs/")
        || is_hex_id(branch)) {
        refuse(
            "bad_branch",
            branch,
            {"ветка", "the branch"},
            {"имя ветки: до 128 латинских букв, цифр и знаков . _ / + -, первой буква или цифра, "
             "без \"..\", \"//\" и \".lock\"; без \"refs/\" впереди",
             "a branch name has up to 128 letters, digits and . _ / + -, begins with a letter or "
             "digit, holds no \"..\", \"//\" or \".lock\", and has no \"refs/\" before it"});
    }
}

void check_service_name(std::string_view name) {
    if (!is_service_name(name)) {
        refuse("bad_service",
               name,
               {"имя сервиса", "the service name"},
               {"имя сервиса: до 63 латинских букв, цифр и знаков . _ -, первой буква или цифра, "
                "без \"..\"",
                "a service name has up to 63 letters, digits and . _ -, begins with a letter or "
                "digit and holds no \"..\""});
    }
}

void check_commit(std::string_view commit) {
    if (!is_commit(commit)) {
        refuse("bad_commit",
               commit,
               {"коммит", "the commit"},
               {"нужен полный хеш: 40 или 64 знака 0-9a-f (его печатает git rev-parse HEAD)",
                "the full hash is wanted: 40 or 64 digits 0-9a-f (git rev-parse HEAD prints it)"});
    }
}

void check_version_name(std::string_view name) {
    if (!is_version_name(name)) {
        refuse("bad_tag",
               name,
               {"версия", "the version"},
               {"нужен тег или полный хеш коммита: латинские буквы, цифры и знаки . _ / + -",
                "a tag or a commit's full hash is wanted: letters, digits and . _ / + -"});
    }
}

int compare_tags(std::string_view left, std::string_view right) {
    const Version a = parse_version(left);
    const Version b = parse_version(right);
    if (!a.valid || !b.valid) {
        // No version is older than any version; two of them have an order only to have one.
        return a.valid != b.valid ? (a.valid ? 1 : -1) : sign(left.compare(right));
    }
    for (std::size_t index = 0; index < a.numbers.size(); ++index) {
        if (const int order = compare_numbers(a.numbers[index], b.numbers[index])) {
            return order;
        }
    }
    return compare_suffixes(a, b);
}

std::string image_slug(std::string_view name) {
    // Docker's rule for a path component: letters and digits, between them one ".", one or two "_"
    // or any number of "-".
    std::string slug;
    for (const char letter : to_lower(name)) {
        const bool plain = is_letter_or_digit(letter);
        const bool after_mark = slug.empty() || !is_letter_or_digit(slug.back());
        if (plain || (!after_mark && (letter == '.' || letter == '_' || letter == '-'))
            || (letter == '-' && !slug.empty() && slug.back() == '-')) {
            slug += letter;
        } else if (!after_mark) {
            slug += '-';
        }
    }
    const auto drop_marks_at_end = [&] {
        while (!slug.empty() && !is_letter_or_digit(slug.back())) {
            slug.pop_back();
        }
    };
    drop_marks_at_end();
    if (!slug.empty() && slug == name) {
        return slug;
    }
    slug.resize(std::min(slug.size(), k_max_service_length));
    drop_marks_at_end();
    return (slug.empty() ? "service" : slug) + "-" + short_hash(name);
}

} // namespace loomrel::release
