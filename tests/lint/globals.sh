#!/usr/bin/env bash
# The files of lib/deploy/host become one program: what one assigns another reads. Each says at its head
# what it reads of others and what others read of it. "globals.sh --accept" writes these lines anew.
. "$(dirname "$0")/common.sh"

mapfile -t files < <(project_files lib/deploy/host | grep '\.sh$')
[ ${#files[@]} -gt 20 ] || wrong "only ${#files[@]} files found: is the search right?"

# One name, one function: only the engines define the same ones, and a program has one engine.
twice=$(printf '%s\n' "${files[@]}" | grep -v /command.sh | xargs grep -hoE '^[a-z_]+\(\)' | sort | uniq -d)
[ -z "$twice" ] || wrong "defined twice in lib/deploy/host: ${twice//$'\n'/ }"

# What each file's head should say, behind the file's name. Only names in capitals are shared; what the
# sentences of a step name is read too.
heads() {
    awk '
        function each(text, form, list,    name) {
            while (match(text, form)) {
                name = substr(text, RSTART, RLENGTH)
                text = substr(text, RSTART + RLENGTH)
                sub(/=.*/, "", name)
                gsub(/[^A-Z0-9_]/, "", name)
                if (name ~ /^[A-Z]/) {
                    if (list == "set") sets[FILENAME, name] = 1
                    else if (!((FILENAME, name) in gets)) { gets[FILENAME, name] = 1; readers[name]++ }
                    names[name] = 1
                }
            }
        }
        FNR == 1 { files[++n] = FILENAME }
        FILENAME ~ /[.]cpp$/ {
            while (match($0, /variable[(]"[A-Z_]+"/)) {
                each(substr($0, RSTART + 9, RLENGTH - 9), "[A-Z][A-Z0-9_]*", "get")
                $0 = substr($0, index($0, "variable(") + 9)
            }
            next
        }
        /^[ \t]*#/ { next }
        {
            each($0, "(^|[ \t;&|({])[A-Z][A-Z0-9_]*=([^*]|$)", "set")
            each($0, "[$][{]?[A-Z][A-Z0-9_]*", "get")
            each($0, "[$][{][A-Z][A-Z0-9_]*:=", "set")
            text = $0
            while (match(text, /[$][(][(][^)]*[)]/)) {
                sum = substr(text, RSTART, RLENGTH)
                text = substr(text, RSTART + RLENGTH)
                each(sum, "[A-Z][A-Z0-9_]*", "get")
            }
            if (match($0, /(^|[ \t;&|({])read -r [A-Za-z0-9_ ]*/))
                each(substr($0, RSTART + 5, RLENGTH - 5), "(^| )[A-Z][A-Z0-9_]*", "set")
            if (match($0, /(^|[ \t;&|({])for [A-Z][A-Z0-9_]* in/))
                each(substr($0, RSTART, RLENGTH), " [A-Z][A-Z0-9_]*", "set")
        }
        END {
            for (i = 1; i <= n; i++) {
                for (name in names) {
                    own = (files[i], name) in gets
                    if (own && !((files[i], name) in sets)) print files[i], "Reads", name
                    if (((files[i], name) in sets) && readers[name] > own) print files[i], "Sets", name
                }
            }
        }' "$@" | sort | awk '
        function out() { if (line != "") print file " " line }
        $1 != file || $2 != kind { out(); file = $1; kind = $2; line = "# " kind ":" }
        length(line) + length($3) > 96 { out(); line = "#    " }
        { line = line " " $3 }
        END { out() }'
}

# Those of the first block of comments.
present() {
    awk '!/^#/ { exit } /^# (Reads|Sets): / { on = 1; print; next } on && /^#     / { print; next } { on = 0 }' "$1"
}

wanted=$(heads "${files[@]}" lib/deploy/script_text.cpp)
grep -q ' # Sets: ' <<<"$wanted" || wrong "nothing is set: is the search right?"
for file in "${files[@]}"; do
    head=$(sed -n "s|^$file ||p" <<<"$wanted")
    [ "$(present "$file")" != "$head" ] || continue
    if [ "${1:-}" = --accept ]; then
        HEAD=$head awk '
            !/^#/ && !done { if (ENVIRON["HEAD"] != "") print ENVIRON["HEAD"]; done = 1 }
            !done && /^# (Reads|Sets): / { on = 1; next }
            !done && on && /^#     / { next }
            { on = 0; print }' "$file" >"$file.new" && cp "$file.new" "$file" && rm "$file.new"
    else
        wrong "$file: its head should say (tests/lint/globals.sh --accept writes it):"
        echo "$head"
    fi
done
