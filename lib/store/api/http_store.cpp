#include "lib/store/api/http_store.hpp"

#include "lib/base/random.hpp"
#include "lib/messages/messages.hpp"
#include "lib/store/api/client.hpp"
#include "lib/store/wire/wire.hpp"

#include <algorithm>

namespace loomrel::store {

namespace {

using nlohmann::json;
using nlohmann::ordered_json;
using What = Changed::What;

constexpr int k_largest_page = 1000; // of the API
constexpr Milliseconds k_schema_deadline{600000};

template <typename Entity> Entity row_of(const ordered_json& row) {
    return wire::read<Entity>(row);
}

std::string of_release(std::int64_t id, const char* what) {
    return "/releases/" + std::to_string(id) + what;
}

// "?name=value&…" of what is not empty.
class Asking {
public:
    Asking& add(const char* name, const std::string& value) {
        if (!value.empty()) {
            m_text +=
                (m_text.empty() ? "?" : "&") + std::string(name) + "=" + http::url_encode(value);
        }
        return *this;
    }

    template <typename Number> Asking& add_number(const char* name, Number value) {
        return add(name, std::to_string(value));
    }

    [[nodiscard]] const std::string& text() const { return m_text; }

private:
    std::string m_text;
};

class HttpStore : public Store {
public:
    explicit HttpStore(const Options& options)
        : m_client(options) {}

    Created create_release(const NewRelease& release) override {
        // One key for all attempts: the answer that got lost comes again as it was.
        const Answer answer = post("/release", wire::to_json(release), random_uuid());
        return understood([&] {
            const json body = answer.body;
            const wire::Members members(body);
            return Created{
                members.integer("release_id"), answer.status == 201, members.text("status")};
        });
    }

    std::optional<release::Release> find_release(std::int64_t id) override {
        const Answer answer = get(of_release(id, ""));
        if (answer.absent()) {
            return std::nullopt;
        }
        return understood([&] { return wire::read<release::Release>(answer.body); });
    }

    std::vector<release::Release> list_releases(const ReleaseQuery& query) override {
        std::vector<release::Release> found;
        std::optional<std::int64_t> before = query.before;
        while (static_cast<int>(found.size()) < query.limit) {
            const int wanted =
                std::min(query.limit - static_cast<int>(found.size()), k_largest_page);
            Asking parameters;
            parameters.add("list", query.list ? std::string(to_string(*query.list)) : "")
                .add("service", query.service)
                .add("tag", query.tag)
                .add_number("limit", wanted);
            if (before) {
                parameters.add_number("before", *before);
            }
            const auto page = list_of<release::Release>(
                "/releases" + parameters.text(), "releases", row_of<release::Release>);
            found.insert(found.end(), page.begin(), page.end());
            if (static_cast<int>(page.size()) < wanted) {
                break;
            }
            before = found.back().id;
        }
        return found;
    }

    std::vector<release::Event> events(std::int64_t release_id) override {
        return list_of<release::Event>(
            of_release(release_id, "/events"), "events", wire::event_from);
    }

    Changed apply(const Change& change) override {
        const Answer answer = post("/changes", wire::to_json(change));
        if (answer.absent()) {
            return {What::absent, "", "", {}, {}};
        }
        return understood([&] {
            const json body = answer.body;
            if (answer.status == 409) {
                const bool already = answer.code() == "already";
                return Changed{already ? What::already : What::refused,
                               answer.of_error("status"),
                               already ? "" : answer.of_error("conflict"),
                               run_there(body.at("error")),
                               {}};
            }
            const wire::Members members(body);
            return Changed{members.text("what") == "already" ? What::already : What::done,
                           members.text("status"),
                           "",
                           {},
                           members.maybe_integer("joined")};
        });
    }

    Claimed claim(const Claim& claim) override { return claim_at("/claims", claim); }

    Claimed foresee_claim(const Claim& claim) override { return claim_at("/claims/check", claim); }

    std::optional<release::ApprovalRules> approval_rules() override {
        const Answer answer = m_client.ask({"GET", "/approval-rules", {}, "", {}, true});
        if (answer.absent()) {
            return std::nullopt; // nobody can have written any
        }
        return understood(
            [&] { return std::optional(wire::read<release::ApprovalRules>(answer.body)); });
    }

    Decided decide(const Decision& decision) override {
        const Answer answer =
            post(of_release(decision.release_id, "/approvals"), wire::to_json(decision));
        if (answer.absent()) {
            Decided nothing;
            nothing.what = Decided::What::absent;
            return nothing;
        }
        return understood([&] {
            const bool refused = answer.status == 409;
            return wire::read<Decided>(refused ? answer.body.at("error").at("decided")
                                               : answer.body);
        });
    }

    std::vector<Approval> approvals(std::int64_t release_id) override {
        return list_of<Approval>(
            of_release(release_id, "/approvals"), "approvals", row_of<Approval>);
    }

    [[nodiscard]] bool note_event(const NewNote& note) override {
        return !post(of_release(note.release_id, "/notes"), wire::to_json(note)).absent();
    }

    void add_notice(const NewNotice& notice) override {
        if (post("/notices", wire::to_json(notice)).absent()) {
            throw no_release();
        }
    }

    [[nodiscard]] Opened open_run(const Run& run) override {
        const Answer answer = post("/runs", wire::to_json(run));
        if (answer.absent()) {
            throw no_release();
        }
        return understood([&] {
            Opened opened{answer.status == 201, run_there(answer.body)};
            // The id is a UUID of the caller's: found after a lost answer, it is the caller's.
            const bool own = !opened.there || opened.there->id == run.id;
            opened.opened = opened.opened || (answer.in_doubt && own);
            return opened;
        });
    }

    void touch_run(const std::string& run_id) override {
        (void)m_client.ask({"PATCH", "/runs/" + http::url_encode(run_id), json::object(), "", {}});
    }

    void end_run(const RunEnd& end) override {
        (void)m_client.ask(
            {"PATCH", "/runs/" + http::url_encode(end.run_id), wire::to_json(end), "", {}});
    }

    std::optional<Run> find_run(const std::string& run_id) override {
        const Answer answer = get("/runs/" + http::url_encode(run_id));
        if (answer.absent()) {
            return std::nullopt;
        }
        return understood([&] { return wire::read<Run>(answer.body); });
    }

    std::vector<Run> list_runs(const RunQuery& query) override {
        Asking parameters;
        parameters.add("service", query.service)
            .add("environment", query.environment)
            .add("ref", query.ref)
            .add("id", query.id)
            .add("open", query.open_only ? "1" : "")
            .add("good", query.good_only ? "1" : "")
            .add_number("limit", std::clamp(query.limit, 0, k_largest_page));
        if (query.release_id) {
            parameters.add_number("release_id", *query.release_id);
        }
        return list_of<Run>("/runs" + parameters.text(), "runs", row_of<Run>);
    }

    std::vector<HostResult> run_hosts(const std::string& run_id) override {
        return list_of<HostResult>(
            "/runs/" + http::url_encode(run_id), "host_results", row_of<HostResult>);
    }

    std::vector<std::string> migrate() override {
        // It may take long to migrate, but not to find out that nobody is there.
        if (check().pending.empty()) {
            return {};
        }
        const Answer answer = m_client.ask({"POST", "/schema", {}, "", k_schema_deadline});
        return understood(
            [&] { return answer.body.at("applied").get<std::vector<std::string>>(); });
    }

    SchemaState check() override {
        const Answer answer = get("/schema");
        return understood([&] { return wire::read<SchemaState>(answer.body); });
    }

private:
    Claimed claim_at(const std::string& path, const Claim& claim) {
        const Answer answer = m_client.ask({"POST", path, wire::to_json(claim), "", {}, true});
        if (answer.lacks_route()) {
            throw m_client.too_old(path);
        }
        if (answer.absent()) {
            Claimed nothing;
            nothing.what = Claimed::What::absent;
            return nothing;
        }
        return understood([&] {
            return wire::read<Claimed>(answer.status == 409 ? answer.body.at("error").at("claimed")
                                                            : answer.body);
        });
    }

    static std::optional<Run> run_there(const json& object) {
        const json* there = wire::Members(object).find("there");
        return there == nullptr ? std::nullopt : std::optional(wire::read<Run>(*there));
    }

    Answer get(const std::string& path) { return m_client.ask({"GET", path, {}, "", {}}); }

    // What has an id of the caller's own (changes, decisions, notes, notices, runs) is done once
    // by that, and may be asked for again after a refusal.
    Answer post(const std::string& path, json body, const std::string& key = "") {
        return m_client.ask({"POST", path, std::move(body), key, {}});
    }

    static Error no_release() {
        return {ErrorKind::refused, k_no_release, messages::phrase(messages::Id::store_no_release)};
    }

    // What a server says that is no Release API of ours, or much newer.
    template <typename Read> auto understood(const Read& read) const -> decltype(read()) {
        try {
            return read();
        } catch (const wire::FieldError& error) {
            throw m_client.not_understood(error.what());
        } catch (const json::exception& error) {
            throw m_client.not_understood(error.what());
        }
    }

    // Absent = empty.
    template <typename Row>
    std::vector<Row>
    list_of(const std::string& path, const char* name, Row (*read)(const ordered_json& row)) {
        const Answer answer = get(path);
        return understood([&] {
            std::vector<Row> found;
            if (!answer.absent()) {
                for (const ordered_json& one : answer.body.at(name)) {
                    found.push_back(read(one));
                }
            }
            return found;
        });
    }

    ApiClient m_client;
};

} // namespace

std::unique_ptr<Store> make_http_store(const Options& options) {
    return std::make_unique<HttpStore>(options);
}

} // namespace loomrel::store
