#!/bin/bash
# listings.sh - what parctl shows of a broker, its workers and jobs, and what
# it does to a job that is shown
. "$top_srcdir/tests/system/claims.sh"
cd "$work" || exit 99
start_broker

# ---- who is there ----

try parctl status
like "status: a table" "$out" '^program *parbroker'
try parctl status --json
like "... or JSON" "$out" '"program":"parbroker"'
try parctl status sessions
is "status of sessions" $code 0
try parctl status weather
said "... of what there is not" 2 'none of self, workers'
try parctl workers
said "workers: none, and how to start one" 0 \
    'no worker is registered \(start one with: parworker\)'
start_worker -c 2 -n w1 --label disk=ssd --resource gpu=2
try parctl workers
like "workers: a table" "$out" '^w1 '
try parctl workers --json
like "... or JSON" "$out" '"name":"w1"'
like "... with labels and resources" "$out" \
    '"labels":\{"disk":"ssd"\},"resources":\{"gpu":\[2,2\]\}'
try parctl ping
is "ping asks the broker and all workers" \
    "$code $(grep -cE '^(broker|w1): [0-9.]+ ms$' <<<"$out")" "0 2"
try parctl ping --json w1
like "... or one of them" "$out" '^\{"name":"w1","ms":[0-9.]+\}$'
try parctl ping nobody
said "... who is not there" 1 'nobody: '
try parctl run --label disk=ssd -- echo there
quiet "a label that a worker has" 0 there
for _ in $(seq 50); do
    parctl run -- true || echo failed
done >runs
is "50 clients, one after another" "$(cat runs)" ""
is "... leave no session" "$(parctl status sessions --json | wc -l)" 2

# ---- jobs ----

cat >hold.c <<'END'
#include <fcntl.h>
#include <unistd.h>
#include <par/task.h>
/* Until nobody has the fifo open for writing. */
static int hold(struct par_task *t)
{
    int fd = open(par_str(t, 0), O_RDONLY);
    char c;

    return par_put_int(t, read(fd, &c, 1));
}
PAR_FUNCTION(hold, "fifo:s->i")
END
mkfifo gate
start held parctl run hold.c:hold "$work/gate"
exec 3>gate # once it is open for reading, too
try parctl jobs
like "a call: computation, function, worker" "$out" ' hold\.c  *hold  *w1 '
exec 3>&-
ended held
is "... which is left alone" "$code $(cat held.out)" "0 0"
start asked parctl run -- sh -c \
    'trap "echo stopped >stopped; exit 3" TERM; echo up; while :; do sleep 0.1; done'
wait_line asked.out '^up$'
try parctl jobs
like "a command" "$out" ' running '
job=$(parctl jobs --json | sed 's/.*"job":\([0-9]*\).*/\1/')
try parctl cancel "$job"
is "cancel" $code 0
ended asked
is "... asks first" "$(cat stopped)" stopped
try parctl jobs
said "no job" 0 'no job waits or runs'
try parctl cancel "$job"
is "cancel of one that has ended" $code 1
try parctl cancel 999999
is "... of one that never was" $code 1
try parctl cancel soon
is "... of no number" $code 2

finish
