#!/usr/bin/env bash
# What changes production without a release is a person's, who types the service's name once more
# (design 13.2): no --yes, no CI, no pipe. Skipped as long as the program has no such commands.
. "$(dirname "$0")/production.sh"
"$LOOMREL" --help | grep -qE '^ +apply ' || exit 77

production_lab
checkpoint

for what in "apply --env prod" "host prepare prod"; do
    attack "$what without a terminal"
    # shellcheck disable=SC2086 # words
    try $what --service "$SERVICE"
    [ "$CODE" = 3 ] || wrong "exit $CODE, not 3"
    unchanged

    attack "$what in CI"
    as_github 1 1 v1.0.0
    # shellcheck disable=SC2086
    on_terminal --type "$SERVICE" -- $what --service "$SERVICE"
    [ "$CODE" = 3 ] || wrong "exit $CODE, not 3"
    unchanged

    attack "$what with a yes in place of the service"
    # shellcheck disable=SC2086
    on_terminal --type y --type yes -- $what --service "$SERVICE"
    [ "$CODE" = 3 ] || wrong "exit $CODE, not 3"
    # shellcheck disable=SC2086
    try $what --service "$SERVICE" --yes
    [ "$CODE" = 2 ] || [ "$CODE" = 3 ] || wrong "with --yes: exit $CODE, neither 2 nor 3"
    unchanged
done

promise "apply at a terminal, the service typed"
on_terminal --type "$SERVICE" -- apply --env prod --service "$SERVICE"
[ "$CODE" = 0 ] || wrong "exit $CODE, not 0"
holds "v1.0.0 does not serve" wait_for 10 served serves_now v1.0.0 prod
told

judged
