#!/bin/bash
# scarce.sh - what a worker needs is not to be had: descriptors, room for files,
# a folder to write in, a compiler that ends.  Whoever asked is told what and where; and
# two workers with one cache folder
. "$top_srcdir/tests/system/claims.sh"
cd "$work" || exit 99

# A copy of the example whose content, and so its computation, is another one.
another() {
    sed "1i /* $1 */" "$EXAMPLES/primes.c" >"$1.c"
}

start_broker

# ---- few descriptors: 64, and 300 if one asks for more ----

start worker prlimit --nofile=64:300 parworker -c 150 -n wide
ready worker ' ready as wide'
is "a worker takes all the descriptors that it may have" \
    "$(sed -n 's/^Max open files *\([0-9]*\).*/\1/p' "/proc/${pids[worker]}/limits")" 300
try parctl map -j 150 sh -c 'ulimit -Sn; sleep 0.2' ::: {1..150}
is "150 commands at once wait for what they need, and have the old limit" \
    "$code $(sort <<<"$out" | uniq -c)" "0     150 64"
echo '#include <par/task.h>
#include <unistd.h>
static int nap(struct par_task *t) { return usleep(200000) || par_put_int(t, par_int(t, 0)); }
PAR_FUNCTION(nap, "i:i")' >nap.c
try parctl map -j 150 nap.c:nap ::: {1..150}
is "... and 150 runs of a function" "$code $(wc -l <<<"$out")" "0 150"
stop worker

# ---- no room: files may have 64 KiB ----

head -c 1000000 /dev/urandom >large
start worker sh -c 'ulimit -f 128; exec parworker -c 1 -n small --dest-path "$1"' \
    sh "$work/cache"
ready worker ' ready as small'
another a
try parctl setup a.c -f large
said "a file for which there is no room is named, with the reason" 125 \
    '^par: .*file large: cache: write: File too large'
is "... and nothing of it is kept" "$(find cache/objects cache/tmp -size +60k)" ""
try parctl run -- echo well
quiet "... and the worker goes on" 0 well
stop worker

# ---- a cache folder that cannot be written ----

mkdir -p locked && chmod 500 locked
try parworker -c 1 -n w --dest-path "$work/locked"
said "a worker that may not write where files go does not start" 125 \
    "^parworker: .*$work/locked.*Permission denied"
start_worker -c 1 -n w --dest-path "$work/cache"
chmod 500 cache/tmp
another b
try parctl setup b.c
said "nor does it take files when that comes later" 125 \
    '^par: .*file b\.c: cache: .*Permission denied'
chmod 700 cache/tmp
try parctl setup b.c
is "... until it may again" $code 0
stop worker

# ---- a compiler that does not end ----

mkdir bin
cat >bin/cc <<'CC'
#!/bin/sh
echo compiling >"$0.begun"
sleep 30001 &
exec sleep 30002
CC
chmod +x bin/cc
remember
start worker env PATH="$work/bin:$PATH" parworker -c 1 -n slow --dest-path "$work/cache"
ready worker ' ready as slow'
parctl run -- true
remember

hang() {
    rm -f bin/cc.begun
    another "$1"
    shift
    start setup parctl "$@"
    wait_for test -e bin/cc.begun
}

hang c run c.c:count 1 10
stop setup INT
is "Ctrl-C of a run whose compiler hangs" $code 130
nothing_left "... the compiler is gone"
hang d run d.c:count 1 10
stop setup KILL
nothing_left "SIGKILL: the compiler is gone"
hang e setup e.c # this goes on without who asked for it
stop setup TERM
try parctl run -- echo well
quiet "meanwhile others run" 0 well
try parctl close e.c
is "close from elsewhere" $code 0
nothing_left "... the compiler is gone"
stop worker

# ---- two workers, one cache folder ----

cat >bin/cc <<CC
#!/bin/sh
echo "\$\$" >>$work/compiled
exec $(command -v "${CC:-cc}") "\$@"
CC
for i in 1 2 3; do
    start "w$i" env PATH="$work/bin:$PATH" parworker -c 2 -n "shared$i" \
        --dest-path "$work/cache"
    ready "w$i" " ready as shared$i"
done
for round in {1..5}; do
    another "g$round"
    for i in 1 2 3; do
        start "r$i" parctl run --worker "shared$i" "g$round.c:count" 1 1000
    done
    for i in 1 2 3; do
        ended "r$i"
        is "round $round: worker $i" "$code $(cat "r$i.out" "r$i.err")" "0 168"
    done
done
least "they compiled side by side (so many times)" "$(wc -l <compiled)" 5
is "the cache has no half file" "$(ls cache/tmp)" ""
for f in cache/objects/*; do
    [ "$(b2sum -l 256 <"$f" | cut -d' ' -f1)" = "${f##*/}" ] || echo "$f"
done >spoilt
is "each object is what its name says" "$(cat spoilt)" ""

finish
