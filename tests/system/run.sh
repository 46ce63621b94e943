#!/bin/bash
# run.sh - `parctl run`, by itself: a private broker and worker inside
. "$top_srcdir/tests/system/claims.sh"

# ---- what a command says, and how it ends ----

try parctl run -- echo hi
quiet "echo hi, without a daemon" 0 hi
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

# ---- what it is given ----

cd "$work" || exit 99
try parctl run -- pwd
quiet "it runs in our folder" 0 "$work"
FLOWER=rose try parctl run -- sh -c 'echo $FLOWER'
quiet "with our environment" 0 rose
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

# ---- refusals ----

try parctl run --tiemout 3 -- true
said "an unknown option, and the nearest" 125 'tiemout.*--timeout'
try parctl rnu -- true
said "an unknown verb, and the nearest" 2 'rnu.*run'
try parctl run
said "nothing to run" 125 '^par: '
try parctl run --timeout soon -- true
said "a time that is none" 125 'soon'
try parctl
is "no verb at all is a wrong usage" $code 2
try parctl run --help
like "--help teaches" "$out" 'parctl run '
for verb in workers status jobs ping; do
    try parctl $verb
    said "$verb needs a broker, and says so" 125 \
        '^par: no broker is running here; start one with: parbroker$'
done

# Nobody listens on the socket: a path that is not there, and a port of ours.
try parctl run --broker "ipc://$work/none.sock" --connect-timeout 300ms -- true
said "an unreachable broker, within the time that we gave" 125 \
    "^par: .*ipc://$work/none.sock"
try parctl run --broker tcp://127.0.0.1:1 --connect-timeout 300ms -- true
said "... over tcp" 125 '^par: .*tcp://127.0.0.1:1'
try parctl run --broker http://x -- true
said "what is no endpoint" 125 '^par: .*http://x'

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

finish
