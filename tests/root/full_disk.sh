#!/bin/bash
# full_disk.sh - the disk of a worker's cache is full: a set-up says so, and
# when there is room again it succeeds
. "$top_srcdir/tests/system/claims.sh"
cd "$work" || exit 99

unshare --mount true 2>/dev/null || {
    echo "SKIP: needs the right to mount"
    exit 77
}
mkdir disk
start_broker
# Mounts end with the name space, that is with the worker.
start worker unshare --mount sh -c 'mount -t tmpfs -o size=1m,mode=700 none disk &&
    exec parworker -c 1 -n full --dest-path "$PWD/disk"'
ready worker ' ready as full'
head -c 3000000 /dev/urandom >large
try parctl setup "$EXAMPLES/primes.c" -f large
said "a full disk: the file is named, with the reason" 125 \
    '^par: .*file large: cache: write: No space left on device'
try parctl run -- echo well
quiet "... and the worker goes on" 0 well
try parctl setup "$EXAMPLES/primes.c"
is "... and what it had of the file is gone: another one fits" $code 0
try parctl run primes.c:count 1 1000
quiet "... and runs" 0 168
stop worker

finish
