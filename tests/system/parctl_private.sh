#!/bin/bash
# parctl_private.sh - run and map without a daemon: values, exit codes, streams
. "$top_srcdir/tests/system/lib.sh"
cd "$TMPDIR" || exit 99

cat >job.c <<'C'
#include <par/task.h>
#include <unistd.h>
static int add(struct par_task *t)
{
    return par_put_int(t, par_int(t, 0) + par_int(t, 1));
}
PAR_FUNCTION(add, "x:i,y:i->i")
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
static int pair(struct par_task *t)
{
    par_put_array(t, 2);
    par_put_str(t, "a\n", 2);
    return par_put_nil(t);
}
PAR_FUNCTION(pair, ":a")
static int echo(struct par_task *t)
{
    size_t n;
    const char *text = par_bytes(t, 0, &n);

    return par_put_str(t, text, n);
}
PAR_FUNCTION(echo, "s:s")
static int none(struct par_task *t)
{
    (void)t;
    return 0;
}
PAR_FUNCTION(none, ":n")
static int refuse(struct par_task *t)
{
    return par_throw(t, 7, par_str(t, 0));
}
PAR_FUNCTION(refuse, "s:n")
static int crash(struct par_task *t)
{
    (void)t;
    _exit(42);
}
PAR_FUNCTION(crash, ":n")
C

# --- run: a command's streams and exit code are ours
try 0 parctl run -- echo hi
prints hi
says_nothing
try 42 parctl run -- sh -c 'echo out; echo err >&2; exit 42'
prints out
says '^err$'
[ "$(wc -l <"$err")" = 1 ] || fail "its own exit code needs no words of ours"
try 137 parctl run -- sh -c 'kill -9 $$'
says '^par: signal 9 \(Killed\) on '
try 137 parctl run --retries 1 -- sh -c 'kill -9 $$'
says '^par: signal 9 \(Killed\) on '
again='echo hi; mkdir $0 2>/dev/null && kill -9 $$; true'
try 0 parctl run --retries 1 -- sh -c "$again" died1
prints 'hi
hi'
says '^par: it is run again: the output above is of an attempt that failed$'
try 0 parctl run --retries 1 --json -- sh -c "$again" died2
prints '{"index":1,"value":"hi\n"}'
says_nothing
rm -r died1 died2
try 127 parctl run nosuchcommand
says '^par: exec nosuchcommand: No such file or directory'
try 126 parctl run /etc/passwd
says '^par: exec /etc/passwd: Permission denied'
try 124 parctl run --timeout 100ms -- sleep 60
says '^par: ran longer than 100 ms'
try 0 parctl run -- pwd
prints "$TMPDIR"
X='potentially "problematic"' try 0 parctl run -- sh -c 'echo "$X"' # RP-24
prints 'potentially "problematic"'
(umask 027 && try 0 parctl run -- sh -c umask && prints 0027)
try 0 parctl run -- cat # standard input is /dev/null
prints ''
printf 'one\ntwo\n' | try 0 parctl run -i -- tr a-z A-Z # DI-18
prints 'ONE
TWO'
try 0 parctl run -i -- true </dev/zero
for i in 1 2 3 4 5 6 7 8; do # the end may come before the command has started
    try 0 parctl run -i -- wc -c </dev/null
    prints 0
done
try 125 parctl run -i -- cat </
says '^par: standard input: Is a directory'
try 125 parctl run -i -- cat <&-
says '^par: standard input: Bad file descriptor'
try 125 parctl run -i --retries 1 -- cat
says 'excludes --retries'
try 0 sh -c 'parctl run -- head -c 20000000 /dev/zero | wc -c'
prints 20000000
head -c 11000000 /dev/zero >big # what a worker refuses from others
try 0 parctl run -f big -- wc -c big
prints '11000000 big'
rm big
try 3 parctl run --json -- sh -c 'echo a; exit 3'
grep -q '"error":"exit 3 on .*","executed":"yes","worker":"' "$out" ||
    fail "--json: $(cat "$out")"
try 0 parctl run --json -- echo a
prints '{"index":1,"value":"a\n"}'

# --- run: functions, their arguments and values
try 0 parctl run job.c:add 20 22
prints 42
says_nothing
try 0 parctl run job.c:half 5
prints 2.5
try 0 parctl run job.c:pair
prints '["a\n",null]'
try 0 parctl run job.c:none
prints ''
try 0 parctl run --raw job.c:echo x
[ "$(wc -c <"$out")" = 1 ] || fail "--raw adds something"
try 0 parctl run job.c:size @job.c
prints "$(wc -c <job.c)"
try 0 parctl run --content job.c:size job.c
prints "$(wc -c <job.c)"
try 0 parctl run --json job.c:add 1 2
prints '{"index":1,"value":3}'
try 1 parctl run job.c:refuse 'text of expected failure' # RP-13
says '^par: text of expected failure$'
try 125 parctl run job.c:crash
says '^par: .*(exit|42)'
try 125 parctl run job.c:add 1 two
says "two.*integer"
try 125 parctl run job.c:add 1
says 'takes 2 arguments'
try 125 parctl run job.c:ad 1 2
says 'no function .ad.*did you mean add'
try 125 parctl run ./none.c:f
says 'none.c: No such file'
try 125 parctl run none.c:f # a name: only a broker knows some
says 'none.c'
echo 'int broken = ;' >bad.c
try 125 parctl run bad.c:f
says "^par: bad.c: .*error: expected expression"
says "int broken = ;"
[ "$(grep -c 'error: expected' "$err")" = 1 ] || fail "said twice: $(cat "$err")"
echo text >a.txt
try 125 parctl run ./a.txt:f
says 'neither C source .* nor a shared object'

# --- what is printed arrives, or we fail and say so
for command in 'run -- echo a' 'run --json -- echo a' 'run job.c:half 1' \
    'map echo ::: a' 'map --json echo ::: a' 'map -u echo ::: a'; do
    try 125 sh -c "parctl $command >/dev/full"
    says '^par: standard output: No space left on device'
    try 125 sh -c "parctl $command >&-" # not into the first socket, either
    says '^par: standard output: Bad file descriptor'
done
try 125 sh -c 'parctl --help >/dev/full'
try 125 sh -c 'parctl run --help >&-'
try 0 sh -c 'parctl run -- echo a 2>&-'
prints a
try 125 sh -c 'parctl map echo <&-'
says '^par: standard input: Bad file descriptor'

# --- map
try 0 parctl map -k 'sleep 0.0{}; echo {}' ::: 5 4 3 2 1
prints '5
4
3
2
1'
try 0 sh -c 'seq 500 | parctl map -k job.c:add 1000 | md5sum'
prints "$(seq 1001 1500 | md5sum)"
try 0 sh -c "printf 'a b\nit'\\''s\n' | parctl map -k 'printf \"[%s]\\n\" {} | cat'"
prints "[a b]
[it's]"
try 0 parctl map -k echo '{/.}:{#}' ::: x/y.c z
prints 'y:1
z:2'
try 0 parctl map -k --content job.c:size ::: job.c a.txt
prints "$(wc -c <job.c)
5"
try 2 parctl map -k 'echo {}; exit {}' ::: 0 3 0 1
prints '0
3
0
1'
says '^par: #2 \(3\): exit 3 on '
says '^par: #4 \(1\): exit 1 on '
try 1 parctl map -k --json job.c:add 1 ::: 2 x
prints '{"index":1,"value":3}
'"$(tail -1 "$out")"
says_nothing
tail -1 "$out" | grep -q '{"index":2,"error":".*","executed":"no"}' ||
    fail "--json of an item that does not fit: $(tail -1 "$out")"
try 101 sh -c 'seq 150 | parctl map job.c:refuse'
try 1 parctl map --content job.c:size ::: job.c none
says '^par: #2 \(none\): none: No such file'
try 0 parctl map echo :::
prints ''
try 0 sh -c 'parctl map -j 3 "head -c 3000000 {}" ::: /dev/zero /dev/zero | wc -c'
prints 6000000
try 0 parctl map -u printf x ::: a
prints x
try 0 sh -c "parctl map --line-buffer 'echo a{}; echo b{}' ::: 1 2 3 | sort"
prints 'a1
a2
a3
b1
b2
b3'

# --- a terminal: progress, which takes nothing of the output away
# (an erased line is what follows the last `erase'; a job's never does)
on_terminal() { # COLUMNS COMMAND
    script -qec "stty cols $1; $2" /dev/null </dev/null | tr -d '\r' >"$out"
}
if command -v script >/dev/null; then
    TERM=xterm on_terminal 80 "parctl map -k -j 1 'sleep 0.3; echo {}' ::: 1 2"
    grep -q '1 of 2 done, [0-9]* s, [0-9.]* a second' "$out" ||
        fail "no progress: $(cat -v "$out")"
    TERM=xterm on_terminal 20 "parctl map -k -j 1 'sleep 0.3; echo {}' ::: 1 2"
    tr '\33' '\n' <"$out" | grep -q '.\{22\}' &&
        fail "progress is broken in two: $(cat -v "$out")"
    for how in -k -u --line-buffer; do
        TERM=xterm on_terminal 80 \
            "parctl map $how -j 1 'printf x; sleep 0.3; printf y' ::: 1 2"
        tr -d '\n' <"$out" | grep -q 'xy.*xy' ||
            fail "output is gone: $(cat -v "$out")"
        tr '\33' '\n' <"$out" | sed 's/^\[K//' | grep -q '[xy].*done' &&
            fail "progress on a line of output: $(cat -v "$out")"
    done
    TERM=dumb on_terminal 80 "parctl map -k 'sleep 0.2; echo {}' ::: 1 2"
    prints '1
2'
fi

# --- the command line
try 125 parctl run
says 'what is to be run'
try 125 parctl run --jsn -- true
says 'no option --jsn; did you mean --json'
try 2 parctl --broker ipc:///x run -- true
says '^par: --broker: the verb comes first, as in: parctl run --broker \.\.\.$'
try 125 parctl map -j many echo ::: 1
says '^par: -j, --jobs: `many. is not a whole number$'
try 125 env PAR_BROKER=foo parctl run -- true
says '^par: PAR_BROKER: `foo. is not an endpoint'
try 125 parctl map echo '{=' s/a/b/ '=}' ::: 1
says '^par: .= of GNU parallel is not built yet'
try 1 sh -c 'head -c 2000000 /dev/zero | tr "\0" x | parctl map echo'
says '^par: #1 .*\.\.\.\): arguments of [0-9]* bytes are over the limit of 1048576$'
try 125 parctl map --joblog x echo ::: a
says 'joblog of GNU parallel is not built yet'
try 125 parctl map -k -u echo ::: a
try 125 parctl run -o x -- true
says 'not built yet'
try 125 parctl run --timeout soon -- true
says "soon.*is no time"
try 2 parctl rum
says 'did you mean run'
for jobs in +1 -1 50%; do # not read as another number
    try 125 parctl map -j $jobs echo ::: a
    says "jobs .$jobs.: .*not built yet"
done
try 125 parctl run --connect-timeout 0 -- true
says 'some time is needed'
try 127 parctl run job.c:
says 'FILE:FUNCTION'
try 125 sh -c "printf 'a\nb\0c\n' | parctl map echo"
says '^par: standard input: line 2 holds a zero octet'
for place in '--worker w9' '--host nowhere' '--label a=b' '--resource gpu=1'; do
    try 125 timeout 5 parctl run $place -- true # nobody will come
    says '^par: no worker has '
done
try 125 parctl run --private --broker ipc:///x -- true
for verb in run map setup close ping status workers jobs cancel keygen allow \
    revoke trust ticket; do
    try 0 parctl $verb --help
    says_nothing
    grep -q "^usage: parctl $verb " "$out" || fail "$verb --help"
    awk 'length > 80 { exit 1 }' "$out" || fail "$verb --help is too wide"
    grep -q "^  .*parctl $verb" "$out" || fail "$verb --help has no example"
done
try 0 parctl --help
try 0 parctl --version
for verb in setup\ job.c close\ x ping status workers jobs cancel\ 1; do
    try 125 parctl $verb
    says 'no broker is running here; start one with: parbroker'
done
try 125 parctl run --broker "ipc://$TMPDIR/none" --connect-timeout 50ms -- true
says "none: nobody answers"

done_
