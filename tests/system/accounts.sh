#!/bin/bash
# accounts.sh - what one account's functions keep in memory no other ever sees,
# also where both have set up the same code and the broker was started anew
. "$top_srcdir/tests/system/claims.sh"
cd "$work" || exit 99

cat >count.c <<'END'
#include <par/task.h>

static int count(struct par_task *t)
{
    static int n;

    return par_put_int(t, ++n);
}
PAR_FUNCTION(count, ":i")
END

he=(env "PAR_CONFIG_DIR=$work/he" "XDG_RUNTIME_DIR=$work/he")
mkdir -m 700 he
"${he[@]}" parctl keygen >line 2>/dev/null

# The broker, which he finds by tcp; he is let in once it has its key.
open_broker() {
    broker_as "$1" --listen 'tcp://127.0.0.1:*' --listen "ipc://$work/sock"
    "${he[@]}" parctl trust "$(endpoint "$1" tcp)" "$(parctl status --json |
        sed 's/.*"public_key":"\([^"]*\)".*/\1/')" >/dev/null
    his=("${he[@]}" parctl run --broker "$(endpoint "$1" tcp)" count.c:count)
}
export PAR_BROKER=ipc://$work/sock

open_broker broker
parctl allow "$(cut -d ' ' -f 1 line) he" --role client >/dev/null
worker_as worker -c 2 -n w
try parctl setup count.c
is "set up, to stay" $code 0
try parctl run count.c:count
quiet "a first call" 0 1
try "${his[@]}"
quiet "the same code of another account counts for itself" 0 1
stop broker

open_broker broker2
is_back() {
    parctl workers --json | grep -q '"name":"w"'
}
wait_for is_back
try "${his[@]}"
quiet "... also if the broker was started anew, and he is the first to come" 0 1
try parctl setup count.c
try parctl run count.c:count
quiet "whose slot was warm finds it warm" 0 2

finish
