# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # one of the pieces that lib/deploy/script.cpp puts together
# The compose engine. Compose's plugin is called directly where it is found: 30 to 40 ms a call.
# compose() itself is made by the plan: it holds the file and those env files that exist. Parts of a
# version are its images: "image SERVICE ID".
# Reads: BRANCH_NAME CAPSULE COMMIT COMPOSE_SERVICES D FILE HAVE HOME ID KEPT_FILE NEW_LINE
#     PATIENCE R REMOVE_FIRST SYSTEM TAG TAKEN V_COMMIT V_NAME
# Sets: FOUND_PARTS HEALTH IDS IMAGE LISTING MADE PART PARTS PREPARING PROJECT SEEING TABLE THERE

find_compose() {
    for d in "$HOME/.docker" /usr/local/lib/docker /usr/local/libexec/docker /usr/lib/docker \
        /usr/libexec/docker; do
        if [ -x "$d/cli-plugins/docker-compose" ]; then
            DC=$d/cli-plugins/docker-compose
            return
        fi
    done
    DC=
    docker compose version >/dev/null 2>&1
}

# A compose file may name the version: image: registry/app:${LOOMREL_TAG}
run_compose() {
    (
        LOOMREL_TAG=${V_NAME:-${TAG:-$BRANCH_NAME}} LOOMREL_COMMIT=${V_COMMIT:-$COMMIT}
        case $LOOMREL_TAG in */* | *+*) LOOMREL_TAG=$(echo "$LOOMREL_TAG" | tr /+ --) ;; esac
        export LOOMREL_TAG LOOMREL_COMMIT
        if [ -n "$DC" ]; then exec "$DC" "$@"; else exec docker compose "$@"; fi
    )
}

# PATIENCE: a worker needs none of its own, the run has its time limit.
dock() {
    $PATIENCE docker "$@"
}

can_compose() {
    choose_file || return
    { cd "$SYSTEM" || { [ -n "$KEPT_FILE" ] && cd "$D"; }; } 2>/dev/null && [ -f "${KEPT_FILE:-$FILE}" ] || {
        failed 1 no_compose_file
        return
    }
    command -v docker >/dev/null 2>&1 && find_compose || {
        failed 1 no_docker
    }
}

# What of the configuration is needed here, none of its secrets: the project, then a line a service,
# "SERVICE IMAGE built|pulled own|off|-", its health check: own = the file has one, off = none shall be,
# - = the image's counts. Behind each of ours stands the sum of all that the file says of it.
config_table() {
    compose config 2>/dev/null | awk -v ours=" $COMPOSE_SERVICES " '
        function out() {
            if (s == "") return
            print s, (i == "" ? project "-" s : i), b, h
            if (index(ours, " " s " ")) {
                fflush()
                printf "%s", text | "sha256sum"
                close("sha256sum")
            }
            s = ""
        }
        /^name: / { project = $2; gsub(/["\047]/, "", project); print project }
        /^[^ ]/ { out(); inside = $1 == "services:" }
        inside && /^  [^ ]/ { out(); s = $1; gsub(/["\047:]/, "", s); i = text = key = ""; b = "pulled"; h = "-" }
        inside { text = text $0 "\n" }
        inside && /^    [^ ]/ { key = $1 }
        inside && /^    image: / { i = $2; gsub(/["\047]/, "", i) }
        inside && /^    build:/ { b = "built" }
        key != "healthcheck:" { first = 0; next }
        first { first = 0; if ($0 ~ /^ *- "?NONE"?$/) h = "off" }
        /^      test:/ { h = "own"; first = 1 }
        /^      disable: true/ { h = "off" }
        END { out() }' 2>/dev/null
}

take_table() {
    PROJECT=${1%%"$NEW_LINE"*}
    TABLE=${1#"$PROJECT"}
    TABLE=${TABLE#"$NEW_LINE"}
    [ -n "$TABLE" ]
}

# need_table "$(config_table)": or compose's own words on what is wrong with its file.
need_table() {
    take_table "$1" && return
    m_bad_compose_file
    told "docker compose config" compose config -q
    fail 1 no_compose_file
}

# row SERVICE: what the table says of it, into IMAGE, ORIGIN, CHECK.
row() {
    while read -r row_of IMAGE ORIGIN CHECK; do
        [ "$row_of" != "$1" ] || return 0
    done <<EOF
$TABLE
EOF
    IMAGE='' ORIGIN='' CHECK=''
}

# The service's containers by compose's own labels: "ID STATE NAME", the running ones only, or all of
# them ("-a").
containers() {
    [ -n "$PROJECT" ] || { read -r PROJECT <"$D/project"; } 2>/dev/null || return
    dock ps "$@" --no-trunc --filter "label=com.docker.compose.project=$PROJECT" \
        --filter label=com.docker.compose.oneoff=False \
        --format '{{.Label "com.docker.compose.service"}} {{.ID}} {{.State}} {{.Names}}' \
        | while read -r s c; do
            case " $COMPOSE_SERVICES " in *" $s "*) echo "$c" ;; esac
        done
}

# Of lines of containers, the ids of those that run, or of all of them ("-a"): into IDS.
take_ids() {
    IDS=''
    while read -r c state _; do
        case ${2:-}$state in -a* | running | restarting | paused) IDS="$IDS $c" ;; esac
    done <<EOF
$1
EOF
}

# inspect FORMAT: of what runs; of IDS if they are known.
inspect() {
    [ -n "$IDS" ] || take_ids "$(containers)"
    # shellcheck disable=SC2086
    [ -z "$IDS" ] || dock inspect -f "$1" $IDS | sort -u
}

# Adds to FOUND_PARTS a part that it lacks: several containers may be of one image.
add_part() {
    case $NEW_LINE$FOUND_PARTS$NEW_LINE in
    *"$NEW_LINE$1$NEW_LINE"*) return 1 ;;
    esac
    FOUND_PARTS=${FOUND_PARTS:+$FOUND_PARTS$NEW_LINE}$1
}

PART='image {{index .Config.Labels "com.docker.compose.service"}} {{.Image}}'

# What runs, as parts. A container's image never changes: those that the step verify has seen stand in
# $D/seen, "image SERVICE ID CONTAINER" a line.
parts_now() {
    [ -n "$IDS" ] || take_ids "$(containers)"
    FOUND_PARTS='' unseen="$IDS "
    [ ! -f "$D/seen" ] || while read -r p s i c; do
        case $unseen in
        *" ${c:-none} "*)
            unseen=${unseen%%"$c"*}${unseen#*"$c"}
            add_part "$p $s $i"
            ;;
        esac
    done <"$D/seen"
    case $unseen in
    *[!\ ]*) inspect "$PART" ;;
    *) [ -z "$FOUND_PARTS" ] || echo "$FOUND_PARTS" ;;
    esac
}

# Beside the fetch: what is there, and what of it runs. Where loomrel has never been, compose has to
# say which project this is.
note_parts() {
    (
        if [ ! -s "$D/project" ]; then
            can_compose && take_table "$(config_table)" || exit
        fi
        there=$(containers -a)
        echo "$there" >"$R/containers"
        take_ids "$there"
        [ -z "$IDS" ] || parts_now >"$R/parts"
    ) >/dev/null 2>&1 &
    NOTING=$!
    { see_images && echo "$HAVE" >"$R/images"; } >/dev/null 2>&1 &
    SEEING=$!
}

wait_for_parts() {
    wait "$NOTING"
    take "$R/parts"
    PARTS=$TAKEN
}

do_build() {
    m_building
    can_compose || return
    config_table >"$R/table" &
    tabling=$!
    case $HEALTH in unset | docker)
        wait $tabling
        take "$R/table"
        need_table "$TAKEN" && may_have_health || return
        ;;
    esac
    # shellcheck disable=SC2086
    told "docker compose build $COMPOSE_SERVICES" compose build $COMPOSE_SERVICES || {
        not_built
        return
    }
    wait $tabling
    take "$R/table"
    need_table "$TAKEN" || return
    echo "$PROJECT" >"$D/project"
    pulled='' IMAGES=''
    for s in $COMPOSE_SERVICES; do
        row "$s"
        IMAGES="$IMAGES $IMAGE"
        [ "$ORIGIN" != pulled ] || pulled="$pulled $s"
    done
    # shellcheck disable=SC2086
    [ -z "$pulled" ] || told "docker compose pull$pulled" compose pull -q $pulled || {
        not_built
        return
    }
    know_health
}

# Which images their names mean now, as parts.
made_of_images() {
    # shellcheck disable=SC2086
    ids=$(dock image inspect -f '{{.Id}}' $IMAGES) || return
    # shellcheck disable=SC2086
    set -- $ids
    for s in $COMPOSE_SERVICES; do
        echo "image $s $1"
        shift
    done | sort
}

# Beside "up".
prepare_made() {
    MADE=$(made_of_images) && note_made && prepare_capsule "$ID" "$MADE" && keep_file && { note_config || :; }
}

not_built() {
    if dock version >/dev/null 2>&1; then
        failed 1 build_failed
    else
        failed 1 no_docker
    fi
}

# What can be told before anything is built: a check that the compose file switches off.
may_have_health() {
    for s in $COMPOSE_SERVICES; do
        row "$s"
        [ "$CHECK" != off ] || {
            failed 2 no_health
            return
        }
    done
}

# Docker is to be asked, or no health is given: there must be a check, in the compose file or in the
# image; NONE is none. A kept version without one is from before it had a check: better than none.
know_health() {
    : "${HEALTH_GIVEN:=$HEALTH}"
    case $HEALTH_GIVEN in unset | docker) ;; *) return 0 ;; esac
    for s in $COMPOSE_SERVICES; do
        row "$s"
        [ "$CHECK" != own ] || continue
        [ "$CHECK" = off ] || case $(dock image inspect \
            -f '{{with .Config.Healthcheck}}{{json .Test}}{{end}}' "$IMAGE" 2>/dev/null) in
        '' | null | '[]' | '["NONE"'*) ;;
        *) continue ;;
        esac
        [ -z "$CAPSULE" ] || {
            HEALTH=none
            return
        }
        # It is the image's, which is built: too late for 2.
        failed 1 no_health
        return
    done
    HEALTH=docker
}

# An interrupted "up" leaves containers under borrowed names, or such as never ran, that make the
# next one fail: then all of the service's containers are taken away first. What was there when this
# run began was noted then; nobody else but this run has changed it since.
clear_remains() {
    [ -n "$REMOVE_FIRST" ] || wait "$NOTING"
    if [ -z "$REMOVE_FIRST" ] && [ -f "$R/containers" ]; then
        take "$R/containers"
        THERE=$TAKEN
        # The run's next "up" finds others.
        rm -f "$R/containers"
    else
        THERE=$(containers -a)
    fi
    hex='[0-9a-f][0-9a-f][0-9a-f][0-9a-f]' left=''
    # shellcheck disable=SC2254
    case $THERE in *' created '* | *[\ ,]$hex$hex${hex}_*) left=yes ;; esac
    [ -n "$THERE" ] && [ -n "$left$REMOVE_FIRST" ] || return 0
    [ -z "$left" ] || m_remains_removed
    take_ids "$THERE" -a
    # shellcheck disable=SC2086
    timeout 60 docker rm -f $IDS >/dev/null
    IDS='' THERE=''
}

do_up() {
    name_version
    KEPT='' SERVICES=" $COMPOSE_SERVICES" OTHERS=''
    if [ -n "$CAPSULE" ]; then
        KEPT='--pull never'
        # Not earlier: the file may lie in the tree, or be made by the hook before the checkout.
        can_compose && need_table "$(config_table)" || return
        told "docker tag" name_kept || {
            failed 1 capsule_gone
            return
        }
        know_health || return
        services_of_made
        note_made
    fi
    is_adopted && switch || return
    clear_remains
    if [ -z "$CAPSULE" ]; then
        prepare_made &
        PREPARING=$!
    fi
    m_up
    # shellcheck disable=SC2086
    {
        [ -z "$OTHERS" ] || told "docker compose rm$OTHERS" compose rm -sf $OTHERS
    } && told "docker compose up -d$SERVICES" \
        compose up -d --no-build --no-deps $KEPT $SERVICES || {
        m_up_failed
        last_lines
        fail 1 up_failed
        return
    }
    # Beside the step health.
    containers >"$R/up" &
    LISTING=$!
}

# The services of the kept version; and those that it did not have yet: they must not go on beside it.
services_of_made() {
    SERVICES=''
    for s in $COMPOSE_SERVICES; do
        case $NEW_LINE$MADE in
        *"${NEW_LINE}image $s "*) SERVICES="$SERVICES $s" ;;
        *) OTHERS="$OTHERS $s" ;;
        esac
    done
}
