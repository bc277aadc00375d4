# GitHub: pushes, events, and its workflows run as a runner does it (tests/support/run_workflow.py).
# shellcheck shell=bash disable=SC2034 # names that the other parts use

# dev_lab [command|compose]: as `lab`, but the host is a developer's own.
dev_lab() {
    lab "$@"
    sed -i 's/^STAGE_/Developer_One_/' "$T/ci/.env.servers"
}

# push_branch NAME TEXT [--unhealthy]: one commit on top of v1.0.0, over whatever was pushed before.
push_branch() {
    local dir=$T/dev/$SERVICE
    in_dev checkout -q -f -B work refs/tags/v1.0.0
    echo "$2" >"$dir/www/version"
    [ "${3:-}" != --unhealthy ] || rm "$dir/www/health"
    in_dev add -A
    in_dev commit -q -m "$2"
    in_dev push -q -f origin "HEAD:refs/heads/$1"
}

# push_event REF AUTHOR ACTOR [SHA]: a push as GitHub tells it, in $T/event.json. No SHA = deleted.
push_event() {
    jq -n --arg ref "$1" --arg author "$2" --arg actor "$3" --arg sha "${4:-}" \
        --arg name "$SERVICE" '
        ("0" * 40) as $zero | ($sha == "") as $deleted | {
            ref: $ref, before: $zero, after: (if $deleted then $zero else $sha end),
            created: ($deleted | not), deleted: $deleted, forced: false,
            pusher: {name: $actor, email: ($actor + "@localhost")},
            sender: {login: $actor, type: "User"},
            repository: {name: $name, full_name: ("example/" + $name), private: true},
            head_commit: (if $deleted then null else {
                id: $sha, message: "Say \"hi\" to $(id)\n::error::no",
                author: {name: "A. Developer", email: "a@localhost", username: $author},
                committer: {name: "GitHub", email: "noreply@localhost", username: "web-flow"}
            } end)}' >"$T/event.json"
}

# dispatch_event ACTOR INPUTS: started by hand on main; INPUTS is a JSON object.
dispatch_event() {
    jq -n --arg actor "$1" --argjson inputs "$2" --arg name "$SERVICE" '
        {ref: "refs/heads/main", inputs: $inputs, sender: {login: $actor, type: "User"},
         repository: {name: $name, full_name: ("example/" + $name), private: true}}' \
        >"$T/event.json"
}

has_yaml() {
    python3 -c 'import yaml' 2>/dev/null
}

# runner real|stub: what is installed on the runner: loomrel, or something that only writes down how
# it was called ($T/argv).
runner() {
    require yaml
    mkdir -p "$T/runner" "$T/checkout"
    rm -f "$T/runner/loomrel"
    if [ "$1" = stub ]; then
        printf '#!/bin/sh\n[ "$1" = --version ] || printf "<%%s>" "$@" >%s\n' "$T/argv" \
            >"$T/runner/loomrel"
        chmod +x "$T/runner/loomrel"
    else
        ln -s "$LOOMREL" "$T/runner/loomrel"
        cp "$T/ci/loomrel.toml" "$T/ci/loomrel.known_hosts" "$T/checkout"
    fi
    : >"$T/argv"
}

# workflow_start NAME EVENT ARGUMENTS…: the workflow NAME, told $T/event.json; in the background.
workflow_start() {
    local name=$1 event=$2 servers=''
    shift 2
    [ ! -e "$T/ci/.env.servers" ] || servers=$(cat "$T/ci/.env.servers")
    # The checkout's loomrel.toml may repeat the ledger's address, the secret is where it is named.
    servers="$servers
LOOMREL_STORE=$STORE_URL"
    rm -f "$T/report.json"
    echo "workflow $name $event $*" >"$T/command"
    env -u LOOMREL_CONFIG PATH="$T/runner:$PATH" TMPDIR="$T" python3 "$SOURCE/tests/support/run_workflow.py" \
        "$SOURCE/workflows/$name.yaml.yml" --event "$event" --payload "$T/event.json" \
        --checkout "$T/checkout" --report "$T/report.json" \
        --secret "LOOMREL_ENV_SERVERS=$servers" "$@" </dev/null >"$T/out" 2>"$T/err" &
    STARTED=$!
}

workflow() {
    workflow_start "$@"
    CODE=0
    wait "$STARTED" || CODE=$?
}

# What the runner has to tell: a jq path of its report.
expect_report() {
    local got
    while [ $# -ge 2 ]; do
        got=$(jq -r "$1" "$T/report.json")
        [ "$got" = "$2" ] || fail "$1 in the runner's report: wanted '$2', there is '$got'"
        shift 2
    done
}

expect_argv() {
    expect_equal "what loomrel was called with" "$1" "$(cat "$T/argv")"
}
