#include "lib/deploy/host_record.hpp"

#include "lib/base/text.hpp"

#include <algorithm>

namespace loomrel::deploy {

namespace {

std::optional<HostRecord> read_positions(std::string_view line,
                                         std::initializer_list<std::string_view> keys) {
    const auto words = split(line, ' ');
    if (words.size() != keys.size()) {
        return std::nullopt;
    }
    HostRecord record;
    auto word = words.begin();
    for (const std::string_view key : keys) {
        record.emplace(key, *word++);
    }
    return record;
}

std::optional<HostRecord> read_pairs(std::string_view line) {
    HostRecord record;
    for (const std::string_view word : split(line, ' ')) {
        const std::size_t sign = word.find('=');
        if (sign == std::string_view::npos
            || !record.emplace(word.substr(0, sign), word.substr(sign + 1)).second) {
            return std::nullopt;
        }
    }
    return record;
}

} // namespace

std::optional<HostRecord>
read_record(std::string_view line, int protocol, std::initializer_list<std::string_view> keys) {
    if (protocol < 2) {
        return read_positions(line, keys);
    }
    auto record = read_pairs(line);
    const bool whole = record && std::all_of(keys.begin(), keys.end(), [&](std::string_view key) {
                           return record->find(key) != record->end();
                       });
    return whole ? record : std::nullopt;
}

std::optional<std::int64_t> seconds_of(std::string_view text) {
    constexpr std::int64_t k_last = 253402300799;
    const auto seconds = parse_integer(text);
    return seconds && *seconds >= 0 && *seconds <= k_last ? seconds : std::nullopt;
}

std::optional<Hello> read_hello(std::string_view line) {
    const auto record = read_record(line, k_protocol, {"how"});
    if (!record) {
        return std::nullopt;
    }
    const auto told = [&](std::string_view key) {
        const auto found = record->find(key);
        return found == record->end() ? std::string() : found->second;
    };
    Hello hello;
    hello.how = told("how");
    hello.nonce = told("nonce");
    hello.size = static_cast<std::uint64_t>(parse_integer(told("size")).value_or(0));
    hello.protocol = protocol_of(*record);
    // "12345.67"
    std::string up = told("up");
    const std::size_t dot = up.find('.');
    if (dot != std::string::npos) {
        hello.up_cs = parse_integer(up.erase(dot, 1)).value_or(0);
    }
    return hello;
}

int protocol_of(const HostRecord& record) {
    constexpr std::int64_t k_most = 1'000'000;
    const auto found = record.find("protocol");
    const auto told = found == record.end() ? std::nullopt : parse_integer(found->second);
    return told && *told > 0 && *told < k_most ? static_cast<int>(*told) : 1;
}

} // namespace loomrel::deploy
