#!/usr/bin/env bash
# With self_approval = false who pushed a release, wrote its commit or committed it does not approve it:
# the stage host reads the commit, GitHub says who pushed, and people read whose it is and why not.
. "$(dirname "$0")/harness.sh"

VERA=33333
people() {
    cat <<'END'
[[people]]
telegram = 22222
github = "boris"
name = "Борис"
emails = ["boris@example.com"]
[[people]]
telegram = 33333
github = "vera"
name = "Вера"
[[people]]
github = "developer"
[[people]]
name = "operator"
END
}
telegram_lab "self_approval = false"
sed -i "s/^approvers = .*/approvers = [$ANYA, $BORIS, $VERA]/" "$T/ci/loomrel.toml"
people >>"$T/ci/loomrel.toml"
BASE=("${ENVIRONMENT[@]}" USER=operator)
ENVIRONMENT=("${BASE[@]}")
bot_start one

# deploy TAG RUN ACTOR [EVENT]: as the tag's workflow does it.
deploy() {
    as_github "$2" 1 "$1"
    ENVIRONMENT+=("${BASE[@]}" GITHUB_ACTOR="$3" GITHUB_TRIGGERING_ACTOR="$3" GITHUB_EVENT_NAME="${4:-push}")
    stage_deploy "$1"
    expect_exit 0
    RELEASE=$(jq .release_id "$T/out")
    ENVIRONMENT=("${BASE[@]}")
}
asked() {
    wait_for 20 "GitHub is asked about release $1" eval \
        "sql \"SELECT actors FROM releases WHERE id = $1\" | grep -q '\"asked\":true'"
}
approve() {
    loomrel --lang en release approve "$RELEASE" --as "$1"
}

# An author who is another than the committer, a push by a third; GitHub says the same as CI.
at_github run '{"id": 501, "actor": "vera", "event": "push", "head_sha": "0000000000000000000000000000000000000000"}' >/dev/null
GIT_AUTHOR_NAME='Boris <b>K' GIT_AUTHOR_EMAIL=Boris@example.com GIT_COMMITTER_NAME=GitHub \
    GIT_COMMITTER_EMAIL=noreply@github.com version v1.1.0
deploy v1.1.0 501 vera
asked "$RELEASE"
loomrel --json release show "$RELEASE"
expect_json .actors.sender vera .actors.word github .actors.event push \
    .actors.author_email Boris@example.com .actors.committer_email noreply@github.com
expect_message "🏷️ Версия: v1.1.0"
press $ANYA "✅ Подтвердить"
expect_shown "$MESSAGE" "📤 Отправил: vera (по данным GitHub)"
expect_shown "$MESSAGE" "⚠️ Запуск GitHub был на другом коммите: 00000000"
expect_shown "$MESSAGE" "✍️ Автор коммита: Boris "
expect_shown "$MESSAGE" "📝 Коммит сделан на GitHub: squash, merge или правка на сайте"
expect_shown "$MESSAGE" "🚫 Вера не может одобрить: отправил релиз в GitHub (логин vera)"
expect_shown "$MESSAGE" "🚫 Борис не может одобрить: автор коммита (Boris@example.com по [[people]])"
press $BORIS "✅ Да, подтвердить"
expect_pressed "автор коммита (Boris@example.com по [[people]])"
press $VERA "✅ Да, подтвердить"
expect_pressed "отправил релиз в GitHub (логин vera)"
expect_row v1.1.0 status manual_testing
approve $BORIS
expect_exit 3
expect_said "author of the commit (Boris@example.com by [[people]])"
approve vera
expect_exit 3
expect_said "pushed it to GitHub (login vera)"
press $ANYA "✅ Да, подтвердить"
expect_shown "$MESSAGE" "✅ Релиз одобрен"

# CI's word, where GitHub knows no such run: said so. A committer and a login in an e-mail.
GIT_AUTHOR_EMAIL=77+Vera@users.noreply.github.com GIT_COMMITTER_EMAIL=boris@example.com version v1.1.1
deploy v1.1.1 502 developer workflow_dispatch
asked "$RELEASE"
expect_message "🏷️ Версия: v1.1.1"
expect_shown "$MESSAGE" "📤 Запустил workflow руками: developer (со слов CI)"
expect_shown "$MESSAGE" "🚫 Вера не может одобрить: автор коммита (77+Vera@users.noreply.github.com по [[people]])"
approve boris
expect_exit 3
expect_said "made the commit (boris@example.com by [[people]])"
approve anya
expect_exit 0

# A sender whom [[people]] does not name stops, an author whom it does not name stops nothing.
at_github run '{"id": 503, "actor": "mallory"}' >/dev/null
GIT_AUTHOR_EMAIL=who@example.com GIT_COMMITTER_EMAIL=who@example.com version v1.1.2
deploy v1.1.2 503 developer
asked "$RELEASE"
approve anya
expect_exit 3
expect_said "nothing says who mallory is" '[[people]]' 'github = "mallory"'
loomrel --json release approve "$RELEASE" --as anya
expect_json .error.code sender_unknown
expect_message "🏷️ Версия: v1.1.2"
press $ANYA "✅ Подтвердить"
expect_pressed "кто такой mallory"
expect_row v1.1.2 status manual_testing

# From a terminal.
version v1.1.3
stage_deploy v1.1.3
expect_exit 0
RELEASE=$(jq .release_id "$T/out")
loomrel --lang en release approve "$RELEASE" --as anya --dry-run
expect_exit 0
approve anya
expect_exit 0
expect_said "Started from a terminal by: operator"
