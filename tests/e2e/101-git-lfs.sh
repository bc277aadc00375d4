#!/usr/bin/env bash
# Of a file that Git LFS keeps its content is deployed, or nothing: never the pointer.
. "$(dirname "$0")/harness.sh"

lab command
stage_deploy v1.0.0
expect_exit 0
dir=$T/dev/$SERVICE
mkdir "$dir/www/data"
echo '*.bin filter=lfs diff=lfs merge=lfs -text' >"$dir/www/data/.gitattributes"
printf 'version https://git-lfs.github.com/spec/v1\noid sha256:%064d\nsize 8\n' 1 >"$dir/www/data/model.bin"
version v1.1.0
stage_deploy v1.1.0
expect_exit 1
expect_json .failure.code lfs_failed
expect_in "$T/stage/log/$SERVICE/v1.1.0.log" "www/data/model.bin"
expect_serves v1.0.0

# With Git LFS there; no filter of the host's git need be set up for it.
mkdir -p "$T/stage/lfs"
cat >"$T/stage/lfs/git-lfs" <<'END'
#!/bin/sh
[ "$1" = pull ] && echo content >www/data/model.bin
END
chmod +x "$T/stage/lfs/git-lfs"
echo "$T/stage/lfs:$PATH" >"$T/stage/path"
stage_deploy v1.1.0
expect_exit 0
expect_serves v1.1.0
expect_equal "the file" content "$(curl -fsS "http://127.0.0.1:$SERVICE_PORT/data/model.bin")"
