#!/bin/bash
# drain.sh - workers come and go, in order, under a load that never pauses: no
# job is lost, and none is started twice
. "$top_srcdir/tests/system/claims.sh"
cd "$work" || exit 99
TURNS=12

echo '#include <par/task.h>
static int triple(struct par_task *t) { return par_put_int(t, 3 * par_int(t, 0)); }
PAR_FUNCTION(triple, "i:i")' >triple.c

# Numbers for as long as it takes.
feed() {
    local n=0
    until [ -e enough ]; do
        seq $((n + 1)) $((n + 10000))
        n=$((n + 10000))
    done
    seq 3 3 $((3 * n)) >want
}
mkfifo numbers

start_broker
worker_as steady -c 1 -n steady
worker_as w0 -c 1 -n w0
feed >numbers &
feeder=$!
start map parctl map ./triple.c:triple :::: numbers
busy() {
    [ "$(field workers "$1" finished)" -gt 0 ] 2>/dev/null
}
turns=0
while [ $turns -lt $TURNS ] && kill -0 "${pids[map]}" 2>/dev/null; do
    wait_for busy w$turns || show w$turns
    worker_as w$((turns + 1)) -c 1 -n w$((turns + 1))
    stop w$turns
    turns=$((turns + 1))
done
is "$TURNS workers were sent away while the jobs ran" $turns $TURNS
: >enough
wait $feeder
ended map
is "... every job was done" "$code $(head -n 3 map.err)" "0 "
if cmp -s map.out want; then ok "... rightly, and in order"; else
    not_ok "... rightly, and in order" "$(cmp map.out want 2>&1)"
fi

finish
