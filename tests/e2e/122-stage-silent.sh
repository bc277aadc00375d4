#!/usr/bin/env bash
# Stage does not answer when the approval is given: that is said, and a second press approves unseen.
. "$(dirname "$0")/harness.sh"

telegram_lab ""
proxy_start stage
bot_start one
version v1.1.0
stage_deploy v1.1.0
expect_exit 0
id=$(jq .release_id "$T/out")
expect_message "🏷️ Версия: v1.1.0"
proxy blackhole on >/dev/null
unseen() {
    sql "SELECT count(*) FROM release_events WHERE release_id = $1 AND detail LIKE '%\"stage\":\"unseen\"%'"
}

press $ANYA "✅ Подтвердить"
expect_shown "$MESSAGE" "⚠️ Подтверждение релиза"
press $ANYA "✅ Да, подтвердить"
LIMIT=40 expect_shown "$MESSAGE" "⚠️ stage не отвечает"
expect_pressed "stage не отвечает. Чтобы одобрить и так, нажмите ещё раз"
expect_row v1.1.0 status manual_testing
expect_equal "approved unseen" 0 "$(unseen "$id")"
press $ANYA "✅ Да, подтвердить"
LIMIT=40 expect_shown "$MESSAGE" "✅ Релиз одобрен"
expect_row v1.1.0 status manual_test_passed
expect_equal "approved unseen" 1 "$(unseen "$id")"

# At a terminal: asked, or --yes.
proxy blackhole off >/dev/null
version v1.2.0
stage_deploy v1.2.0
expect_exit 0
id=$(jq .release_id "$T/out")
proxy blackhole on >/dev/null
loomrel --json release approve "$id" --as $ANYA
expect_exit 3
expect_json .error.code stage_silent
expect_said "--yes"
at_terminal n --lang en release approve "$id" --as $ANYA
expect_exit 3
expect_said "stage does not answer" "Approve without having seen stage?"
expect_row v1.2.0 status manual_testing
at_terminal y --lang en release approve "$id" --as $ANYA
expect_exit 0
expect_row v1.2.0 status manual_test_passed
expect_equal "approved unseen" 1 "$(unseen "$id")"

# A connection that is closed at once is silence too.
proxy blackhole off >/dev/null
version v1.2.1
stage_deploy v1.2.1
expect_exit 0
id=$(jq .release_id "$T/out")
stop_sshd stage
loomrel --json release approve "$id" --as $ANYA
expect_exit 3
expect_json .error.code stage_silent

# A rejection asks no host, and neither does who has no credentials: by CI's word.
start_sshd stage
version v1.3.0
stage_deploy v1.3.0
expect_exit 0
id=$(jq .release_id "$T/out")
sed -i /^STAGE_/d "$T/ci/.env.servers"
loomrel --lang en release approve "$id" --as $ANYA
expect_exit 0
expect_said "What stage serves is CI's word"
expect_equal "approved unseen" 0 "$(unseen "$id")"
