#!/usr/bin/env bash
# Includes point downwards only, and never to a neighbour (lib/README.md); the path tells the layer.
. "$(dirname "$0")/common.sh"

declare -A level=([base]=1 [release]=2 [messages]=3 [config]=3 [http]=3
    [store]=4 [ssh]=4 [github]=4 [telegram]=4 [telemetry]=4 [deploy]=5 [terminal]=6 [operations]=6
    [bot]=7 [server]=7)

while IFS=: read -r file line include; do
    room=${file#lib/} room=${room%%/*}
    target=${include#*\"} target=${target%\"*}
    [ -n "${level[$room]:-}" ] || wrong "$file: lib/$room is not a room that tests/lint/layers.sh knows"
    case $target in
    lib/*)
        other=${target#lib/} other=${other%%/*}
        if [ "$other" = "$room" ]; then
            continue
        elif [ -z "${level[$other]:-}" ]; then
            wrong "$file:$line: includes $target, of no known room"
        elif [ "${level[$other]}" -gt "${level[$room]}" ]; then
            wrong "$file:$line: includes $target, which is above"
        elif [ "${level[$other]}" = "${level[$room]}" ]; then
            wrong "$file:$line: includes $target, which is a neighbour"
        fi
        ;;
    *) wrong "$file:$line: includes $target: lib includes by paths that begin with lib/" ;;
    esac
done < <(project_files lib | grep -E '\.(cpp|hpp|inc)$' | xargs grep -HnE '^ *# *include *"')

while IFS=: read -r file line _; do
    wrong "$file:$line: CLI11 is for cli/ only"
done < <(project_files lib | xargs grep -HnF 'CLI/' || :)

while IFS=: read -r file line _; do
    wrong "$file:$line: what is shipped does not include tests"
done < <(project_files cli lib | xargs grep -HnE '# *include *"tests/' || :)

# The command line's rooms. What stands on the left may include what stands on its right, and itself.
declare -A below=(
    [program]="commands context syntax actions"
    [commands]="commands/release commands/doctor commands/init checks serve runs context actions syntax"
    [commands/release]="runs context actions syntax"
    [commands/doctor]="checks context syntax"
    [commands/init]="checks context syntax"
    [checks]="serve context"
    [serve]="runs context"
    [runs]="context actions syntax"
    [context]="actions syntax"
    [actions]=""
    [syntax]="")

while IFS=: read -r file line include; do
    room=${file#cli/}
    case $room in */*) room=${room%/*} ;; *) room=program ;; esac
    [ -n "${below[$room]+there}" ] || wrong "$file: cli/$room is not a room that tests/lint/layers.sh knows"
    other=${include#*\"cli/} other=${other%\"*}
    case $other in */*) other=${other%/*} ;; *) other=program ;; esac
    [ "$other" = "$room" ] || [[ " ${below[$room]} " == *" $other "* ]] \
        || wrong "$file:$line: cli/$room includes cli/$other, which is not below it"
done < <(project_files cli | grep -E '\.(cpp|hpp)$' | xargs grep -HnE '^ *# *include *"cli/')

# The rooms of lib/store, in the same way. open/ knows every kind of ledger.
declare -A under=(
    [contract]=""
    [wire]="contract"
    [sql]="wire contract"
    [api]="wire contract"
    [spool]="wire contract"
    [postgres]="sql contract"
    [sqlite]="sql contract"
    [open]="api postgres sqlite sql contract")

while IFS=: read -r file line include; do
    room=${file#lib/store/}
    case $room in */*) room=${room%%/*} ;; *) room=contract ;; esac
    [ -n "${under[$room]+there}" ] || wrong "$file: lib/store/$room is not a room that tests/lint/layers.sh knows"
    other=${include#*\"lib/store/} other=${other%\"*}
    case $other in */*) other=${other%%/*} ;; *) other=contract ;; esac
    [ "$other" = "$room" ] || [[ " ${under[$room]} " == *" $other "* ]] \
        || wrong "$file:$line: lib/store/$room includes lib/store/$other, which is not below it"
done < <(project_files lib/store | grep -E '\.(cpp|hpp)$' | xargs grep -HnE '^ *# *include *"lib/store/')
