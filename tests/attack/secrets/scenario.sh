# A scenario: a checkout that somebody hostile may have written, a trusted side with every secret, and
# every command of the program run in it. Each run has secrets of its own, whose text says scenario,
# secret and command: what arrives somewhere names who sent it.
# shellcheck shell=bash disable=SC2034 # names that the attacks use

BAD=0
SECRETS=(stage_password prod_password dev_password api_key bot_token github_token store_password
    registry_password otlp_header)

# scenario NAME: begins one. CHECKOUT is the attacker's; SERVERS are lines of the trusted
# .env.servers, VARIABLES of the trusted environment, TRUSTED_TOML the trusted file. @secret@ becomes
# the secret, @dir@ the run's own folder.
scenario() {
    SCENARIO=$1 S=$T/s/$1 CHECKOUT=$T/s/$1/checkout
    mkdir -p "$CHECKOUT" "$S/runs"
    SERVERS=(
        "STAGE_HOST=$STAGE" "STAGE_PASSWORD=@stage_password@" "STAGE_HOST_KEY=$(pin_of stage)"
        "PROD_HOST=$PROD" "PROD_PASSWORD=@prod_password@" "PROD_HOST_KEY=$(pin_of prod)"
        "developer_HOST=$DEV" "developer_PASSWORD=@dev_password@" "developer_HOST_KEY=$(pin_of dev)"
        "LOOM_RELEASE_TG_BOT_API_URL=https://$API/api/tg-bot"
        "LOOM_INTERSERVER_SECRET_KEY=@api_key@"
        "LOOM_RELEASE_TG_BOT_TOKEN=123456:@bot_token@"
        "LOOM_GITHUB_TOKEN=@github_token@"
        "REGISTRY=registry.example/team" "REGISTRY_USER=robot" "REGISTRY_PASSWORD=@registry_password@"
    )
    VARIABLES=("LOOMREL_STORE=sqlite://@dir@/ledger.db" "LOOMREL_STORE_PASSWORD=@store_password@"
        "OTEL_EXPORTER_OTLP_ENDPOINT=https://$COLLECTOR:4318"
        "OTEL_EXPORTER_OTLP_HEADERS=x-key=@otlp_header@")
    TRUSTED_TOML=$(settings)
    settings >"$CHECKOUT/loomrel.toml"
}

# What any service's file says; nothing of it leads anywhere.
settings() {
    cat <<'END'
language = "en"
timezone = "UTC"
[telegram]
chat_id = -100123
approvers = [11, 12]
admins = [11]
quorum = 1
[github]
owner = "example"
[services.demo]
health = "none"
END
}

# Those that go each way there is; for scenarios in which all go the same way as in one
# that every command went.
SOME=(status doctor stage-deploy "release list" "release dispatch" notify serve)

# toml TABLE LINE…: into that table of the attacker's file.
toml() {
    local table=$1
    shift
    python3 - "$CHECKOUT/loomrel.toml" "$table" "$@" <<'END'
import sys
path, table, lines = sys.argv[1], sys.argv[2], sys.argv[3:]
text = open(path).read()
head = f"[{table}]\n"
if head not in text:
    text += head
text = text.replace(head, head + "".join(line + "\n" for line in lines))
open(path, "w").write(text)
END
}

# without NAME…: the trusted side does not have these.
without() {
    local name kept line
    for name in "$@"; do
        kept=()
        for line in "${SERVERS[@]}"; do
            [[ $line == "$name="* ]] || kept+=("$line")
        done
        SERVERS=("${kept[@]}")
        kept=()
        for line in "${VARIABLES[@]}"; do
            [[ $line == "$name="* ]] || kept+=("$line")
        done
        VARIABLES=("${kept[@]}")
    done
}

# instead LINE…: the trusted side says this instead.
instead() {
    local line
    for line in "$@"; do
        without "${line%%=*}"
        SERVERS+=("$line")
    done
}

git_in() {
    local dir=$1
    shift
    GIT_CONFIG_NOSYSTEM=1 git -C "$dir" -c user.name=eve -c user.email=eve@localhost "$@"
}

commit_checkout() {
    [ -e "$CHECKOUT/.git" ] || git_in "$CHECKOUT" init -q -b main
    git_in "$CHECKOUT" add -A -f
    git_in "$CHECKOUT" commit -q --allow-empty -m "nothing to see here"
    git_in "$CHECKOUT" tag -f v1.0.0 >/dev/null
}

# A ledger in which a release waits for approval, one is approved, one served, and a run is open.
make_ledger() {
    [ ! -e "$T/template.db" ] || return 0
    local commit=0123456789012345678901234567890123456789
    (cd "$T/me" && "$LOOMREL" --store "sqlite://$T/template.db" --lang en db migrate) \
        >"$T/migrate.out" 2>&1 </dev/null || fail "db migrate: $(cat "$T/migrate.out")"
    sqlite3 "$T/template.db" "
        INSERT INTO releases (id, service_name, release_tag, status, initiated_by, github_run_id,
            github_action_link, github_ref, commit_sha)
        VALUES (1, 'demo', 'v1.0.0', 'manual_testing', 'x', '1', '', 'refs/tags/v1.0.0', '$commit'),
               (2, 'demo', 'v1.0.1', 'manual_test_passed', 'x', '2', '', 'refs/tags/v1.0.1', '$commit'),
               (3, 'demo', 'v0.9.0', 'deployed', 'x', '3', '', 'refs/tags/v0.9.0', '$commit');
        INSERT INTO release_approvals (release_id, commit_sha, approver_id, approver_name, decision, at)
        VALUES (2, '$commit', 11, 'x', 'approved', strftime('%Y-%m-%d %H:%M:%f', 'now'));
        INSERT INTO runs (id, service, environment, kind, release_id, ref, commit_sha, github_run_id,
            github_run_attempt, started_at, seen_at)
        VALUES ('$RUN', 'demo', 'prod', 'deploy', NULL, 'v1.0.1', '$commit', '', 0,
            '2026-01-01 00:00:00.000', '2026-01-01 00:00:00.000');" \
        || fail "the ledger's tables are others now"
}
RUN=6a1a0c6e-0b5e-4c0e-9d5a-0d6a4d3c2b1a

# Which arguments bring a command as far as it gets. A command of the program without a row here is
# an error: whoever adds one says how it is attacked. RUN and COMMIT are replaced.
COMMANDS='
dev-deploy | --service demo --branch work --author developer --commit COMMIT
stage-deploy | --service demo --tag v1.0.0
prod-deploy | --service demo --tag v1.0.1 --release-id 2
rollback | --service demo --env prod --yes
release create | --service demo --tag v3.0.0
release patch | 1 --link https://example.com/1
release list |
release show | 1
release events | 1
release approve | 1 --as 11
release reject | 1 --as 11
release dispatch | 2 --yes
release incident | 3 --reason test
status |
logs | --service demo --env prod --tag v1.0.1
attach | RUN
cancel | RUN --yes
reconcile |
serve | --listen 127.0.0.1:0
notify | hello
doctor |
trust | stage --yes
init |
db migrate |
db check |
config show |
config check |
completion | bash
apply | --env stage --service demo
runs |
key create | robot --scope stage
key list |
key revoke | robot
host prepare | stage --service demo
help |
version |
'

# arguments_of COMMAND: its row, or a failure.
arguments_of() {
    local name rest
    while IFS='|' read -r name rest; do
        [ "${name% }" != "$1" ] || {
            rest=${rest/RUN/$RUN}
            echo "${rest/COMMIT/0123456789012345678901234567890123456789}"
            return
        }
    done <<<"$COMMANDS"
    fail "'loomrel $1' is new: say in COMMANDS of tests/attack/secrets/scenario.sh how it is attacked"
}

quoted() {
    local line
    for line in "$@"; do
        printf '%s=%q\n' "${line%%=*}" "${line#*=}"
    done
}

# Every program that a command starts, with its whole command line. A sanitizer wants to be alone.
TRACE='strace -f --seccomp-bpf -qq -s 100000 -e trace=execve -e signal=none'
! is_sanitized || TRACE=''

# run_one COMMAND: in a copy of the checkout.
run_one() {
    local slug=${1//[ -]/_} dir typed code=0
    dir=$S/runs/$slug
    mkdir -p "$dir"/{home/.config/loomrel,state}
    cp -a "$CHECKOUT" "$dir/checkout"
    [ ! -e "$T/template.db" ] || cp "$T/template.db" "$dir/ledger.db"
    typed=$(arguments_of "$1") || exit 1
    {
        quoted "${VARIABLES[@]}"
        [ ${#SERVERS[@]} = 0 ] || quoted "${SERVERS_IN:-LOOMREL_ENV_SERVERS}=$(printf '%s\n' "${SERVERS[@]}")"
    } >"$dir/secrets"
    printf '%s\n' "$TRUSTED_TOML" >"$dir/home/.config/loomrel/loomrel.toml"
    chmod 600 "$dir/secrets"
    sed -i -E "s/@([a-z]+_(password|key|token|header))@/mark-$SCENARIO-\1-$slug-end/g; s|@dir@|$dir|g" \
        "$dir/secrets" "$dir/home/.config/loomrel/loomrel.toml"
    [ -z "${PREPARE:-}" ] || "$PREPARE" "$dir"
    cat >"$dir/go" <<END
cd '$dir/checkout' || exit
export HOME='$dir/home' XDG_STATE_HOME='$dir/state' GIT_CONFIG_NOSYSTEM=1
set -a
. '$dir/secrets'
set +a
exec timeout -k 1 60 ${TRACE:+$TRACE -o '$dir/trace'} '$LOOMREL' --lang en ${FLAGS:-} $1 $typed
END
    # These two only end when they are ended.
    case $1 in
    serve | logs) sed -i 's/timeout -k 1 60/timeout -k 1 5/' "$dir/go" ;;
    esac
    in_client bash "$dir/go" </dev/null >"$dir/out" 2>"$dir/err" || code=$?
    echo $code >"$dir/code"
}

# run_everything [COMMAND…]: all that the program has, four at a time.
run_everything() {
    local command started
    commit_checkout
    make_ledger
    [ $# -gt 0 ] || mapfile -t COMMANDS_THERE < <(every_command)
    [ $# = 0 ] || COMMANDS_THERE=("$@")
    [ $# -gt 0 ] || [ ${#COMMANDS_THERE[@]} -ge 20 ] || fail "the program tells of few commands: ${COMMANDS_THERE[*]}"
    for command in "${COMMANDS_THERE[@]}"; do
        arguments_of "$command" >/dev/null
    done
    started=()
    for command in "${COMMANDS_THERE[@]}"; do
        while [ "$(jobs -rp | grep -cxF -f <(printf '%s\n' "${started[@]}" x))" -ge 4 ]; do
            sleep 0.02
        done
        run_one "$command" &
        started+=($!)
    done
    wait "${started[@]}" || :
}

# judge SECRET=LABEL…: where each may arrive in this scenario. Everywhere else it is lost.
judge() {
    python3 "$ATTACK/secrets/judge.py" "$SCENARIO" "$T/received" "$S/runs" "$@" || BAD=1
}

# What is right where nothing is wrong: each secret at its own destination, behind TLS or SSH.
OWN=(
    "stage_password=$STAGE:22 ssh password" "prod_password=$PROD:22 ssh password"
    "dev_password=$DEV:22 ssh password" "api_key=$API:443 https"
    "bot_token=$TELEGRAM:443 https" "github_token=$GITHUB:443 https"
    "store_password=$POSTGRES:5432 postgres" "otlp_header=$COLLECTOR:4318 https"
    "registry_password=$STAGE:22 ssh session" "registry_password=$PROD:22 ssh session"
    "registry_password=$DEV:22 ssh session"
)

# arrived SECRET LABEL: that what is right does happen: without it no attack means anything.
arrived() {
    grep -qsa "mark-$SCENARIO-$1-" "$T/received/$2" \
        || {
            echo "$SCENARIO: $1 never came to $2, where it belongs: nothing is proved" >&2
            BAD=1
        }
}

end_of_attacks() {
    [ $BAD = 0 ] || fail "secrets were lost"
}
