#!/bin/bash
# setup.sh - computations that stay: setup, run by name, close; and every
# reason for which a set-up fails, in words that say what and where
. "$top_srcdir/tests/system/claims.sh"
cd "$work" || exit 99
start_broker
start_worker -c 2 -n w

# ---- the way it is meant ----

try parctl setup "$EXAMPLES/primes.c"
quiet "setup prints what may be run" 0 'primes.c:count low:i,high:i->i'
try parctl run primes.c:count 1 1000000
quiet "another session runs it by name" 0 78498
try parctl map -k primes.c:count 1 {} ::: 10 100 1000
quiet "... and maps it" 0 $'4\n25\n168'
try parctl ping -c primes.c w
is "ping says that it is set up there" $code 0
try parctl status computations --json
like "status lists it" "$out" '"name":"primes.c".*"kind":"source"'
try parctl status computations
like "... as a table" "$out" '^primes\.c '
try parctl setup "$EXAMPLES/primes.c"
is "the same again is free" $code 0
try parctl close primes.c
quiet "close" 0
try parctl run primes.c:count 1 10
said "then it can no longer be run" 125 '^par: primes\.c: there is no such file here, and nothing of that name is set up'
try parctl close primes.c
said "nor closed" 1 '^par: .*primes\.c'
try parctl ping -c primes.c w
said "nor pinged" 1 'primes\.c'

# ---- hooks, and functions called at set-up and at closing ----

cat >hooks.c <<'END'
#include <par/task.h>
#include <stdio.h>

static int note(struct par_task *t, const char *what)
{
    FILE *f = fopen(NOTES, "a");

    if (!f)
        return par_throw(t, 1, "no notes");
    fprintf(f, "%s\n", what);
    fclose(f);
    return 0;
}

static int host_setup(struct par_task *t) { return note(t, "host setup"); }
PAR_HOST_SETUP(host_setup)
static int host_close(struct par_task *t) { return note(t, "host close"); }
PAR_HOST_CLOSE(host_close)
static int load(struct par_task *t) { return note(t, par_str(t, 0)); }
PAR_FUNCTION(load, "what:s->n")
static int refuse(struct par_task *t) { return par_throw(t, 4, "no such disk"); }
PAR_FUNCTION(refuse, ":n")
END
sed -i "s|NOTES|\"$work/notes\"|" hooks.c
try parctl setup hooks.c --call load disk1
is "setup --call" $code 0
is "... runs after the host's own set-up function" "$(cat notes)" $'host setup\ndisk1'
try parctl setup hooks.c --call refuse
said "what it says is the answer" 125 '^par: .*no such disk'
try parctl close hooks.c --call load disk2
is "close --call" $code 0
is "... runs before the host's own closing function" "$(tail -n 2 notes)" $'disk2\nhost close'
is "the host's functions ran once" "$(sort notes | uniq -d)" ""

# ---- what a set-up can fail at ----

cat >broken.c <<'END'
#include <par/task.h>
static int f(struct par_task *t) { return par_put_int(t, none); }
PAR_FUNCTION(f, ":i")
END
try parctl setup broken.c
said "source that does not compile: the compiler's own words" 125 \
    'broken\.c:2:.* error: .none. undeclared'
like "... in full, with the line itself" "$err" 'return par_put_int\(t, none\)'
try parctl run ./broken.c:f
said "... by run, too" 125 'broken\.c:2:.* error: .none. undeclared'
echo 'int bare = ;' >bare.c
try parctl run ./bare.c:f
is "... which are not said twice" "$(grep -c 'error: expected expression' <<<"$err")" 1
echo 'int a;' >empty.c
try parctl setup empty.c
said "source without a function" 125 '^par: empty\.c: it offers nothing: it does not use par/task\.h'
cat >unhappy.c <<'END'
#include <par/task.h>
static int init(struct par_task *t) { return par_throw(t, 5, "no GPU"); }
PAR_SLOT_SETUP(init)
static int f(struct par_task *t) { return par_put_int(t, 1); }
PAR_FUNCTION(f, ":i")
END
try parctl setup unhappy.c
said "a set-up function that fails: its words (DI-06)" 125 '^par: .*no GPU'
sed 's/return par_throw.*;/__builtin_trap();/' unhappy.c >crashing.c
try parctl setup crashing.c
said "one that crashes" 125 '^par: .*signal (4|5)'
sed 's/return par_throw.*;/par_unheard_of(t); return 0;/' unhappy.c |
    sed '1i int par_unheard_of(void *);' >missing.c
try parctl setup missing.c
said "a symbol that nobody has" 125 '^par: .*par_unheard_of'

# An object of another machine: the head of an ELF file will do.
${CC:-cc} -shared -fPIC -I"$top_srcdir/include" "$EXAMPLES/primes.c" -o primes.so
try parctl setup primes.so
quiet "a shared object" 0 'primes.so:count low:i,high:i->i'
try parctl run primes.so:count 1 1000000
quiet "... runs" 0 78498
try parctl close primes.so
cp primes.so arm.so
machine=$(od -An -tu2 -j18 -N2 primes.so | tr -d ' ')
[ "$machine" = 183 ] && other='\x3e\x00' || other='\xb7\x00'
printf "$other" | dd of=arm.so bs=1 seek=18 conv=notrunc status=none
try parctl setup arm.so
said "an object of another machine names both" 125 \
    "^par: .*arm\.so is built for .*, this worker is $(uname -m)"
head -c 3000 primes.so >torn.so
try parctl setup torn.so
said "a torn one" 125 '^par: .*torn\.so'
try parctl run primes.so:count 1 10
quiet "a file here goes before a name: no set-up is needed" 0 4
try parctl setup "$EXAMPLES/primes.c"
try parctl run primes.c:cuont 1 10
said "a missing function names those that there are" 125 '^par: .*cuont.*count'
try parctl run primes.c:count 1
said "too few arguments, before anything is sent" 125 '^par: .*count.* 2|^par: .*count.*high'
try parctl run primes.c:count 1 x
said "a wrong one" 125 "^par: argument 2 \(high\) of count: \`x' is not an integer"
try parctl close primes.c

# ---- what fails here, before anything is sent (DI-04) ----

try parctl setup nowhere.c
said "a missing file" 125 '^par: nowhere\.c: No such file or directory'
try parctl setup primes.so -f nowhere.dat
said "a missing file that was to go along" 125 '^par: .*nowhere\.dat: No such file or directory'
try parctl setup "$EXAMPLES"
is "a folder is no computation" $code 125
echo 'echo hi' >script
try parctl setup script
said "nor is what is neither source nor object" 125 \
    '^par: script: .*neither C source .* nor a shared object'
try parctl status computations --json
is "of those nothing reached the broker" "$(grep -c 'nowhere\|script' <<<"$out")" 0

# ---- too large, no compiler ----

stop worker
start_worker -c 1 -n small --max-file-size 64k
head -c 100000 /dev/zero >large.dat
try parctl setup "$EXAMPLES/primes.c" -f large.dat
said "a file over --max-file-size is named (DI-05)" 125 '^par: .*large\.dat'
try parctl setup "$EXAMPLES/primes.c"
is "... and the next set-up succeeds" $code 0
try parctl close primes.c
stop worker

mkdir bin
start worker env PATH="$work/bin" "$top_builddir/parworker" -c 1 -n bare \
    --dest-path "$work/cache"
ready worker 'ready as bare'
try parctl setup "$EXAMPLES/primes.c"
said "a worker without a C compiler says so" 125 '^par: .*compiler'
try parctl setup primes.so
is "... and takes objects" $code 0
stop worker

finish
