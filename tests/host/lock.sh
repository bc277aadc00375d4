#!/bin/sh
# A lock is asked and waited for; that nobody can tell is an answer of its own.
. "${0%/*}/harness.sh"
use lock

true >"$T/lock"
expect_code 0 ask_lock "$T/lock"
expect_code 2 ask_lock "$T/none"
ln -s lock "$T/link"
expect_code 2 ask_lock "$T/link"
exec 9>"$T/lock"
flock -n 9
expect_code 1 ask_lock "$T/lock"

exec 5<"$T/lock"
up_time
began=$U
expect_code 1 wait_lock 1 5
up_time
[ $((U - began)) -ge 50 ] || expect_equal "how long a held lock was waited for" "about 100" $((U - began))
(sleep 0.3 && flock -u 9) &
expect_code 0 wait_lock 5 5 -s
expect_equal "one that is shared is free for readers" 0 "$(ask_lock "$T/lock"; echo $?)"
flock -u 5

# A flock that cannot wait is asked again and again; one that fails otherwise cannot be asked.
flock_is() {
    mkdir -p "$T/bin"
    cat >"$T/bin/flock"
    chmod +x "$T/bin/flock"
    PATH=$T/bin:$OWN_PATH POLLS=''
}
OWN_PATH=$PATH
real=$(command -v flock)
flock_is <<END
#!/bin/sh
case " \$* " in *' -w '*) exit 1 ;; esac
exec $real "\$@"
END
expect_code 0 wait_lock 1 5
expect_equal "it polls from now on" yes "$POLLS"
flock -u 5
flock -n 9
expect_code 1 wait_lock 1 5
flock_is <<'END'
#!/bin/sh
exit 71
END
expect_code 2 wait_lock 1 5
expect_code 2 ask_lock "$T/lock"
PATH=$OWN_PATH
done_testing
