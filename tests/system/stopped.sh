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

finish
