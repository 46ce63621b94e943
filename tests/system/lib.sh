# lib.sh - what the system tests in shell share; sourced, bash
#
# A test says what it expects, goes on after a failure, and ends with `done_`.

# What is in the test's own folder is removed at the end: never run in another.
case ${PAR_TEST_MARK-}:${TMPDIR-} in
/tmp/par.*:"$PAR_TEST_MARK/tmp") ;;
*)
    echo "$0: tests run through tests/as-user; see HACKING.md" >&2
    exit 99
    ;;
esac

failed=0
checks=0

# fail TEXT: one expectation is not met
fail() {
    failed=$((failed + 1))
    echo "FAIL: $*"
}

# try CODE COMMAND...: run it; standard output goes to $out, standard error to
# $err (files), and the exit code has to be CODE.
out=$TMPDIR/out
err=$TMPDIR/err
try() {
    local want=$1 got
    shift
    checks=$((checks + 1))
    "$@" >"$out" 2>"$err"
    got=$?
    [ "$got" = "$want" ] || {
        fail "\`$*': exit code $got, not $want"
        sed 's/^/    /' "$err" | head -20
    }
}

# prints TEXT: the last try printed exactly this (and a newline)
prints() {
    [ "$(cat "$out")" = "$1" ] || {
        fail "printed \`$(head -c 300 "$out")', not \`$1'"
    }
}

# says PATTERN: the last try said this on standard error (a grep -E pattern)
says() {
    grep -qE -- "$1" "$err" ||
        fail "nothing like \`$1' on standard error: $(head -c 400 "$err")"
}

# says_nothing: and on standard error it said nothing
says_nothing() {
    [ -s "$err" ] && fail "standard error: $(head -c 400 "$err")"
}

# start NAME COMMAND...: in the background, until it prints a line with `ready'
start() {
    local name=$1 line
    shift
    mkfifo "$TMPDIR/$name.ready"
    "$@" >"$TMPDIR/$name.ready" 2>"$TMPDIR/$name.err" &
    eval "$name=$!"
    read -r -t 30 line <"$TMPDIR/$name.ready" || fail "$name is not ready"
    rm "$TMPDIR/$name.ready"
}

# stop NAME: SIGTERM, and wait
stop() {
    local pid
    eval "pid=\$$1"
    kill "$pid" && wait "$pid" || fail "$1 ended with $?"
    [ -s "$TMPDIR/$1.err" ] && fail "$1 said: $(head -c 400 "$TMPDIR/$1.err")"
}

# until_ COMMAND...: wait until it succeeds, ten seconds at most
until_() {
    local i
    for ((i = 0; i < 200; i++)); do
        "$@" >/dev/null 2>&1 && return
        read -r -t 0.05 <>"$TMPDIR/never"
    done
    fail "\`$*' never came true"
}
mkfifo "$TMPDIR/never"

# done_: the closing line and the exit code
done_() {
    rm -rf "${TMPDIR:?}"/*
    echo "$checks commands tried, $failed expectations failed"
    [ "$failed" = 0 ]
    exit
}
