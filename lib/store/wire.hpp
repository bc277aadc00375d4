#pragma once

#include "lib/store/store.hpp"

#include <nlohmann/json.hpp>

#include <exception>
#include <optional>
#include <string>
#include <utility>

// The ledger's values as JSON, one form for all who write them down or send them: the spool, the
// Release API and the store that speaks to it.
namespace loomrel::store::wire {

// A value that is missing, of a wrong type or not among the allowed ones.
class FieldError : public std::exception {
public:
    FieldError(std::string field, std::string problem)
        : m_text("\"" + std::move(field) + "\" " + std::move(problem)) {}

    [[nodiscard]] const char* what() const noexcept override { return m_text.c_str(); }

private:
    std::string m_text;
};

// Reads members of an object; FieldError for whatever is not as asked. null is as good as absent.
class Fields {
public:
    explicit Fields(const nlohmann::json& object);

    [[nodiscard]] std::string text(const char* name) const;
    [[nodiscard]] std::string text_or(const char* name, std::string otherwise) const;
    [[nodiscard]] std::optional<std::string> maybe_text(const char* name) const;
    [[nodiscard]] std::int64_t integer(const char* name) const;
    [[nodiscard]] std::optional<std::int64_t> maybe_integer(const char* name) const;
    [[nodiscard]] std::optional<Time> maybe_time(const char* name) const;
    [[nodiscard]] bool flag_or(const char* name, bool otherwise) const;
    // nullptr = absent.
    [[nodiscard]] const nlohmann::json* find(const char* name) const;
    // Absent = empty.
    [[nodiscard]] const nlohmann::json& list(const char* name) const;

private:
    const nlohmann::json& m_object;
};

// RFC 3339 in UTC, to the microsecond.
[[nodiscard]] std::string to_text(Time time);

[[nodiscard]] nlohmann::json to_json(const NewRelease& release);
[[nodiscard]] nlohmann::json to_json(const release::Release& release);
[[nodiscard]] nlohmann::ordered_json to_json(const release::Event& event);
[[nodiscard]] nlohmann::json to_json(const Run& run);
[[nodiscard]] nlohmann::json to_json(const HostResult& host);
[[nodiscard]] nlohmann::json to_json(const RunEnd& end);
[[nodiscard]] nlohmann::json to_json(const Change& change);
// Without the claimant's own rules: behind an API the ledger's are in force.
[[nodiscard]] nlohmann::json to_json(const Claim& claim);
[[nodiscard]] nlohmann::json to_json(const Claimed& claimed);
[[nodiscard]] nlohmann::json to_json(const release::ApprovalRules& rules);
[[nodiscard]] nlohmann::json to_json(const Decision& decision);
[[nodiscard]] nlohmann::json to_json(const Approval& approval);
[[nodiscard]] nlohmann::json to_json(const NewNote& note);
[[nodiscard]] nlohmann::json to_json(const NewNotice& notice);
[[nodiscard]] nlohmann::json to_json(const SchemaState& state);

[[nodiscard]] release::Release release_from(const nlohmann::json& object);
[[nodiscard]] release::Event event_from(const nlohmann::ordered_json& object);
[[nodiscard]] Run run_from(const nlohmann::json& object);
[[nodiscard]] std::vector<HostResult> hosts_from(const nlohmann::json& list);
[[nodiscard]] RunEnd run_end_from(const nlohmann::json& object);
// A step to a status that no move leads to, people's decisions and the claim among them:
// FieldError.
[[nodiscard]] Change change_from(const nlohmann::json& object);
[[nodiscard]] Claim claim_from(const nlohmann::json& object);
[[nodiscard]] Claimed claimed_from(const nlohmann::json& object);
[[nodiscard]] release::ApprovalRules rules_from(const nlohmann::json& object);
[[nodiscard]] Decided decided_from(const nlohmann::json& object);
[[nodiscard]] std::vector<Approval> approvals_from(const nlohmann::json& list);
// Its release stands in the path, not in the body.
[[nodiscard]] NewNote note_from(const nlohmann::json& object);
[[nodiscard]] NewNotice notice_from(const nlohmann::json& object);
[[nodiscard]] SchemaState schema_from(const nlohmann::json& object);

} // namespace loomrel::store::wire
