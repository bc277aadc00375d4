#!/usr/bin/env bash
# A foreign library's header is included in one folder only, and its handles are freed by deleters
# (lib/base/handle.hpp), never by a call.
. "$(dirname "$0")/common.sh"

for header in libssh/ libpq-fe.h sqlite3.h curl/ CLI/ toml++ boost/; do
    folders=$(project_files cli lib | xargs grep -lE "# *include *<$(printf %s "$header" | sed 's/[.+]/\\&/g')" \
        | xargs -r -n1 dirname | sort -u) || :
    [ "$(printf '%s\n' "$folders" | wc -l)" -le 1 ] || wrong "<$header…> is included in ${folders//$'\n'/, }"
done

while IFS=: read -r file line text; do
    wrong "$file:$line: a handle is freed by hand:$text"
done < <(project_files cli lib | grep -E '\.(cpp|hpp)$' | xargs grep -HnE \
    '\b(PQfinish|PQclear|PQfreemem|curl_easy_cleanup|sqlite3_finalize|sqlite3_close(_v2)?|ssh_free|ssh_key_free|ssh_channel_free|ssh_string_free(_char)?)\(' || :)
