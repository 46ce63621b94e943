#!/bin/bash
# examples.sh - what doc/examples shows, works as its first lines say
. "$top_srcdir/tests/system/claims.sh"
cd "$work" || exit 99

try "$top_builddir/hello"
quiet "hello: its own function, in another process, without a broker" 0 42
try parctl run -- "$top_builddir/hello"
quiet "... and as a command of Par's itself" 0 42
try parctl run "$EXAMPLES/primes.c:count" 1 1000000
quiet "primes.c" 0 78498
try parctl map --content -k "$EXAMPLES/wordcount.c:count" ::: \
    /usr/share/common-licenses/GPL-[123]
quiet "wordcount.c" 0 "$(for f in /usr/share/common-licenses/GPL-[123]; do
    LC_ALL=C tr -cs A-Za-z '\n' <"$f" | grep -c .
done)"
for name in primes wordcount; do
    ${CC:-cc} -O2 -Wall -shared -fPIC -I"$top_srcdir/include" \
        "$EXAMPLES/$name.c" -o $name.so
    is "$name.c as a shared object" $? 0
done
try parctl run ./primes.so:count 1 100
quiet "... runs" 0 25
try parctl run ./wordcount.so:count @/usr/share/common-licenses/GPL-3
is "... with a file as its argument" "$code $out" \
    "0 $(LC_ALL=C tr -cs A-Za-z '\n' </usr/share/common-licenses/GPL-3 | grep -c .)"

try "$top_builddir/jobs"
quiet "jobs: what can be done with jobs" 0 '0 squared: 0
250 squared: 62500
500 squared: 250000
750 squared: 562500
sum of the squares: 332833500
1 / 0: there is no such number
argument 1 (x) of square is a string, the signature x:i->i wants an integer
a limit of 50 ms: TIMEOUT: ran longer than 50 ms
the quick one: done
the other one: done
10 jobs in a poll loop'
try "$top_builddir/embedded" "ipc://$work/embedded.sock"
quiet "embedded: broker, worker and client in one program" 0 $'42\ncalls: 1'
try "$top_builddir/embedded"
quiet "... over tcp" 0 $'42\ncalls: 1'
try "$top_builddir/embedded" tcp://nowhere
said "... which cannot be" 1 '^embedded: .*nowhere'

# What the documents show is what was run above.
code_of() {
    sed -n '/\*\/$/,$p' "$EXAMPLES/$1" | sed 1d
}
is "the program of par/client.h is hello.c" "$(
    sed -n '/^ \*     #include/,/^ \* doc/p' "$top_srcdir/include/par/client.h" |
        sed -n 's/^ \*$//p; s/^ \*     //p'
)" "$(code_of hello.c)"
is "... and that of libpar(3)" "$(sed -n '/^\.Bd/,/^\.Ed/p' "$top_srcdir/doc/man/libpar.3" |
    sed '/^\./d; s/\\e/\\/g')" "$(code_of hello.c)"
# in_order WHAT TEXT FILE...: its lines are lines of the files, in that order.
in_order() {
    is "$1" "$(awk 'NR == FNR { want[++n] = $0; next }
        { line = $0; sub(/^ */, "", line); if (line == want[i + 1]) i++ }
        END { print i < n ? "not there: " want[i + 1] : n " lines" }' \
        <(sed 's/^ *//; /^\.\.\.$/d; /^$/d' <<<"$2") "${@:3}")" \
        "$(sed '/^ *\.\.\.$/d; /^ *$/d' <<<"$2" | wc -l) lines"
}
in_order "the function of par/task.h is of hello.c" "$(sed -n '/^ \*     static/,/^ \*     PAR_/p' \
    "$top_srcdir/include/par/task.h" | sed 's/^ \*//')" "$EXAMPLES/hello.c"
in_order "README's C is of hello.c" "$(sed -n '/^    static int area/,/^    PAR_FUNCTION/p' \
    "$top_srcdir/README.md")" "$EXAMPLES/hello.c"

# README's minute, line by line.
cd "$top_srcdir" || exit 99
while read -r line; do
    case $line in
    'parbroker &') start_broker ;;
    'parworker &') start_worker ;;
    *)
        try sh -c "$line"
        is "README: $line" "$code $err" "0 "
        ;;
    esac
done < <(sed -n '/^## A minute/,/^## /s/^    \$ //p' README.md | sed 's/    .*//; s/ *$//')
stop worker
stop broker
cd "$work" || exit 99

# The main job of ./quickstart, over texts with every odd end.
text=(/usr/share/common-licenses/*)
cat "${text[@]}" "${text[@]}" "${text[@]}" "${text[@]}" | head -c 700001 >large
tr '\n' ' ' <large | head -c 600000 >line # cut where there is no line end
printf 'no line end' >short
: >empty
ln -s large twice
ln large thrice
try "$top_builddir/wordcount_run" -c 2 -o table -l list large line short empty twice thrice
said "wordcount_run" 0 '^$' "$out"
like "... each file once" "$out" "^3 files, $((700001 + 600000 + 11)) bytes, in [0-9]+ jobs"
like "... its report" "$out" \
    '^[0-9]+ jobs on 2 slots: [0-9.]+ s, [0-9-]+ us of overhead a job, [0-9.]+ times as fast as one slot$'
is "... the ten most frequent" "$(grep -c '^ *[0-9]*  [a-z]*$' <<<"$out")" 10
is "... the files that it read" "$(tr '\0' ' ' <list)" 'large line short '
is "... all words, against cat | tr | sort | uniq -c" "$(cksum <table)" \
    "$(for f in large line short; do cat $f && echo; done |
        LC_ALL=C tr -cs A-Za-z '\n' | tr A-Z a-z | LC_ALL=C sort | uniq -c |
        sed -n 's/^ *\([0-9]* [a-z]\)/\1/p' | cksum)"
try "$top_builddir/wordcount_run" -c none
said "a number of slots that is none" 2 '^wordcount_run: -c '
try "$top_builddir/wordcount_run" /nowhere
said "a file that is not there" 1 '^wordcount_run: /nowhere: No such file'
PAR_BROKER=nowhere try "$top_builddir/hello"
said "hello, when told of a broker that cannot be" 1 '^hello: .*nowhere'

finish
