#include "lib/config/keys.hpp"
#include "lib/config/loader.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

// The two files called loomrel.toml become one configuration (design 13.5).
namespace loomrel::config {

namespace {

// Who may approve and how many it takes is one thing, and comes from one file: half of it by
// another could undo the rest.
bool is_rule(std::string_view name) {
    constexpr std::array k_rules{"telegram.approvers",
                                 "telegram.admins",
                                 "telegram.quorum",
                                 "telegram.self_approval",
                                 "telegram.approval_expires"};
    return name.starts_with("people.")
           || std::find(k_rules.begin(), k_rules.end(), name) != k_rules.end();
}

} // namespace

void Config::Loader::read_tomls() {
    TomlLayers layers = find_tomls(m_inputs);
    for (Phrase& each : layers.notices) {
        tell(std::move(each));
    }
    m_config.lacks_trusted_file = layers.lacks_trusted;
    if (layers.trusted) {
        take_trusted(*layers.trusted);
    }
    if (layers.repository) {
        try {
            take_repository(*layers.repository);
        } catch (const Error& error) {
            // What anybody can break must not hold up who goes back at night.
            if (!m_inputs.must_go_on) {
                throw;
            }
            tell(error.message());
        }
    }
}

void Config::Loader::take_trusted(const Found& found) {
    m_config.toml_path = found.path;
    m_config.has_trusted_side = true;
    TomlFile file;
    const std::size_t said = m_config.notices.size();
    or_pass_over([&](std::vector<Phrase>* passed_over) {
        file = parse_toml(found.text, found.place, Source::toml, passed_over);
    });
    m_config.lacks_trusted_file = m_config.lacks_trusted_file || m_config.notices.size() > said;
    m_config.m_values.merge(file.values);
    m_config.services = std::move(file.services);
    m_config.people = std::move(file.people);
    m_config.m_named_services = std::move(file.named_services);
}

// The trusted side's word stands; beside it, what the table of keys lets a repository say.
void Config::Loader::take_repository(const Found& found) {
    m_config.repository_toml_path = found.path;
    TomlFile file = parse_toml(found.text, found.place, Source::repository);
    const auto& trusted = m_config.m_values;
    const bool has_rules = std::any_of(
        trusted.begin(), trusted.end(), [](const auto& one) { return is_rule(one.first); });
    for (auto& [name, one] : file.values) {
        const Key* key = find_dotted_key(name);
        switch (key == nullptr ? InRepository::yes : key->in_repository) {
        case InRepository::no:
            refuse_key(name, one);
            break;
        case InRepository::subset:
            if (const auto* list = std::get_if<std::vector<std::string>>(&one.content);
                list != nullptr && list->empty()) {
                refuse_empty(name, one);
                break;
            }
            m_config.m_repository.insert_or_assign(name, std::move(one));
            break;
        case InRepository::yes:
            if (!has_rules || !is_rule(name)) {
                m_config.m_values.insert({name, std::move(one)});
            }
            break;
        }
    }
    if (!has_rules) {
        m_config.people = std::move(file.people);
    }
    m_config.repository_services = file.services;
    for (std::string& service : file.services) {
        auto& all = m_config.services;
        if (std::find(all.begin(), all.end(), service) == all.end()) {
            all.push_back(std::move(service));
        }
    }
    auto& named = m_config.m_named_services;
    named.insert(named.end(), file.named_services.begin(), file.named_services.end());
}

} // namespace loomrel::config
