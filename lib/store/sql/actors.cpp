#include "lib/store/sql/actors.hpp"

#include "lib/base/json_text.hpp"
#include "lib/store/sql/moves.hpp"
#include "lib/store/sql/text.hpp"
#include "lib/store/wire/wire.hpp"

#include <nlohmann/json.hpp>

namespace loomrel::store {

namespace {

void write(Session& session, std::int64_t release_id, const release::Actors& actors) {
    Query query;
    query.text = "UPDATE releases SET actors = " + query.bind(actors_text(actors));
    query.text += " WHERE id = CAST(" + query.bind(release_id) + " AS BIGINT)";
    session.run_later(query);
}

} // namespace

std::optional<release::Actors> actors_of(const std::optional<std::string>& cell) {
    if (!cell) {
        return std::nullopt;
    }
    try {
        return wire::read<release::Actors>(nlohmann::json::parse(*cell));
    } catch (const std::exception&) {
        return release::Actors{};
    }
}

std::string actors_text(const release::Actors& actors) {
    return storable(json_text(wire::to_json(actors)));
}

release::Actors first_actors(const NewRelease& release) {
    release::Actors actors;
    actors.sender = release.sender;
    actors.resender = release.resender == release.sender ? "" : release.resender;
    actors.event = release.event;
    actors.word = release.word;
    return actors;
}

void keep_signatures(Session& session,
                     std::int64_t release_id,
                     const std::string& commit,
                     const release::Signatures& signatures) {
    if (signatures.commit.empty() || signatures.commit != commit) {
        return;
    }
    const auto present = hold_release(session, release_id);
    // One of before stays as it was: who may approve it does not change on the way.
    if (!present || !present->actors) {
        return;
    }
    release::Actors actors = *present->actors;
    const bool known = !actors.author_name.empty() || !actors.author_email.empty()
                       || !actors.committer_name.empty() || !actors.committer_email.empty();
    if (known) {
        return;
    }
    actors.author_name = signatures.author_name;
    actors.author_email = signatures.author_email;
    actors.committer_name = signatures.committer_name;
    actors.committer_email = signatures.committer_email;
    write(session, release_id, actors);
}

void keep_sender(Session& session, const SenderAnswer& answer) {
    const auto present = hold_release(session, answer.release_id);
    if (!present || !present->actors || present->actors->asked) {
        return;
    }
    release::Actors actors = *present->actors;
    actors.asked = true;
    if (!answer.sender.empty()) {
        actors.sender = answer.sender;
        actors.resender = answer.resender == answer.sender ? "" : answer.resender;
        actors.event = answer.event;
        actors.run_commit = answer.run_commit;
        actors.word = release::k_word_github;
    }
    write(session, answer.release_id, actors);
}

} // namespace loomrel::store
