#!/bin/sh
# What is taken out of compose's configuration and of docker's lists.
. "${0%/*}/harness.sh"
use compose

COMPOSE_SERVICES='web worker'
compose() {
    cat <<'END'
name: "demo"
services:
  db:
    image: postgres:16
    healthcheck:
      test:
        - CMD
        - pg_isready
  web:
    build:
      context: /srv/web
      dockerfile: Dockerfile
    healthcheck:
      test:
        - NONE
    image: "example/web:1"
  worker:
    build:
      context: /srv/worker
    healthcheck:
      disable: true
  sidecar:
    environment:
      TEXT: |
        image: not/this
    image: example/sidecar
networks:
  default:
    name: demo_default
END
}
table=$(config_table)
expect_equal "what is told of the services" \
    "demo|db postgres:16 pulled own|web example/web:1 built off|SUM -|worker demo-worker built off|SUM -|sidecar example/sidecar pulled -" \
    "$(echo "$table" | sed 's/^[0-9a-f]\{64\}  */SUM /; s/ *$//' | paste -s -d '|' -)"
expect_code 0 take_table "$table"
expect_equal "the project" demo "$PROJECT"
row web
expect_equal "a row" "example/web:1 built off" "$IMAGE $ORIGIN $CHECK"
row worker
expect_equal "one without an image" "demo-worker built" "$IMAGE $ORIGIN"
row none
expect_equal "one that is not there" ' ' "$IMAGE $ORIGIN"
expect_code 1 take_table ''

# Another value in the file makes another sum for that service, and for no other.
sums_of() { echo "$1" | awk '$2 == "-" { printf "%s ", $1 }'; }
was=$(sums_of "$table")
changed=$(compose | sed 's/dockerfile: Dockerfile/dockerfile: Other/')
compose() { echo "$changed"; }
now=$(sums_of "$(config_table)")
[ "${was%% *}" != "${now%% *}" ] || expect_equal "the sum of what was changed" another "the same"
expect_equal "the sum of what was not" "${was#* }" "${now#* }"

take_ids "a running web${NEW_LINE}b exited web${NEW_LINE}c paused web"
expect_equal "those that run" " a c" "$IDS"
take_ids "a running web${NEW_LINE}b exited web" -a
expect_equal "all of them" " a b" "$IDS"
done_testing
