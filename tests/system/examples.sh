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
like "... each file once" "$out" "^3 files, $((700001 + 600000 + 11)) bytes, in [0-9]+ pieces"
like "... its report" "$out" \
    '^[0-9]+ jobs on 2 slots: [0-9.]+ s, [0-9-]+ us of overhead a job, [0-9.]+ times as fast as one slot$'
is "... the ten most frequent" "$(grep -c '^ *[0-9]*  [a-z]*$' <<<"$out")" 10
is "... the files that it read" "$(tr '\0' ' ' <list)" 'large line short '
is "... all words, against cat | tr | sort | uniq -c" "$(cksum <table)" \
    "$(for f in large line short; do cat $f && echo; done |
        LC_ALL=C tr -cs A-Za-z '\n' | tr A-Z a-z | LC_ALL=C sort | uniq -c |
        sed -n 's/^ *\([0-9]* [a-z]\)/\1/p' | cksum)"
try "$top_builddir/wordcount_run" /nowhere
said "a file that is not there" 1 '^wordcount_run: /nowhere: No such file'
PAR_BROKER=nowhere try "$top_builddir/hello"
said "hello, when told of a broker that cannot be" 1 '^hello: .*nowhere'

finish
