#!/bin/sh
# What is taken out of compose's configuration and of docker's lists.
. "${0%/*}/harness.sh"
use compose compose_kept

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

# What lies in a tree that others may write to, or is reached through it.
mkdir -p "$T/loom/demo/sub" "$T/loom/other"
ln -s "$T/loom/other" "$T/loom/demo/link"
tree=$T/loom/demo
expect_code 0 is_below "$tree/app.yaml" "$tree" ''
expect_code 0 is_below "$tree/link/app.yaml" "$tree" ''
expect_code 0 is_below "$tree/sub/../../other/.env" "$tree" ''
expect_code 0 is_below "$tree/../demo/.env" "$tree" ''
expect_code 0 is_below "$T/loom/other/.env" "$tree" "$T/loom/other"
expect_code 1 is_below "$tree/../other/.env" "$tree" ''
expect_code 1 is_below "$T/loom/other/.env" "$tree" ''

# An env file is found from where compose stands, also past a clone that is gone.
echo A=1 >"$T/loom/other/.env"
SYSTEM=$tree
expect_code 0 in_system ../other/.env
expect_equal "past the clone" "$tree/../other/.env" "$ENV_FILE"
expect_code 1 in_system .env
SYSTEM=$T/loom/gone/deep
expect_code 0 in_system ../../other/.env
expect_equal "past what is gone" "$T/loom/other/.env" "$ENV_FILE"
expect_code 0 in_system "$T/loom/other/.env"
done_testing
