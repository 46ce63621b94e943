#!/bin/bash
# parctl_broker.sh - every verb against real daemons on the local endpoint
. "$top_srcdir/tests/system/lib.sh"
cd "$TMPDIR" || exit 99
primes=$top_srcdir/doc/examples/primes.c

# --- a broker without workers says what it waits for (NO_CAPACITY in the end)
start broker parbroker
try 0 parctl status
grep -q '^program *parbroker' "$out" || fail "status: $(cat "$out")"
try 0 parctl workers
prints ''
says 'no worker is registered \(start one with: parworker\)'
try 124 timeout 2 parctl run -- true
says 'has no worker; waiting for one \(start it with: parworker\)'

# CL-06: it runs as soon as one comes
parctl run -- echo late >late 2>"$err" &
client=$!
start worker parworker -c 2 -n w1 --label disk=ssd --resource gpu=2
wait "$client" || fail "a run that waited for a worker: $?"
[ "$(cat late)" = late ] || fail "it printed $(cat late)"

# --- listings, as tables and as JSON
try 0 parctl workers
grep -q '^w1 ' "$out" || fail "workers: $(cat "$out")"
try 0 parctl workers --json
grep -q '"name":"w1"' "$out" || fail "workers --json: $(cat "$out")"
grep -q '"labels":{"disk":"ssd"},"resources":{"gpu":\[2,2\]}' "$out" ||
    fail "workers --json: $(cat "$out")"
try 0 parctl status --json
grep -q '"program":"parbroker"' "$out" || fail "status --json: $(cat "$out")"
try 0 parctl status sessions
try 2 parctl status weather
says 'none of self, workers'
try 0 parctl ping
[ "$(grep -cE '^(broker|w1): [0-9.]+ ms$' "$out")" = 2 ] ||
    fail "ping: $(cat "$out")"
try 0 parctl ping --json w1
grep -qE '^\{"name":"w1","ms":[0-9.]+\}$' "$out" || fail "$(cat "$out")"
try 1 parctl ping nobody
says 'nobody: '

# --- set up once, run many times, close
try 0 parctl setup "$primes"
prints 'primes.c:count low:i,high:i->i'
try 0 parctl run primes.c:count 1 1000000
prints 78498
try 0 parctl run "$primes:count" 1 100
prints 25
try 0 sh -c 'seq 10 10 100 | parctl map -k primes.c:count 1 | tail -1'
prints 25
try 0 parctl status computations
grep -q '^primes.c ' "$out" || fail "computations: $(cat "$out")"
try 0 parctl ping -c primes.c
try 125 parctl run primes.c:cuont 1 2
says 'did you mean count'
try 0 parctl close primes.c
says_nothing
try 1 parctl close primes.c # DI-11
try 1 parctl ping -c primes.c
try 125 parctl run primes.c:count 1 2
says 'primes.c: there is no such file here, and nothing of that name is set up'

# --- where
try 0 parctl run --worker w1 -- echo there
try 0 parctl run --label disk=ssd -- echo there
try 125 timeout 20 parctl run --label disk=none -- true
says 'disk'

# --- jobs and cancel
cat >hold.c <<'END'
#include <fcntl.h>
#include <unistd.h>
#include <par/task.h>
/* Until somebody writes into the fifo. */
static int hold(struct par_task *t)
{
    int fd = open(par_str(t, 0), O_RDONLY);
    return par_put_int(t, fd < 0 ? -1 : close(fd));
}
PAR_FUNCTION(hold, "fifo:s->i")
END
mkfifo gate
parctl run hold.c:hold "$PWD/gate" >held 2>"$err" &
client=$!
until_ eval 'parctl jobs | grep -q " hold.c  *hold  *w1 "'
: >gate # to open it is enough, and to write would race with its close()
wait "$client" || fail "hold.c: $(cat "$err")"
parctl run -- sh -c 'trap "echo stopped >stopped; exit 3" TERM; echo up >up; while :; do sleep 0.1; done' 2>"$err" &
client=$!
until_ test -s up
try 0 parctl jobs
grep -q ' running ' "$out" || fail "jobs: $(cat "$out")"
try 0 parctl jobs --json
job=$(sed 's/.*"job":\([0-9]*\).*/\1/' "$out")
try 0 parctl cancel "$job"
wait "$client"
[ "$(cat stopped)" = stopped ] || fail "cancel did not ask first"
try 0 parctl jobs
says 'no job waits or runs'
try 1 parctl cancel "$job"
try 1 parctl cancel 999999
try 2 parctl cancel soon

# --- the same from another place, and many clients one after another
mkdir sub
cd sub || exit 99 # not in a subshell: there a failure would not count
try 0 parctl run -- pwd
prints "$TMPDIR/sub"
cd ..
for i in $(seq 50); do
    parctl run -- true || fail "run $i of 50: $?"
done
[ "$(parctl status sessions --json | wc -l)" = 2 ] || fail "sessions stay"

# --- with a broker there, --private still keeps to itself
try 0 parctl run --private -- true
try 0 sh -c 'PAR_BROKER=ipc://$TMPDIR/none parctl run --broker ipc://$XDG_RUNTIME_DIR/par/broker.sock -- echo first'
prints first

stop worker
stop broker
try 125 parctl workers
says 'no broker is running here; start one with: parbroker'

done_
