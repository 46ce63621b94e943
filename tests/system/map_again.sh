#!/bin/bash
# map_again.sh - a map whose broker goes and comes back, or does not, and jobs
# that no worker could run
. "$top_srcdir/tests/system/claims.sh"
cd "$work" || exit 99
host=$(hostname)

# Its inputs come through descriptor 3.
# map_as NAME [OPTION...] TEMPLATE
map_as() {
    local name=$1

    shift
    mkfifo "$name.in"
    # shellcheck disable=SC2016 # for that shell
    start "$name" sh -c 'in=$1; shift; exec parctl map "$@" <"$in"' sh "$name.in" "$@"
    exec 3>"$name.in"
}

# Without the descriptor that feeds a map, whose end is told by its closing.
broker() {
    broker_as "$1" --heartbeat 200ms 3>&-
}

has_lines() {
    [ "$(wc -l <"$1")" -ge "$2" ]
}

worker_is_there() {
    [ -n "$(field workers one state)" ]
}

broker first
worker_as one -c 2 -n one
wait_for worker_is_there

# ---- the broker is killed between two inputs ----

map_as calm -k echo
seq 10 >&3
wait_line calm.out '^10$'
kill -KILL "${pids[first]}"
ended first
wait_line calm.err 'has gone; what has not begun waits for it$'
is "a map that waits for input notices at once that its broker is gone" $? 0
broker second
wait_for worker_is_there
seq 11 20 >&3
wait_line calm.out '^20$'
is "... sets its target up again where a broker is back, and goes on" $? 0
exec 3>&-
ended calm
is "... to its end: nothing was lost" "$code $(xargs <calm.out)" "0 $(seq 20 | xargs)"
is "... and no more is said" "$(wc -l <calm.err)" 1

# ---- it is killed while jobs run ----

cat >slow.sh <<'END'
echo $1 >>begun
until [ -e go ]; do sleep 0.02; done
echo $1
END
map_as lost -j 2 sh slow.sh
seq 4 >&3
exec 3>&-
wait_for has_lines begun 2
kill -KILL "${pids[second]}"
ended second
wait_line lost.err '#2 \(2\)'
like "what was under way may have run, and is told so" "$(cat lost.err)" \
    '^par: #1 \(1\): broker .*: the connection is lost; this job may have run$'
touch go
broker third
ended lost
is "... it is not run again by itself, the others are" \
    "$code $(sort lost.out | xargs) $(sort begun | xargs)" "2 3 4 1 2 3 4"
like "... and the end says what could have been done" "$(tail -n 1 lost.err)" \
    '^par: 2 jobs were lost with their broker and may have run; .*--retries 1'
rm go begun

map_as twice -j 2 --retries 1 sh slow.sh
seq 4 >&3
exec 3>&-
wait_for has_lines begun 2
kill -KILL "${pids[third]}"
ended third
wait_line twice.err 'has gone'
touch go
broker fourth
ended twice
is "--retries 1: lost jobs run again" \
    "$code $(sort twice.out | xargs) $(sort begun | xargs)" "0 1 2 3 4 1 1 2 2 3 4"
rm go begun

# ---- it ends in order ----

map_as orderly -k sh slow.sh
seq 6 >&3
exec 3>&-
wait_for has_lines begun 2
kill -TERM "${pids[fourth]}"
touch go
ended fourth
broker fifth
ended orderly
is "SIGTERM: what runs finishes, what waits goes to the next broker" \
    "$code $(xargs <orderly.out) $(sort begun | xargs)" "0 1 2 3 4 5 6 1 2 3 4 5 6"
rm go begun

# ---- it does not come back ----

map_as gone --connect-timeout 500ms echo
seq 3 >&3
wait_for has_lines gone.out 3
kill -KILL "${pids[fifth]}"
ended fifth
ended gone
is "no broker comes back: an end without waiting for input: 125" $code 125
like "... with the reason" "$(cat gone.err)" '^par: broker ipc://.*: nobody answers$'
like "... and how far it has come" "$(cat gone.err)" \
    '^par: of 3 inputs that were read, 3 are done, 0 failed, 0 may have run, 0 have not begun$'
exec 3>&-

broker seventh
wait_for worker_is_there
map_as maybe --json --retries 1 --connect-timeout 500ms sh slow.sh
seq 1 >&3
exec 3>&-
wait_for has_lines begun 1
kill -KILL "${pids[seventh]}"
ended seventh
ended maybe
like "... and of what may have run, and would have run again, that is told" \
    "$(cat maybe.out)" '^\{"index":1,"error":".*","executed":"maybe"\}$'
like "... at the end, too" "$(cat maybe.err)" \
    '^par: of 1 inputs that were read, 0 are done, 0 failed, 1 may have run, 0 have not begun$'

# ---- jobs that no worker could run ----

broker sixth
wait_for worker_is_there
start where parctl map -k --retries 1 --host nowhere echo ::: 1 2
wait_line where.err "^par: no worker has a host like nowhere; there is $host; waiting 10 s for one$"
is "--host of nobody: said at once, with the hosts that there are" $? 0
worker_as other -c 1 -n other --label x=y
start named sh -c 'echo input | exec parctl run -i --worker late -- cat'
wait_line named.err '^par: no worker has the name late; there are (one, other|other, one); waiting'
is "--worker of nobody: said at once" $? 0
start again parctl run --retries 1 --worker late -- echo again
wait_line again.err '^par: no worker has the name late; .*; waiting 10 s for one$'
is "... with --retries, too" $? 0
worker_as late -c 1 -n late
ended named
is "... it runs when that worker comes, with all of its input" "$code $(cat named.out)" "0 input"
ended again
is "... and so does the other" "$code $(cat again.out)" "0 again"
ended where
is "... and fails in the end" $code 2
like "... with the same words" "$(cat where.err)" \
    "^par: #2 \(2\): no worker has a host like nowhere; there is $host$"
is "... which were said once" "$(grep -c waiting where.err)" 1

finish
