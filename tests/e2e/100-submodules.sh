#!/usr/bin/env bash
# A version is its commit's submodules too, at the commits that it pins: in the build, in what is
# kept, after a restore and after a rollback, also when their remote is away.
[ -n "${OF:-}" ] || . "$(dirname "$0")/harness.sh"

# A submodule with a submodule of its own, under what the service serves.
submodule_lab() {
    lab "$1"
    git config --file "$T/stage/home/.gitconfig" protocol.file.allow always
    for name in inner outer; do
        git init -q --bare -b main "$T/origin/$name.git"
        git clone -q "$T/origin/$name.git" "$T/dev/$name" 2>/dev/null
    done
    part one
    in_dev -c protocol.file.allow=always submodule --quiet add "$T/origin/outer.git" www/outer
}

# part TEXT: a new commit of the inner and of the outer one.
part() {
    local d=$T/dev allow=protocol.file.allow=always who=(-c user.name=d -c user.email=d@localhost)
    echo "$1" >"$d/inner/text"
    git -C "$d/inner" add -A
    git -C "$d/inner" "${who[@]}" commit -qm "$1"
    git -C "$d/inner" push -q origin HEAD:main
    [ -e "$d/outer/inner/.git" ] \
        || git -C "$d/outer" -c $allow submodule --quiet add "$T/origin/inner.git" inner
    git -C "$d/outer/inner" pull -q origin main
    echo "$1" >"$d/outer/text"
    git -C "$d/outer" add -A
    git -C "$d/outer" "${who[@]}" commit -qm "$1"
    git -C "$d/outer" push -q origin HEAD:main
    [ ! -e "$d/$SERVICE/www/outer/.git" ] || git -C "$d/$SERVICE/www/outer" pull -q origin main
}

expect_parts() {
    local f
    for f in outer/text outer/inner/text; do
        expect_equal "$f" "$1" "$(curl -fsS --max-time 2 "http://127.0.0.1:$SERVICE_PORT/$f" || :)"
    done
    expect_equal "the submodule on the host" "$1" "$(cat "$T/stage/home/loom/$SERVICE/www/outer/inner/text")"
}

one_engine() {
    submodule_lab "$1"
    version v1.1.0
    stage_deploy v1.1.0
    expect_exit 0
    expect_parts one

    part two
    version v1.2.0
    sub=$T/stage/home/loom/$SERVICE/www/outer
    echo "by hand" >>"$sub/inner/text"
    echo "new by hand" >"$sub/notes.txt"
    stage_deploy v1.2.0
    expect_exit 0
    expect_parts two
    patch=$T/stage/state/stage/$SERVICE/runs/$(jq -r .run_id "$T/out")/uncommitted.patch
    expect_in "$patch" "+by hand" "+new by hand" "b/www/outer/inner/text"

    # What serves is brought back with its own, though the remote is away by then.
    part three
    version v1.3.0 --unhealthy
    stage_deploy v1.3.0
    expect_exit 1
    expect_json .failure.code health_failed
    expect_parts two
    mv "$T"/origin/{inner,outer}.git "$T"
    loomrel --json rollback --env stage --service "$SERVICE" --to v1.1.0 --yes
    expect_exit 0
    expect_parts one

    # What cannot be had is the run's failure, with its reason; what served goes on.
    mv "$T"/{inner,outer}.git "$T/origin"
    part four
    version v1.4.0
    mv "$T/origin/inner.git" "$T/gone"
    stage_deploy v1.4.0
    expect_exit 1
    expect_json .failure.code submodule_failed
    expect_said "$T/origin/inner.git"
    expect_serves v1.1.0
    mv "$T/gone" "$T/origin/inner.git"
    stage_deploy v1.4.0
    expect_exit 0
    expect_parts four
}

one_engine "${OF:-command}"
