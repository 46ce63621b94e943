#!/bin/bash
# output.sh - what `parctl run` and `map` print arrives, or they fail and say
# so; on a terminal progress takes nothing of it away
. "$top_srcdir/tests/system/claims.sh"
cd "$work" || exit 99

for command in "run -- echo a" "run --json -- echo a" \
    "run $EXAMPLES/primes.c:count 1 10" 'map echo ::: a' \
    'map --json echo ::: a' 'map -u echo ::: a'; do
    try sh -c "parctl $command >/dev/full"
    said "$command: a full disk" 125 '^par: standard output: No space left on device'
    try sh -c "parctl $command >&-" # not into the first socket, either
    said "... a closed output" 125 '^par: standard output: Bad file descriptor'
done
try sh -c 'parctl --help >/dev/full'
is "--help to a full disk" $code 125
try sh -c 'parctl run --help >&-'
is "... to a closed output" $code 125
try sh -c 'parctl run -- echo a 2>&-'
quiet "a closed stderr is nothing to complain about" 0 a

# ---- on a terminal ----

# An erased line is what follows the last `erase'; a job's never does.
# on_terminal COLUMNS COMMAND
on_terminal() {
    try script -qec "stty cols $1; $2" /dev/null </dev/null
    out=$(tr -d '\r' <<<"$out")
}

if ! command -v script >/dev/null; then
    skip "progress on a terminal" "there is no script(1)"
    finish
fi
export TERM=xterm
on_terminal 80 "parctl map -k -j 1 'sleep 0.3; echo {}' ::: 1 2"
like "progress" "$out" '1 of 2 done, [0-9]* s, [0-9.]* a second'
on_terminal 20 "parctl map -k -j 1 'sleep 0.3; echo {}' ::: 1 2"
is "... is not broken in two by a narrow terminal" \
    "$(tr '\33' '\n' <<<"$out" | grep '.\{22\}')" ""
for how in -k -u --line-buffer; do
    on_terminal 80 "parctl map $how -j 1 'printf x; sleep 0.3; printf y' ::: 1 2"
    like "... with $how leaves the output" "$(tr -d '\n' <<<"$out")" 'xy.*xy'
    is "... and its lines" \
        "$(tr '\33' '\n' <<<"$out" | sed 's/^\[K//' | grep '[xy].*done')" ""
done
export TERM=dumb
on_terminal 80 "parctl map -k 'sleep 0.2; echo {}' ::: 1 2"
is "... and is not for a dumb one" "$out" $'1\n2'

finish
