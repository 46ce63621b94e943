#!/bin/bash
# order.sh - the order in miniature: one broker on ipc and on tcp, two workers
# on each, 600 jobs, every worker used
. "$top_srcdir/tests/system/claims.sh"
cd "$work" || exit 99

start_broker --listen 'tcp://127.0.0.1:*'
local=$(endpoint broker ipc)
remote=$(endpoint broker tcp)
workers="ipc1 ipc2 tcp1 tcp2"
for name in $workers; do
    [[ $name == ipc* ]] && at=$local || at=$remote
    worker_as "$name" -c 1 -n "$name" --broker "$at"
done

echo '#include <par/task.h>
#include <unistd.h>
static int twice(struct par_task *t)
{
    usleep(2000);
    return par_put_int(t, 2 * par_int(t, 0));
}
PAR_FUNCTION(twice, "i:i")' >twice.c
parctl setup --wait 4 twice.c >/dev/null
is "set up on all four" $? 0
seq 600 | PAR_BROKER=$local parctl map -k twice.c:twice >values 2>errors
is "600 jobs: exit code" $? 0
is "... each value, in order" "$(cksum <values)" "$(seq 2 2 1200 | cksum)"
is "... not a word on stderr" "$(cat errors)" ""
total=0
for name in $workers; do
    n=$(field workers "$name" finished)
    least "$name has had its part" "${n:-0}" 30
    total=$((total + ${n:-0}))
done
is "each job was done once" $total 600
try env PAR_BROKER="$remote" parctl run -- echo over tcp
quiet "a client on tcp" 0 'over tcp'
try env PAR_BROKER="$remote" parctl run --worker ipc1 -- echo across
quiet "... for a worker on ipc" 0 across
try parctl run --worker tcp2 -- echo across
quiet "a client on ipc, for a worker on tcp" 0 across
for name in $workers; do
    stop "$name"
    is "$name ends well, and in silence" "$code $(cat "$name.err")" "0 "
done
stop broker
is "the broker, too (XP-15)" "$code $(cat broker.err)" "0 "

finish
