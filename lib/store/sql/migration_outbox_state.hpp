#pragma once

#include "lib/store/sql/migrations.hpp"

#include <array>

namespace loomrel::store {

// How far a delivery has come, in columns; `error` is a reason, for people. Programs from before
// this migration keep it in the words of `error`. They open no ledger that has this migration, but
// one that runs goes on: the triggers read its words as it writes them.
inline constexpr std::array k_outbox_state{
    MigrationStep{"ALTER TABLE outbox ADD COLUMN phase TEXT NOT NULL DEFAULT ''"},
    MigrationStep{"ALTER TABLE outbox ADD COLUMN looks INTEGER NOT NULL DEFAULT 0"},
    MigrationStep{"ALTER TABLE outbox ADD COLUMN run_link TEXT NOT NULL DEFAULT ''"},
    MigrationStep{"ALTER TABLE outbox ADD COLUMN message_id BIGINT"},
    MigrationStep{
        R"(CREATE FUNCTION outbox_reads_old_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.kind <> 'dispatch' THEN
        NEW.message_id := COALESCE(
            CAST(substring(NEW.error FROM '^sent as ([0-9]{1,18}):') AS BIGINT), NEW.message_id);
    ELSIF NEW.state = 'waiting' THEN
        NEW.phase := CASE WHEN NEW.error ~ '^(sent, not answered yet|looking [0-9]{1,9})$'
            THEN 'requested' ELSE '' END;
        NEW.looks := COALESCE(
            CAST(substring(NEW.error FROM '^looking ([0-9]{1,9})$') AS INTEGER), NEW.looks);
    ELSIF NEW.state = 'sent' AND NEW.phase IN ('', 'requested') THEN
        NEW.phase := CASE WHEN NEW.error = '' OR NEW.error LIKE 'http%://%'
            THEN 'started' ELSE 'obsolete' END;
        IF NEW.phase = 'started' THEN
            NEW.run_link := NEW.error;
            NEW.error := '';
        END IF;
    END IF;
    RETURN NEW;
END
$$)",
        R"(CREATE TRIGGER outbox_reads_old_message AFTER UPDATE OF error ON outbox
WHEN NEW.kind <> 'dispatch' AND NEW.error GLOB 'sent as [0-9]*:*'
BEGIN
    UPDATE outbox SET message_id = CAST(substr(NEW.error, 9) AS INTEGER) WHERE id = NEW.id;
END)"},
    MigrationStep{R"(CREATE TRIGGER outbox_reads_old_words BEFORE UPDATE OF error ON outbox
FOR EACH ROW EXECUTE FUNCTION outbox_reads_old_words())",
                  R"(CREATE TRIGGER outbox_reads_old_request AFTER UPDATE OF error ON outbox
WHEN NEW.kind = 'dispatch' AND NEW.state = 'waiting'
BEGIN
    UPDATE outbox SET
        phase = CASE WHEN NEW.error = 'sent, not answered yet' OR NEW.error GLOB 'looking [0-9]*'
            THEN 'requested' ELSE '' END,
        looks = CASE WHEN NEW.error GLOB 'looking [0-9]*'
            THEN CAST(substr(NEW.error, 9) AS INTEGER) ELSE looks END
    WHERE id = NEW.id;
END)"},
    MigrationStep{"SELECT 1",
                  R"(CREATE TRIGGER outbox_reads_old_end AFTER UPDATE OF error ON outbox
WHEN NEW.kind = 'dispatch' AND NEW.state = 'sent' AND NEW.phase IN ('', 'requested')
BEGIN
    UPDATE outbox SET
        phase = CASE WHEN NEW.error = '' OR NEW.error LIKE 'http%://%'
            THEN 'started' ELSE 'obsolete' END,
        run_link = CASE WHEN NEW.error LIKE 'http%://%' THEN NEW.error ELSE '' END,
        error = CASE WHEN NEW.error LIKE 'http%://%' THEN '' ELSE NEW.error END
    WHERE id = NEW.id;
END)"},
    // Rows of before, on their way included.
    MigrationStep{"UPDATE outbox SET error = error WHERE error <> '' OR kind = 'dispatch'"},
};

} // namespace loomrel::store
