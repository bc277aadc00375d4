#pragma once

#include "lib/store/field.hpp"
#include "lib/store/keys.hpp"
#include "lib/store/store.hpp"

#include <algorithm>
#include <array>
#include <utility>

// What travels or is stored, field by field. From here follow its JSON (wire.hpp), its columns
// (sql_fields.hpp), what callers may write (server/checks.cpp), `--json`, and what
// server/openapi.json must say.
namespace loomrel::store {

inline constexpr std::array<std::string_view, 3> k_sources{"api", "cli", "journal"};
inline constexpr std::array<std::string_view, 3> k_environments{"dev", "stage", "prod"};
inline constexpr std::array<std::string_view, 3> k_run_sources{"", "spool", "host"};
inline constexpr std::array<std::string_view, 6> k_run_ways{
    "", "cli", "github", "bot", "serve", "host"};
inline constexpr std::array<std::string_view, 11> k_claim_conflicts{"",
                                                                    "status",
                                                                    "commit",
                                                                    "no_commit",
                                                                    "sender",
                                                                    "approvals",
                                                                    "expired",
                                                                    "outrun",
                                                                    "settings",
                                                                    "run",
                                                                    "key"};
// GitHub's word comes from GitHub alone.
inline constexpr std::array<std::string_view, 3> k_new_words{
    "", release::k_word_ci, release::k_word_terminal};

template <>
inline constexpr auto k_fields<release::Actors> =
    std::tuple(field("sender", &release::Actors::sender),
               field("resender", &release::Actors::resender),
               field("event", &release::Actors::event),
               field("word", &release::Actors::word),
               field("asked", &release::Actors::asked),
               field("run_commit", &release::Actors::run_commit),
               field("author_name", &release::Actors::author_name),
               field("author_email", &release::Actors::author_email),
               field("committer_name", &release::Actors::committer_name),
               field("committer_email", &release::Actors::committer_email));

template <>
inline constexpr auto k_fields<release::Signatures> = std::tuple(
    field("commit", &release::Signatures::commit, {.required = true, .text = Text::commit}),
    field("author_name", &release::Signatures::author_name, {.text = Text::line}),
    field("author_email", &release::Signatures::author_email, {.text = Text::email}),
    field("committer_name", &release::Signatures::committer_name, {.text = Text::line}),
    field("committer_email", &release::Signatures::committer_email, {.text = Text::email}));

template <>
inline constexpr auto k_fields<release::Release> =
    std::tuple(field("id", &release::Release::id, {.required = true}),
               field("service_name", &release::Release::service_name, {.required = true}),
               field("release_tag", &release::Release::release_tag, {.required = true}),
               field("rollback_to_tag", &release::Release::rollback_to_tag),
               field("status", &release::Release::status, {.required = true}),
               field("initiated_by", &release::Release::initiated_by),
               field("github_run_id", &release::Release::github_run_id),
               field("github_action_link", &release::Release::github_action_link),
               field("github_ref", &release::Release::github_ref),
               field("created_at", &release::Release::created_at),
               field("started_at", &release::Release::started_at),
               field("completed_at", &release::Release::completed_at),
               field("commit_sha", &release::Release::commit_sha, {.text = Text::commit}),
               field("superseded_by", &release::Release::superseded_by),
               field("unverified", &release::Release::unverified, {.by_ledger = true}),
               field("actors", &release::Release::actors, {.by_ledger = true}));

template <>
inline constexpr auto k_fields<release::Event> =
    std::tuple(field("at", &release::Event::at, {.by_ledger = true}),
               field("from", &release::Event::from, {.column = "from_status"}),
               field("to", &release::Event::to, {.column = "to_status"}),
               field("actor", &release::Event::actor),
               field("source", &release::Event::source),
               field("detail", &release::Event::detail, {.embedded = true}));

template <>
inline constexpr auto k_fields<NewRelease> = std::tuple(
    field("service_name",
          &NewRelease::service,
          {.required = true, .text = Text::service, .alias = "service"}),
    field("release_tag", &NewRelease::tag, {.required = true, .text = Text::tag, .alias = "tag"}),
    field("initiated_by", &NewRelease::by, {.required = true, .text = Text::line, .alias = "by"}),
    field("github_run_id",
          &NewRelease::run_id,
          {.required = true, .text = Text::github_run, .alias = "run_id"}),
    field("github_action_link", &NewRelease::link, {.text = Text::link, .alias = "link"}),
    field("github_ref", &NewRelease::ref, {.text = Text::ref, .alias = "ref"}),
    field("commit_sha",
          &NewRelease::commit,
          {.text = Text::commit, .alias = "commit", .absent_if_empty = true}),
    field("source",
          &NewRelease::source,
          {.words = k_sources, .otherwise = "api", .column = k_no_column}),
    field("continues", &NewRelease::continues, {.column = k_no_column}),
    field("sender",
          &NewRelease::sender,
          {.text = Text::line, .column = k_no_column, .absent_if_empty = true}),
    field("resender",
          &NewRelease::resender,
          {.text = Text::line, .column = k_no_column, .absent_if_empty = true}),
    field("event",
          &NewRelease::event,
          {.text = Text::line, .longest = 40, .column = k_no_column, .absent_if_empty = true}),
    field("word",
          &NewRelease::word,
          {.words = k_new_words, .column = k_no_column, .absent_if_empty = true}));

template <>
inline constexpr auto k_fields<Run> =
    std::tuple(field("id", &Run::id, {.required = true, .text = Text::uuid}),
               field("service", &Run::service, {.required = true, .text = Text::service}),
               field("environment", &Run::environment, {.required = true, .words = k_environments}),
               field("kind", &Run::kind, {.required = true}),
               field("release_id", &Run::release_id),
               field("ref", &Run::ref, {.text = Text::line, .longest = 300}),
               field("commit", &Run::commit, {.text = Text::commit, .column = "commit_sha"}),
               field("github_run_id", &Run::github_run_id, {.text = Text::line}),
               field("github_run_attempt", &Run::github_run_attempt),
               field("hosts",
                     &Run::hosts,
                     {.text = Text::line, .longest = 300, .most = 256, .column = k_no_column}),
               field("settings", &Run::settings, {.text = Text::line, .longest = 100, .most = 64}),
               field("source", &Run::source, {.words = k_run_sources}),
               field("began_by", &Run::began_by, {.text = Text::line, .absent_if_empty = true}),
               field("began_via", &Run::began_via, {.words = k_run_ways}),
               field("key", &Run::key, {.column = "api_key", .by_ledger = true}),
               field("cancelled_by", &Run::cancelled_by, {.by_ledger = true}),
               field("started_at", &Run::started_at, {.by_ledger = true}),
               field("ended_at", &Run::ended_at, {.by_ledger = true}),
               field("unseen_ms", &Run::unseen_for, {.by_ledger = true}),
               field("outcome", &Run::outcome, {.by_ledger = true}),
               field("result", &Run::result, {.by_ledger = true}));

template <>
inline constexpr auto k_fields<HostResult> = std::tuple(
    field("host", &HostResult::host, {.required = true, .text = Text::line, .longest = 300}),
    field("state", &HostResult::state, {.text = Text::line}),
    field("outcome", &HostResult::outcome, {.text = Text::line}),
    field("serves", &HostResult::serves, {.text = Text::line, .longest = 300}));

template <>
inline constexpr auto k_fields<RunEnd> = std::tuple(
    field("run_id", &RunEnd::run_id, {.required = true, .text = Text::uuid}),
    field("outcome", &RunEnd::outcome, {.required = true}),
    field("result", &RunEnd::result, {.text = Text::json}),
    field("commit", &RunEnd::commit, {.text = Text::commit}),
    field("cancelled_by", &RunEnd::cancelled_by, {.text = Text::line, .absent_if_empty = true}),
    field("hosts", &RunEnd::hosts, {.most = 256}));

template <>
inline constexpr auto k_fields<Change::Step> =
    std::tuple(field("to", &Change::Step::to, {.required = true}),
               field("detail", &Change::Step::detail, {.text = Text::json}));

template <>
inline constexpr auto k_fields<Change> = std::tuple(
    field("id", &Change::id, {.required = true, .text = Text::uuid}),
    field("release_id", &Change::release_id, {.required = true}),
    field("steps", &Change::steps, {.most = 16}),
    field("actor", &Change::actor, {.required = true, .text = Text::line}),
    field("source", &Change::source, {.words = k_sources, .otherwise = "api"}),
    field("commit", &Change::commit, {.text = Text::commit, .absent_if_empty = true}),
    field("run_id", &Change::run_id, {.text = Text::github_run, .absent_if_empty = true}),
    field("link", &Change::link, {.text = Text::link, .absent_if_empty = true}),
    field("rollback_to_tag",
          &Change::rollback_to_tag,
          {.text = Text::line, .longest = 300, .absent_if_empty = true}),
    field("during_run", &Change::during_run, {.text = Text::uuid, .absent_if_empty = true}),
    field("open_run", &Change::open_run, {.absent_if_empty = true}),
    field("end_run", &Change::end_run, {.absent_if_empty = true}),
    field("signatures", &Change::signatures, {.absent_if_empty = true}));

// The columns of `releases` that a change may write, and where it holds their new values.
using AmendedColumn = std::pair<const char*, std::optional<std::string> Change::*>;
inline constexpr std::array<AmendedColumn, 4> k_amended_columns{
    {{"commit_sha", &Change::commit},
     {"github_run_id", &Change::run_id},
     {"github_action_link", &Change::link},
     {"rollback_to_tag", &Change::rollback_to_tag}}};

// Has it values for columns beside its moves?
[[nodiscard]] inline bool amends(const Change& change) {
    return change.signatures
           || std::any_of(
               k_amended_columns.begin(),
               k_amended_columns.end(),
               [&](const AmendedColumn& amended) { return (change.*amended.second).has_value(); });
}

template <>
inline constexpr auto k_fields<Claim> =
    std::tuple(field("id", &Claim::id, {.required = true, .text = Text::uuid}),
               field("release_id", &Claim::release_id, {.required = true}),
               field("actor", &Claim::actor, {.required = true, .text = Text::line}),
               field("source", &Claim::source, {.words = k_sources, .otherwise = "api"}),
               field("detail", &Claim::detail, {.text = Text::json}),
               field("older", &Claim::older),
               field("run", &Claim::run, {.absent_if_empty = true}));

template <>
inline constexpr auto k_fields<Claimed> =
    std::tuple(field("what", &Claimed::what, {.required = true}),
               field("status", &Claimed::status, {.required = true}),
               field("conflict", &Claimed::conflict, {.words = k_claim_conflicts}),
               field("outrun_by", &Claimed::outrun_by),
               field("settings", &Claimed::settings),
               field("there", &Claimed::there));

template <>
inline constexpr auto k_fields<release::Person> =
    std::tuple(field("telegram", &release::Person::telegram, {.required = true}),
               field("github", &release::Person::github),
               field("name", &release::Person::name),
               field("emails", &release::Person::emails, {.absent_if_empty = true}));

template <>
inline constexpr auto k_fields<release::ApprovalRules> =
    std::tuple(field("approvers", &release::ApprovalRules::approvers, {.required = true}),
               field("quorum", &release::ApprovalRules::quorum, {.required = true}),
               field("self_approval", &release::ApprovalRules::self_approval, {.required = true}),
               field("people", &release::ApprovalRules::people, {.required = true}),
               field("expires_ms", &release::ApprovalRules::expires, {.required = true}));

template <>
inline constexpr auto k_fields<Approval> =
    std::tuple(field("approver_id", &Approval::approver_id, {.required = true}),
               field("approver_name", &Approval::approver_name),
               field("commit", &Approval::commit, {.text = Text::commit, .column = "commit_sha"}),
               field("verdict", &Approval::verdict, {.required = true, .column = "decision"}),
               field("at", &Approval::at, {.by_ledger = true}));

// The release stands in the path. Its rules never travel, and whose name it bears and through what
// it came the server says.
template <>
inline constexpr auto k_fields<Decision> =
    std::tuple(field("id", &Decision::id, {.required = true, .text = Text::uuid}),
               field("commit", &Decision::commit, {.text = Text::commit}),
               field("question", &Decision::question),
               field("approver_id", &Decision::approver_id, {.required = true}),
               field("verdict", &Decision::verdict, {.required = true}),
               field("reason", &Decision::reason),
               field("stage", &Decision::stage));

template <>
inline constexpr auto
    k_fields<Decided> = std::tuple(field("what", &Decided::what, {.required = true}),
                                   field("status", &Decided::status),
                                   field("conflict", &Decided::conflict),
                                   field("needed", &Decided::needed),
                                   field("outrun_by", &Decided::outrun_by),
                                   field("stage_serves", &Decided::stage_serves),
                                   field("stage_run", &Decided::stage_run),
                                   field("approvals", &Decided::approvals),
                                   field("server_is_up", &Decided::server_is_up));

// The release stands in the path.
template <>
inline constexpr auto k_fields<NewNote> =
    std::tuple(field("id", &NewNote::id, {.required = true, .text = Text::uuid}),
               field("actor", &NewNote::actor, {.required = true, .text = Text::line}),
               field("source", &NewNote::source, {.words = k_sources, .otherwise = "api"}),
               field("detail", &NewNote::detail, {.text = Text::json}));

template <>
inline constexpr auto k_fields<NewNotice> = std::tuple(
    field("key", &NewNotice::key, {.required = true, .text = Text::line}),
    field("kind", &NewNotice::kind, {.required = true, .text = Text::line, .longest = 40}),
    field("release_id", &NewNotice::release_id),
    field("fact", &NewNotice::fact, {.text = Text::json}));

// It never travels.
template <>
inline constexpr auto
    k_fields<Key> = std::tuple(field("name", &Key::name, {.required = true}),
                               field("scope", &Key::scope, {.required = true}),
                               field("services", &Key::services),
                               field("approver_id", &Key::approver_id),
                               field("created_by", &Key::created_by),
                               field("created_at", &Key::created_at, {.by_ledger = true}),
                               field("expires_at", &Key::expires_at, {.by_ledger = true}),
                               field("revoked_at", &Key::revoked_at, {.by_ledger = true}),
                               field("last_used_at", &Key::last_used_at, {.by_ledger = true}));

template <>
inline constexpr auto
    k_fields<SchemaState> = std::tuple(field("product", &SchemaState::product, {.required = true}),
                                       field("applied", &SchemaState::applied),
                                       field("pending", &SchemaState::pending),
                                       field("problems", &SchemaState::problems));

} // namespace loomrel::store
