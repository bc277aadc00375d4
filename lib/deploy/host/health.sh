# shellcheck shell=sh disable=SC2034,SC2154,SC2317 # one of the pieces that lib/deploy/script.cpp puts together
# The step health: asked at once, then every 50 ms for a second, then every 250 ms, in windows of
# the configured length.
# Reads: HEALTH HEALTH_ATTEMPTS HEALTH_SECONDS HEALTH_URL HEALTH_WINDOW R U
# Sets: ATTEMPT WHY

ask_url() {
    if command -v curl >/dev/null 2>&1; then
        apart curl -fsS -o /dev/null --max-time "$HEALTH_SECONDS" "$HEALTH_URL"
    else
        # Not every wget has a time limit of its own.
        apart timeout "$HEALTH_SECONDS" wget -q -O /dev/null "$HEALTH_URL"
    fi
}

# Asks until it answers or the window ($1, hundredths of a second) is over.
window() {
    up_time
    opened=$U
    while :; do
        WHY=$(ask_url 2>&1) && return
        up_time
        [ $((U - opened)) -lt "$1" ] || return 1
        if [ $((U - opened)) -lt 100 ]; then sleep 0.05; else sleep 0.25; fi
    done
}

do_health() {
    if [ "$HEALTH" = none ]; then
        m_health_skipped
        # To be said wherever "it works" would be.
        true >"$R/unchecked"
        journal unchecked
        return
    fi
    if [ "$HEALTH" = docker ]; then
        if wait_for_docker; then
            m_health_passed
            return
        fi
        m_unhealthy
        last_lines
        fail 1 unhealthy
        return
    fi
    ATTEMPT=0
    while [ $ATTEMPT -lt "$HEALTH_ATTEMPTS" ]; do
        ATTEMPT=$((ATTEMPT + 1))
        m_health_attempt
        if window "$HEALTH_WINDOW"; then
            m_health_passed
            return
        fi
        [ -z "$WHY" ] || echo "$WHY"
    done
    m_health_failed
    last_lines
    fail 1 health_failed
}

# One look, for `status`.
is_healthy() {
    case $HEALTH in
    none) echo unknown ;;
    docker | unset)
        ask_docker
        case $HEALTH$h in *unhealthy | docker) echo no ;; *healthy) echo yes ;; *) echo unknown ;; esac
        ;;
    *) ask_url >/dev/null 2>&1 && echo yes || echo no ;;
    esac
}
