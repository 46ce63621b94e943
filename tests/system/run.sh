#!/bin/bash
# run.sh - `parctl run`, by itself: a private broker and worker inside
. "$top_srcdir/tests/system/claims.sh"

# ---- what a command says, and how it ends ----

try parctl run -- echo hi
quiet "echo hi, without a daemon" 0 hi
try env HOME=/nonexistent parctl run -- echo hi
quiet "... and without a home, as accounts of services have none" 0 hi
try env XDG_CACHE_HOME=/proc/nonexistent parctl run -- echo hi
said "a cache that cannot be where it was named says what to set" 125 \
    '^par: /proc/nonexistent/par: cannot be made: .*; PAR_CACHE_DIR names another folder$'
try sh -c 'for n in $(seq 12 24); do (ulimit -n $n; parctl run -- echo hi); done'
said "... but not where it is descriptors that are wanting" 125 \
    '^par: cache: .*: Too many open files$'
is "... ever" "$(grep PAR_CACHE_DIR <<<"$err")" ""
try parctl run echo 'two  words' --not-ours '' '*'
quiet "without --, words arrive as they are" 0 'two  words --not-ours  *'
try parctl run -- true
quiet "exit 0" 0
try parctl run -- sh -c 'exit 42'
quiet "exit 42" 42
try parctl run -- sh -c 'exit 255'
quiet "exit 255" 255
try parctl run --timeout 200ms -- sleep 1000
said "a timeout is 124, and says how long" 124 '^par: .*200 ms'
try parctl run -- /etc/passwd
said "what cannot be executed is 126" 126 '^par: .*/etc/passwd: Permission denied'
try parctl run -- no-such-command-anywhere
said "what is not there is 127" 127 '^par: .*no-such-command-anywhere: No such file'
try parctl run -- ./no-such-file
said "a file that is not there is 127, and is named" 127 '^par: .*\./no-such-file'
try parctl run 'echo a | cat'
said "a line for a shell is told how to get one" 127 "sh -c 'LINE'"
try parctl run "$top_srcdir/doc/examples/primes.c" 1 10
said "C source without its function is told how to name one" 126 'FILE:FUNCTION'
# shellcheck disable=SC2016 # their $$, not ours
for signal in 9:Killed 15:Terminated 11:Segmentation 6:Aborted; do
    number=${signal%:*}
    try parctl run -- sh -c 'kill -'"$number"' $$'
    said "killed by signal $number is $((128 + number))" $((128 + number)) \
        "^par: signal $number \(${signal#*:}"
done
try parctl run -- sh -c 'echo out; echo err >&2; exit 3'
said "stderr is stderr, stdout stdout" 3 '^err$' out
is "... and nothing but the command's own words" "$err" err
try parctl run -- printf 'no newline'
is "octets are left as they are" "$(od -An -c "$work/out" | tr -d ' \n')" nonewline
try parctl run --json -- echo a
quiet "--json: what it printed" 0 '{"index":1,"value":"a\n"}'
try parctl run --json -- sh -c 'echo a; exit 3'
like "... or why not, and what it wrote all the same" "$code $out" \
    '^3 .*"error":"exit 3 on .*","executed":"yes","worker":"[^"]*","output":"a\\n"}$'
try parctl run --json -- sh -c 'exit 3'
like "... if it wrote anything" "$code $out" \
    '^3 .*"error":"exit 3 on .*","executed":"yes","worker":"[^"]*"}$'
try parctl run --json -- sh -c 'head -c 1200000 /dev/zero; exit 3'
like "... that fits into a value" "$code $out" \
    '^3 .*"error":"exit 3 on .*","executed":"yes","worker":"[^"]*"}$'
like "... which is said" "$err" '^par: --json: an output of 1200000 bytes is too long'
try parctl run --json -- head -c 1200000 /dev/zero
said "... and without which it has failed, but has run" 125 \
    '^par: --json: an output of 1200000 bytes is too long' \
    '{"index":1,"error":"its output is too long for one value","executed":"yes"}'

# ---- what it is given ----

cd "$work" || exit 99
try parctl run -- pwd
quiet "it runs in our folder" 0 "$work"
FLOWER='a "rose"' try parctl run -- sh -c 'echo "$FLOWER"'
quiet "with our environment" 0 'a "rose"'
umask 027
try parctl run -- sh -c umask
quiet "with our umask" 0 0027
umask 022
touch here
try parctl run -- ls here
quiet "with our files" 0 here
try parctl run -- readlink /proc/self/fd/0
quiet "its standard input is /dev/null" 0 /dev/null
try sh -c 'echo not read | parctl run -- cat'
quiet "... even if ours is not" 0
try sh -c 'printf "a\nb\n" | parctl run -i -- tac'
quiet "with -i it is ours" 0 $'b\na'
try sh -c 'head -c 3000000 /dev/zero | parctl run -i -- wc -c'
quiet "3 MB of it" 0 3000000
try sh -c 'yes | parctl run -i -- head -n 1'
quiet "a command that does not want all of it" 0 y
try parctl run -- sh -c 'ls /proc/self/fd | wc -l'
quiet "it inherits no descriptor of ours" 0 4 # 0 1 2 and the folder's
try parctl run -- sh -c 'echo ${PAR_JOB:+job} $PAR_SLOT $PAR_ATTEMPT'
like "it knows its job, slot and attempt" "$out" '^job [0-9]+ 1$'
for _ in 1 2 3 4 5 6 7 8; do # the end may come before the command has started
    try parctl run -i -- wc -c </dev/null
    quiet "with -i, and nothing in it" 0 0
done
try parctl run -i -- cat </
said "what cannot be read" 125 '^par: standard input: Is a directory$'
try parctl run -i -- cat <&-
said "... or is not there" 125 '^par: standard input: Bad file descriptor$'
head -c 11000000 /dev/zero >big # more than a worker takes from others
try parctl run -f big -- wc -c big
quiet "a large file of our own" 0 '11000000 big'

# ---- run again ----

try parctl run -i --retries 1 -- cat
said "input that is gone cannot be read again" 125 'excludes --retries'
try parctl run --retries 1 -- sh -c 'kill -9 $$'
said "one that dies each time" 137 '^par: signal 9 \(Killed\) on '
again='echo hi; mkdir $0 2>/dev/null && kill -9 $$; true'
try parctl run --retries 1 -- sh -c "$again" died1
said "one that dies once: what it printed is said to be of another attempt" 0 \
    '^par: it is run again: the output above is of an attempt that failed$' $'hi\nhi'
try parctl run --retries 1 --json -- sh -c "$again" died2
quiet "... and with --json is left out" 0 '{"index":1,"value":"hi\n"}'
# shellcheck disable=SC2016 # its keeper, whose parent is parspawn
try parctl run --retries 1 --host "$(hostname)" -- sh -c 'mkdir died3 2>/dev/null || exec echo on
    read -r pid name state parent rest </proc/$PPID/stat; kill -KILL $parent; sleep 1000'
said "one that takes the worker along waits for the next, wherever it wants to be" 0 \
    '^' on

# ---- much of it ----

mkfifo pipe
start much sh -c 'exec parctl run -- sh -c "head -c 104857600 /dev/zero; echo end" >pipe'
exec 3<pipe
first=$(head -c 102000000 <&3 | cksum)
peak=$(kib VmHWM "${pids[much]}")
rest=$(tail -c 4 <&3)
exec 3<&-
ended much
is "100 MB of output: the first 102000000 octets" "$first" \
    "$(head -c 102000000 /dev/zero | cksum)"
is "... the last ones" "$rest" end
is "... and its exit code" $code 0
memory "... went through parctl in bounded memory" "$peak" 65536
try sh -c 'parctl run -- yes | head -n 2'
is "a reader that leaves ends it" "$out" $'y\ny'

# ---- functions ----

try parctl run "$EXAMPLES/primes.c:count" 1 1000000
quiet "a function of a C file" 0 78498
try parctl run "$EXAMPLES/primes.c:count" 1 ten
said "a wrong argument names both" 125 '^par: .*ten.*|^par: .*high'
try parctl run "$EXAMPLES/primes.c:cuont" 1 10
said "a function that is not there names those that are" 125 '^par: .*cuont.*count'
try parctl run "$EXAMPLES/primes.c:count" 1 9999999999
said "a function's own error is 1" 1 '^par: count: below 2\^32, and 10\^8 at a time'
try parctl run --json "$EXAMPLES/primes.c:count" 1 100
quiet "--json" 0 '{"index":1,"value":25}'
cat >kinds.c <<'END'
#include <par/task.h>
#include <unistd.h>
static int size(struct par_task *t)
{
    size_t n;

    par_bytes(t, 0, &n);
    return par_put_int(t, (int64_t)n);
}
PAR_FUNCTION(size, "b:i")
static int half(struct par_task *t)
{
    return par_put_float(t, par_float(t, 0) / 2);
}
PAR_FUNCTION(half, "d:d")
static int none(struct par_task *t)
{
    (void)t;
    return 0;
}
PAR_FUNCTION(none, ":n")
static int leave(struct par_task *t)
{
    (void)t;
    _exit(42);
}
PAR_FUNCTION(leave, ":n")
END
try parctl run kinds.c:half 5
quiet "a whole number where a float is wanted" 0 2.5
try parctl run kinds.c:none
quiet "no value, no output" 0
try parctl run kinds.c:size @kinds.c
quiet "@FILE is what is in it" 0 "$(wc -c <kinds.c)"
try parctl run --content kinds.c:size kinds.c
quiet "... and with --content all words are such" 0 "$(wc -c <kinds.c)"
try parctl run kinds.c:leave
said "one that ends its process" 125 '^par: .*exit 42'
try parctl run ./none.c:f
said "a file that is not there" 125 '^par: .*none\.c: No such file'
try parctl run none.c:f
said "... or a name, which only a broker may know" 125 '^par: .*none\.c'

# ---- a broker that is not there ----

# Nobody listens on the socket: a path that is not there, and a port of ours.
try parctl run --broker "ipc://$work/none.sock" --connect-timeout 300ms -- true
said "an unreachable broker, within the time that we gave" 125 \
    "^par: .*ipc://$work/none.sock"
try parctl run --broker tcp://127.0.0.1:1 --connect-timeout 300ms -- true
said "... over tcp" 125 '^par: .*tcp://127.0.0.1:1'

# ---- a broker without workers ----

start_broker
start waits parctl run -- echo there
wait_line "$work/waits.err" '^par: .*no worker.*parworker'
is "a broker without workers: it says what it waits for" $? 0
start_worker -c 1
ended waits
is "... and goes on when one comes" "$(cat "$work/waits.out")" there
is "... with its exit code" $code 0
try parctl run --private -- echo alone
quiet "--private asks no broker" 0 alone
try env PAR_BROKER="ipc://$work/none" parctl run \
    --broker "ipc://$XDG_RUNTIME_DIR/par/broker.sock" -- echo first
quiet "--broker goes before PAR_BROKER" 0 first
mkdir sub
cd sub || exit 99
try parctl run -- pwd
quiet "a worker of this host runs it in our folder, too" 0 "$work/sub"

finish
