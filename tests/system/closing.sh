#!/bin/bash
# closing.sh - closing functions run when a private worker ends in order, and
# when a worker drains; one that fails there is told
. "$top_srcdir/tests/system/claims.sh"
cd "$work" || exit 99

# A function's folder is its own; notes go to the test's.
cat >hooks.c <<END
#include <par/task.h>
#include <stdio.h>
#include <unistd.h>

static int note(const char *what)
{
    FILE *f = fopen("$work/notes", "a");

    fprintf(f, "%s\n", what);
    return fclose(f);
}

static int open_host(struct par_task *t) { (void)t; return note("host up"); }
PAR_HOST_SETUP(open_host)
static int open_slot(struct par_task *t) { (void)t; return note("slot up"); }
PAR_SLOT_SETUP(open_slot)
static int close_slot(struct par_task *t) { (void)t; return note("slot down"); }
PAR_SLOT_CLOSE(close_slot)
static int close_host(struct par_task *t) { (void)t; return note("host down"); }
PAR_HOST_CLOSE(close_host)

static int add(struct par_task *t)
{
    usleep(2000); /* so that more slots than one are begun */
    return par_put_int(t, par_int(t, 0) + 1);
}
PAR_FUNCTION(add, "n:i->i")

static int stay(struct par_task *t)
{
    note("running");
    for (;;)
        pause();
    return par_put_nil(t);
}
PAR_FUNCTION(stay, ":n")
END

count() {
    grep -cx "$1" notes
}

remember
try parctl run --private hooks.c:add 1
quiet "a private worker runs a function" 0 2
is "... and its closing functions" "$(cat notes)" \
    $'host up\nslot up\nslot down\nhost down'
nothing_left "... and nothing is left"

rm notes
try parctl map --private -j 3 hooks.c:add {} ::: {1..60}
is "a map" $code 0
is "... each slot is closed" "$(count 'slot down')" "$(count 'slot up')"
is "... the host once, at last" "$(count 'host down') $(tail -n 1 notes)" "1 host down"

for signal in INT TERM; do
    rm notes
    start run parctl run --private hooks.c:stay
    wait_line notes running
    stop run $signal
    is "SIG$signal while a function runs: the host is closed" \
        "$(tail -n 1 notes)" "host down"
    nothing_left "... and nothing is left"
done

rm notes
start run parctl run --private hooks.c:stay
wait_line notes running
stop run KILL
nothing_left "SIGKILL: nothing is left"
is "... and nothing has run" "$(count 'host down')" 0

# ---- a closing function that crashes ----

sed 's/return note("host down")/__builtin_trap()/' hooks.c >trap.c
try parctl run --private trap.c:add 1
said "a private worker says in its log how closing failed" 0 \
    'closing: slot [0-9]+ of .* was killed by signal' 2
start_broker
start_worker -c 2 -n w
try parctl setup trap.c
is "set up on a worker" $code 0
try parctl close trap.c
said "who closes it is told" 125 '^par: .*slot [0-9]+ of w was killed by signal'
try parctl run -- echo well
quiet "... and the worker goes on" 0 well
stop worker

finish
