#!/bin/bash
# stopped.sh - callers that are stopped (SIGSTOP, a laptop's lid) and read
# nothing: what they have asked for costs the others neither slots nor memory
. "$top_srcdir/tests/system/claims.sh"
cd "$work" || exit 99
mkfifo up gate

start_broker
start_worker -c 1

# ---- all that may be sent unasked is 65536 octets of each stream ----

# stopped_while WHAT COMMAND: the caller is stopped before its command prints.
stopped_while() {
    start caller parctl run -- sh -c "echo >up; read -r _ <gate; $2"
    read -r _ <up
    kill -STOP "${pids[caller]}"
    echo >gate
    try parctl run -- true
    quiet "$1: the slot is free although their reader is stopped" 0
    kill -CONT "${pids[caller]}"
    ended caller
    is "... and gets all of it when it goes on" \
        "$code $(wc -c <caller.out) $(wc -c <caller.err)" "0 $3 $4"
}

stopped_while "65536 octets" 'head -c 65536 /dev/zero' 65536 0
stopped_while "65536 octets of either stream" \
    'head -c 65536 /dev/zero | tee /dev/stderr' 65536 65536
stopped_while "65536 octets and a child that stays" \
    'sleep 20003 & head -c 65536 /dev/zero' 65536 0
for size in 65535 65537 131072 196608; do
    try parctl run -- sh -c "yes | head -c $size | tee /dev/stderr"
    is "$size octets of either stream" \
        "$code $(wc -c <out) $(wc -c <err)" "0 $size $size"
done

# ---- of many commands that adds up: no more of them begin ----

stop worker
start_worker -c 4
before=$(kib VmRSS "${pids[broker]}")
start caller parctl map 'while [ ! -e go ]; do sleep 0.01; done
    : {}; yes | head -c 65536 | tee /dev/stderr' ::: {1..500}
all_there() { [ "$(parctl jobs | wc -l)" -gt 500 ]; }
wait_for all_there
kill -STOP "${pids[caller]}"
touch go
reads_nothing() { parctl jobs >jobs && grep -q 'its client to read what it has' jobs; }
wait_for reads_nothing
is "500 commands that print 128 KiB, whose reader is stopped, wait" $? 0
memory "... so that they cost the broker little" \
    $(($(kib VmRSS "${pids[broker]}") - before)) 32768
try parctl run -- true
quiet "... others do not wait" 0
last=$(awk '/to read/ { job = $1 } END { print job }' jobs)
try parctl cancel "$last"
is "... one of them is cancelled" $code 0
kill -CONT "${pids[caller]}"
ended caller
is "... the others go on when it is read" "$code $(wc -c <caller.out)" \
    "1 $((499 * 65536))"

finish
