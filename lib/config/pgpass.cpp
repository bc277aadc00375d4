#include "lib/config/pgpass.hpp"

#include "lib/base/file.hpp"
#include "lib/base/text.hpp"

#include <filesystem>
#include <regex>
#include <system_error>
#include <vector>

namespace loomrel::config {

namespace {

// "h:5432:*:me:secret": a backslash takes the meaning of ":" and "\" away.
std::vector<std::string> fields_of(std::string_view line) {
    std::vector<std::string> fields(1);
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '\\' && i + 1 < line.size()) {
            fields.back() += line[++i];
        } else if (line[i] == ':') {
            fields.emplace_back();
        } else {
            fields.back() += line[i];
        }
    }
    return fields;
}

std::string variable(const std::map<std::string, std::string>& environment,
                     const std::string& name) {
    const auto found = environment.find(name);
    return found == environment.end() ? "" : found->second;
}

} // namespace

std::optional<PostgresServer> plain_postgres(const std::string& url) {
    static const std::regex form("postgres(ql)?://([A-Za-z0-9_.-]+@)?([A-Za-z0-9_.-]+)(:([0-9]+))?"
                                 "/[A-Za-z0-9_.-]+");
    std::smatch parts;
    if (url.size() > 1024 || !std::regex_match(url, parts, form)) {
        return std::nullopt;
    }
    return PostgresServer{to_lower(parts[3].str()), parts[5].matched ? parts[5].str() : "5432"};
}

bool is_in_pgpass(const std::map<std::string, std::string>& environment,
                  const PostgresServer& server) {
    std::filesystem::path file = variable(environment, "PGPASSFILE");
    if (file.empty()) {
        file = std::filesystem::path(variable(environment, "HOME")) / ".pgpass";
    }
    const FileOwner owner = owner_of(file);
    if (!file.is_absolute() || is_readable_by_others(file) || !owner.mine_or_roots
        || owner.writable_by_others) {
        return false;
    }
    try {
        const std::string text = read_file(file).value_or("");
        for (const std::string_view line : split(text, '\n')) {
            const std::vector<std::string> fields = fields_of(line);
            // libpq overlooks what stands behind the password.
            if (!line.starts_with('#') && fields.size() >= 5 && to_lower(fields[0]) == server.host
                && (fields[1] == server.port || fields[1] == "*")) {
                return true;
            }
        }
    } catch (const std::system_error&) {
        return false; // libpq cannot read it either
    }
    return false;
}

} // namespace loomrel::config
