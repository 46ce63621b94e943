#!/bin/bash
# slots.sh - jobs that crash, leave, hang, multiply or babble take down nothing
# but themselves; whoever asked learns exactly what happened; the next job runs
. "$top_srcdir/tests/system/claims.sh"
cd "$work" || exit 99
cat >bad.c <<'END'
#include <par/task.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int pid(struct par_task *t)
{
    return par_put_int(t, getpid());
}
PAR_FUNCTION(pid, ":i")

static int segfault(struct par_task *t)
{
    volatile int *nowhere = (int *)8;

    printf("what a function prints\n");
    fprintf(stderr, "about to fall\n");
    return par_put_int(t, *nowhere);
}
PAR_FUNCTION(segfault, ":i")

static int leave(struct par_task *t)
{
    _exit((int)par_int(t, 0));
}
PAR_FUNCTION(leave, "code:i->n")

static int quit(struct par_task *t)
{
    exit((int)par_int(t, 0));
}
PAR_FUNCTION(quit, "code:i->n")

static int loop(struct par_task *t)
{
    for (volatile long i = 0;; i++)
        ;
    return par_put_nil(t);
}
PAR_FUNCTION(loop, ":n")

static int family(struct par_task *t)
{
    for (int i = 0; i < 3; i++)
        if (fork() == 0) {
            signal(SIGTERM, SIG_IGN);
            if (i > 0)
                setsid();
            if (fork() == 0 || i < 2)
                execlp("sleep", "sleep", "20001", (char *)0);
            _exit(0);
        }
    for (;;)
        pause();
    return par_put_nil(t);
}
PAR_FUNCTION(family, ":n")

static int babble(struct par_task *t)
{
    char line[1000];

    memset(line, 'x', sizeof line);
    for (int i = 0; i < 100000; i++)
        fwrite(line, 1, sizeof line, stdout);
    fflush(stdout);
    return par_put_int(t, 100000);
}
PAR_FUNCTION(babble, ":i")

static int eat(struct par_task *t)
{
    raise((int)par_int(t, 0));
    return par_put_str(t, "alive", 5);
}
PAR_FUNCTION(eat, "signal:i->s")

static int shut(struct par_task *t)
{
    for (int i = 0; i < 64; i++)
        close(i);
    return par_put_nil(t);
}
PAR_FUNCTION(shut, ":n")
END

start_broker
start_worker -c 1 -n w
parctl setup bad.c >/dev/null
first=$(parctl run bad.c:pid)

# next WHAT: the next job runs, on the same worker, and nothing is left over.
next() {
    try parctl run bad.c:pid
    is "$1: the next job runs" "$code $err" "0 "
}

same() {
    next "$1"
    is "... in the same process" "$out" "$first"
    first=$out
}

other() {
    next "$1"
    first=$out
}

same "a job that was well"
try parctl run bad.c:segfault
said "a segfault: signal, slot, worker" 125 \
    '^par: slot 1 of w was killed by signal 11 \(Segmentation fault\)'
like "... and the last words on stderr" "$err" 'about to fall'
like "... and on stdout" "$err" '^what a function prints$'
other "after a segfault"
try parctl run bad.c:leave 42
said "_exit(42)" 125 '^par: slot 1 of w ended with exit 42'
other "after _exit(42)"
try parctl run bad.c:leave 0
said "_exit(0) is no success" 125 '^par: slot 1 of w ended with exit 0'
other "after _exit(0)"
try parctl run bad.c:quit 3
said "exit(3) in a job (TP-08)" 125 '^par: slot 1 of w ended with exit 3'
other "after exit(3)"
try parctl run --timeout 300ms bad.c:loop
said "an endless loop, with a timeout" 124 '^par: .*300 ms'
other "after an endless loop"
remember
try parctl run --timeout 300ms bad.c:family
said "grandchildren that ignore SIGTERM, with a timeout" 124 '^par: .*300 ms'
wait_for sh -c "! pgrep -u $UID -x sleep >/dev/null"
is "... none of them is left" "$(pgrep -u $UID -x sleep -a)" ""
other "after the family"
try parctl run bad.c:babble
is "100 MB to stdout by a function" "$code $(tail -n 1 <<<"$out")" "0 100000"
same "after 100 MB"
try parctl run bad.c:eat 2
quiet "a function that raises SIGINT goes on (TP-09)" 0 alive
same "after SIGINT"
try parctl run bad.c:eat 9
said "a function that kills itself" 125 '^par: slot 1 of w was killed by signal 9 \(Killed\)'
other "after SIGKILL"
try parctl run bad.c:shut
is "a function that closes every descriptor: its value is there all the same" \
    "$code $out" "0 null"
other "after that"
is "the worker is the one that was started" "$(field workers w pid)" "${pids[worker]}"

# ---- the facts, for programs ----

try parctl run --json bad.c:segfault
like "--json: what, whether it ran, where" "$out" \
    '"error":"slot 1 of w was killed by signal 11 .*","executed":"maybe","worker":"w"'

# ---- beside others ----

stop worker
start_worker -c 2 -n w
start long parctl run -- sh -c 'echo up; until [ -e go ]; do sleep 0.05; done; echo done'
wait_line long.out up
for f in segfault 'leave 1' 'eat 6'; do
    # shellcheck disable=SC2086 # a function and its argument
    try parctl run bad.c:$f
    is "a job that dies by $f beside another" $code 125
done
try parctl run --timeout 200ms bad.c:loop
is "... by timeout" $code 124
touch go
ended long
is "... leaves the other alone" "$code $(tr '\n' ' ' <long.out)" "0 up done "

# ---- the same job again and again: its computation stops here, not the rest ----

for _ in 1 2 3 4 5 6 7; do
    try parctl run bad.c:segfault
done
is "a computation that always crashes is told so each time" $code 125
try parctl run -- echo well
quiet "... and other jobs run" 0 well

finish
