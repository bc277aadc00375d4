#!/usr/bin/env bash
# What stage serves is not believed of those who say so, where somebody can look: at the press, and
# at the terminal where it is approved (design 13.4).
. "$(dirname "$0")/production.sh"

start_fake telegram --press-expires 60
start_fake github --repository "example/$SERVICE"
RULES="quorum = 1
chat_id = $CHAT
api_url = \"$FAKE_TELEGRAM\""
MORE_TOML="[[people]]
telegram = $ANYA
name = \"Аня\"
[github]
owner = \"example\"
api_url = \"$FAKE_GITHUB\""
export LOOM_RELEASE_TG_BOT_TOKEN=123456:test-token LOOM_GITHUB_TOKEN=test-token
production_lab

# `serve` has the hosts' credentials: it reads what the operators read.
SERVE_ENV=(LOOMREL_CONFIG="$CONFIG")
write_server_config() {
    mkdir -p "$T/server"
    cp "$T/ci/.env.servers" "$T/server/.env.servers"
    echo "LOOM_INTERSERVER_SECRET_KEY=$KEY" >>"$T/server/.env.servers"
}
serve_start

# forged TAG: a tag that stage never saw; whoever has the key says that it serves there. Its release
# is RELEASE.
forged() {
    local run commit
    run=$(uuid)
    version "$1"
    commit=$(commit_of "$1")
    call_as "$KEY" POST /release "$(jq -n --arg tag "$1" --arg service "$SERVICE" --arg c "$commit" \
        '{service_name: $service, release_tag: $tag, initiated_by: "eve", github_run_id: $tag,
          github_ref: ("refs/tags/" + $tag), commit_sha: $c}')"
    RELEASE=$(jq .release_id "$T/answer")
    call_as "$KEY" POST /runs "$(jq -n --arg id "$run" --arg service "$SERVICE" --arg c "$commit" \
        --arg ref "refs/tags/$1" --argjson release "$RELEASE" '{id: $id, service: $service,
        environment: "stage", kind: "deploy", release_id: $release, ref: $ref, commit: $c,
        github_run_id: "1", github_run_attempt: 1, hosts: ["127.0.0.1"]}')"
    for status in building stage_deploy manual_testing; do
        call_as "$KEY" PATCH /release "{\"release_id\": $RELEASE, \"status\": \"$status\"}"
    done
    call_as "$KEY" PATCH "/runs/$run" "$(jq -n --arg serves "$1" '{outcome: "good", result: "{}",
        hosts: [{host: "127.0.0.1", state: "ended", outcome: "ok", serves: $serves}]}')"
}
press_yes() {
    press $ANYA "✅ Подтвердить" "$MESSAGE"
    expect_shown "$MESSAGE" "⚠️ Подтверждение релиза"
    press $ANYA "✅ Да, подтвердить" "$MESSAGE"
    # Until it is answered: a look takes its time.
    wait_for 30 "the press is taken" all_taken
    sleep "${LOOK:-1}"
}

attack "a forged stage result is approved at a terminal"
forged v1.1.0
try --json release approve "$RELEASE" --as $ANYA
refused
never_status manual_test_passed "$RELEASE"

attack "a forged stage result is approved by a press"
forged v1.1.1
expect_message "🏷️ Версия: v1.1.1"
mark
(press_yes) || : # where there is nothing to press, it is refused
never_status manual_test_passed deploying deployed "$RELEASE"
told
unchanged

promise "what stage serves is approved by a press"
staged v1.2.0
expect_message "🏷️ Версия: v1.2.0"
(press_yes) || wrong "it cannot be pressed"
wait_for 20 "it is approved" eval \
    "sql \"SELECT status FROM releases WHERE id = $RELEASE\" | grep -q manual_test_passed"

attack "stage cannot be looked at and nobody is told so"
staged v1.3.0
expect_message "🏷️ Версия: v1.3.0"
stop_sshd stage
mark
(LOOK=12 press_yes) || :
never_status manual_test_passed "$RELEASE"
start_sshd stage

promise "stage is silent: the second press approves, and the event says so"
stop_sshd stage
# The question stays open after a look that nobody answered.
press $ANYA "✅ Да, подтвердить" "$MESSAGE"
wait_for 30 "the press is taken" all_taken
sleep 12
is manual_test_passed "$RELEASE"
holds "no event says that nobody looked" eval \
    "sql \"SELECT detail FROM release_events WHERE release_id = $RELEASE\" | grep -q unseen"

judged
