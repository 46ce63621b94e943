#!/bin/bash
# many.sh - many clients one after another, and many jobs of one, leave broker
# and worker as they were
. "$top_srcdir/tests/system/claims.sh"
cd "$work" || exit 99
RUNS=500
GROWTH=2048 # KiB; a leak of 4 KiB a run shows

# What leaks a descriptor a run meets this limit.
start broker prlimit --nofile=128:128 parbroker
ready broker '^ready on '
start worker prlimit --nofile=128:128 parworker -c 2 -n w
ready worker 'ready as w'

# runs COUNT: how many of them said what they should.
runs() {
    local i good=0

    for ((i = 0; i < $1; i++)); do
        [ "$(parctl run -- echo "$i")" = "$i" ] && good=$((good + 1))
    done
    echo $good
}

is "warm up" "$(runs 100)" 100
broker_before=$(kib VmRSS "${pids[broker]}")
worker_before=$(kib VmRSS "${pids[worker]}")
remember
is "$RUNS clients, one after another" "$(runs $RUNS)" $RUNS
memory "... the broker is as large as before" \
    $(($(kib VmRSS "${pids[broker]}") - broker_before)) $GROWTH
memory "... the worker is as large as before" \
    $(($(kib VmRSS "${pids[worker]}") - worker_before)) $GROWTH
nothing_left "... and no process or file is left"
is "... nor a session" "$(parctl status sessions --json | grep -c '"role":"client"')" 1
is "... nor a computation" "$(parctl status computations --json)" ""
is "... nor a job" "$(parctl jobs --json)" ""

echo '#include <par/task.h>
static int triple(struct par_task *t) { return par_put_int(t, 3 * par_int(t, 0)); }
PAR_FUNCTION(triple, "i:i")' >triple.c
try "$top_builddir/tests/system/mapper" triple.c 100000 "${pids[broker]}"
quiet "100000 jobs in one par_map(): right, and in order" 0 "$out"
read -r own other <<<"$out"
memory "... our memory is flat" "${own:-999999}" $GROWTH
memory "... and the broker's" "${other:-999999}" $GROWTH

finish
