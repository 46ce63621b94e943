#!/bin/bash
# parctl_endings.sh - Ctrl-C and worse: nothing is left behind (XP-11, TP-03)
#
# That no process and no file stays is what tests/as-user looks at; this
# brings the ends about, each while a tree of processes runs that ignores
# SIGTERM and has left its session.
. "$top_srcdir/tests/system/lib.sh"
cd "$TMPDIR" || exit 99

tree='trap "" TERM INT; setsid sh -c "trap \"\" TERM; sleep 1000" & echo up >up; sleep 1000'

# while_runs SIGNAL... -- COMMAND...: run it, send the signals once its tree
# stands; its exit code goes to $code
while_runs() {
    local signals=() pid
    while [ "$1" != -- ]; do
        signals+=("$1")
        shift
    done
    shift
    rm -f up
    checks=$((checks + 1))
    # With monitoring on, background commands do not ignore SIGINT.
    set -m
    "$@" >"$out" 2>"$err" </dev/null &
    pid=$!
    set +m
    until_ test -s up
    for signal in "${signals[@]}"; do
        kill "-$signal" "$pid"
    done
    wait "$pid" 2>/dev/null
    code=$?
}

is() {
    [ "$code" = "$1" ] || fail "exit code $code, not $1: $(head -c 300 "$err")"
}

while_runs INT -- parctl run -- sh -c "$tree"
is 130
says_nothing
while_runs TERM -- parctl run -- sh -c "$tree"
is 143
while_runs INT INT -- parctl run -- sh -c "$tree"
is 130
while_runs KILL -- parctl run -- sh -c "$tree"
is 137
while_runs INT -- parctl map -j 4 "$tree # {}" ::: 1 2 3 4 5 6
is 130
while_runs KILL -- parctl map -j 4 "$tree # {}" ::: 1 2 3 4 5 6
is 137

# A reader that has gone ends the whole, as in any pipe.
try 0 bash -c 'parctl run -- yes | head -1'
prints y
try 0 bash -c 'seq 100000 | parctl map echo | head -1 | wc -l'
prints 1

# With daemons: the job dies with its client, the daemons live on.
start broker parbroker
start worker parworker -c 2
while_runs INT -- parctl run -- sh -c "$tree"
is 130
while_runs KILL -- parctl run -- sh -c "$tree"
is 137
until_ sh -c '! parctl jobs --json | grep .'
try 0 parctl run -- echo hi
prints hi

# A worker that dies takes its job along, truthfully; the next one runs.
while_runs -- parctl run -- sh -c 'echo up >up; kill -9 $PPID'
[ "$code" = 125 ] || fail "a killed keeper: exit code $code"
try 0 parctl run -- echo hi

# A broker that dies: told, no hang.
rm -f up
parctl run -- sh -c 'echo up >up; sleep 1000' 2>"$err" &
client=$!
until_ test -s up
kill -9 "$broker"
wait "$client"
code=$?
is 125
says 'broker .*(lost|LOST)'
kill "$worker"
wait "$worker" 2>/dev/null
rm -f "$XDG_RUNTIME_DIR"/par/broker.sock*

done_
