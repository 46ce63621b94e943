#!/bin/bash
# shown.sh - the commands that the README and the manual pages show, run as they
# are shown there (doc/two-hosts.md has a test of its own)
. "$top_srcdir/tests/system/claims.sh"


# Everything of doc/examples by the same path as in the clone.
mkdir "$work/clone" && ln -s "$top_srcdir/doc" "$work/clone/doc"

# shown DOCUMENT COMMAND: it is there, in this form; run it.
shown() {
    grep -qF -- "$2" "$top_srcdir/$1" ||
        not_ok "$1 shows: $2" "it does not (any more): mend this test"
    try bash -c "$2"
}

# runs DOCUMENT COMMAND: it is there; the test starts it in its own way.
runs() {
    grep -qF -- "$2" "$top_srcdir/$1" ||
        not_ok "$1 shows: $2" "it does not (any more): mend this test"
}

words() {
    LC_ALL=C tr -cs A-Za-z '\n' <"$1" | grep -c .
}

# ---- README: a minute ----

cd "$work/clone" || exit 99
shown README.md 'parctl run -- echo hi'
quiet "README: a command" 0 hi
shown README.md "seq 8 | parctl map -k 'sleep 0.1; echo {}'"
quiet "README: a map" 0 "$(seq 8)"
shown README.md 'parctl map --content doc/examples/wordcount.c:count ::: /usr/share/common-licenses/*'
quiet "README: C source over the licences" 0 \
    "$(for f in /usr/share/common-licenses/*; do words "$f"; done)"
runs README.md 'parbroker &                  ready on ipc:///run/user/1000/par/broker.sock; next: parworker'
start_broker
like "README: what parbroker says" "$(sed "s|$XDG_RUNTIME_DIR|/run/user/1000|" "$work/broker.out")" \
    '^ready on ipc:///run/user/1000/par/broker\.sock; next: parworker$'
runs README.md 'parworker &                  8 slots ready as myhost.1'
start_worker
like "README: what parworker says" "$(cat "$work/worker.out")" \
    "^$(nproc) slots? ready as $(hostname)\.1\$"
shown README.md 'parctl setup doc/examples/primes.c'
is "README: setup" $code 0
shown README.md 'parctl run primes.c:count 1 1000000'
quiet "README: ... and run by name" 0 78498
shown README.md 'parctl close primes.c'
quiet "README: ... and closed" 0
shown README.md 'parctl run -- hostname; parctl workers; parctl status; parctl jobs --json; parctl ping'
is "README: the listings" "$code $(head -n 1 <<<"$out")" "0 $(hostname)"
like "... workers" "$out" "^$(hostname)\.1 "
like "... ping" "$out" "^$(hostname)\.1: [0-9.]+ ms\$"

# The lines of C there are those of the example.
sed -n '/^From C/,/^From Python/s/^    //p' "$top_srcdir/README.md" |
    sed 's/^ *//; s/;$//; /^\.\.\.$/d; /^[{}]$/d' >"$work/lines"
least "README: lines of C" "$(wc -l <"$work/lines")" 6
while IFS= read -r line; do
    grep -qF -- "$line" "$EXAMPLES/hello.c" || echo "$line"
done <"$work/lines" >"$work/others"
is "README: ... all of them in doc/examples/hello.c" "$(cat "$work/others")" ""

# ---- par(7) ----

shown doc/man/par.7 'parctl run -- hostname'
quiet "par(7): on the worker" 0 "$(hostname)"
shown doc/man/par.7 'parctl workers'
is "par(7): workers" $code 0

# ---- parctl(1) ----

cd "$EXAMPLES" || exit 99
shown doc/man/parctl.1 'parctl setup primes.c'
is "parctl(1): setup" $code 0
cd "$work" || exit 99
shown doc/man/parctl.1 'parctl run primes.c:count 1 1000000'
quiet "parctl(1): a function that was set up" 0 78498
shown doc/man/parctl.1 'parctl close primes.c'
quiet "parctl(1): close" 0
stop worker
stop broker

mkdir "$work/files" && cd "$work/files" || exit 99
mkdir bin lib src doc
for d in lib src doc; do
    printf 'all:\n\t@echo made in %s\n' $d >$d/Makefile
done
shown doc/man/parctl.1 'parctl run -- make -C src'
like "parctl(1): make" "$code $out" 'made in src'
shown doc/man/parctl.1 'parctl map -j 4 --timeout 1m --json make -C ::: lib src doc'
is "parctl(1): three of them, --json" "$code $(grep -c '^{"index":[123],"value":".*made in ' <<<"$out")" "0 3"
echo one >1.log
echo two >2.log
shown doc/man/parctl.1 'parctl map gzip -9 ::: *.log'
quiet "parctl(1): gzip" 0
is "... is done" "$(zcat 1.log.gz 2.log.gz | tr '\n' ' ')" "one two "
printf '#!/bin/sh\nexec cp "$1" "$2"\n' >bin/convert # stands in for a large one
chmod +x bin/convert
echo picture >a.jpg
echo picture >'b c.jpg'
PATH=$work/files/bin:$PATH shown doc/man/parctl.1 "parctl map 'convert {} {.}.png && rm {}' ::: *.jpg"
quiet "parctl(1): a shell command" 0
is "... is done" "$(ls ./*.png ./*.jpg 2>/dev/null | tr '\n' '|')" './a.png|./b c.png|'
printf 'echo first\necho "second  one"; exit 3\n' >commands
shown doc/man/parctl.1 'parctl map sh -c <commands'
is "parctl(1): a file of commands" "$code $(sort <<<"$out" | tr '\n' '|')" '1 first|second  one|'
cp "$EXAMPLES/wordcount.c" .
cp /usr/share/common-licenses/GPL-3 gpl.txt
shown doc/man/parctl.1 'parctl map --content wordcount.c:count ::: *.txt'
quiet "parctl(1): C source over files" 0 "$(words gpl.txt)"

# ---- parbroker(8), parworker(8) ----

runs doc/man/parbroker.8 'parbroker & parworker &'
start_broker
runs doc/man/parworker.8 "parworker -c 4 --resource 'gpu=[0,1]' --label site=north"
start_worker -c 4 --resource 'gpu=[0,1]' --label site=north
# shellcheck disable=SC2016 # the job's own
try parctl map -k --resource gpu=1 --label site=north 'echo $PAR_GPU; : {}' ::: 1 2 3 4 5 6
is "parworker(8): cards are given out" "$code $(sort -u <<<"$out" | tr '\n' ' ')" "0 0 1 "

finish
