#!/bin/bash
# clean.sh - `parctl run` leaves no process, socket or file, however it ends
. "$top_srcdir/tests/system/claims.sh"

# A tree that wants to live: it and its children ignore what may be ignored,
# one of them has left for a session of its own, one has no parent left.
cat >"$work/tree" <<'END'
#!/bin/sh
trap '' TERM INT HUP QUIT
sh -c 'sleep 10001 & wait' &
setsid sh -c 'sleep 10002 & wait' &
sh -c 'sleep 10003 & setsid sleep 10004 & exit 0'
echo planted
exec sleep 10005
END
chmod +x "$work/tree"

remember

parctl run -- echo hi >"$work/hi"
nothing_left "after a normal end"
parctl run -- sh -c 'exit 3'
nothing_left "after a failure"
parctl run -- sh -c 'sleep 10006 & setsid sleep 10007 & exit 0'
nothing_left "a job's background ends with the job"
parctl run --timeout 300ms -- "$work/tree" >"$work/out"
is "a timeout of a tree that ignores signals is 124" $? 124
nothing_left "... and nothing of it is left"
seq 20 | parctl map -k 'echo {}' >"$work/out"
nothing_left "after a map"
parctl run "$EXAMPLES/primes.c:count" 1 100 >"$work/out"
nothing_left "after a function"

# plant: a parctl that runs the tree, planted.
plant() {
    start tree parctl run -- "${1:-$work/tree}"
    wait_line "$work/tree.out" '^planted$' || show tree
}

# What is told to end in an orderly manner does: it waits for the job's own
# end (500 ms of grace, then SIGKILL).
plant
kill -INT "${pids[tree]}"
ended tree
is "SIGINT to parctl: 130" $code 130
nothing_left "... and nothing is left"

plant
kill -INT -- "-${pids[tree]}"
ended tree
is "Ctrl-C, to the whole process group: 130" $code 130
nothing_left "... and nothing is left"
is "... and no stray word" "$(cat "$work/tree.err")" ""

plant
kill -TERM "${pids[tree]}"
ended tree
is "SIGTERM to parctl: 143" $code 143
nothing_left "... and nothing is left"

# A second one does not wait for the job's own end.
cat >"$work/stubborn" <<'END'
#!/bin/sh
trap 'echo asked' TERM INT
echo planted
while :; do sleep 0.05; done
END
chmod +x "$work/stubborn"
plant "$work/stubborn"
kill -INT "${pids[tree]}"
wait_line "$work/tree.out" asked
kill -INT "${pids[tree]}"
ended tree
is "a second Ctrl-C: 130" $code 130
nothing_left "... and nothing is left"

plant
kill -KILL "${pids[tree]}"
ended tree
is "SIGKILL of parctl amid the tree: 137" $code 137
nothing_left "... and nothing is left"

plant
kill -HUP "${pids[tree]}"
ended tree
nothing_left "the terminal hangs up: nothing is left"

# A command that hears Ctrl-C may end in its own way.
cat >"$work/polite" <<'END'
#!/bin/sh
trap 'echo bye; exit 7' INT TERM
echo planted
while :; do sleep 0.05; done
END
chmod +x "$work/polite"
plant "$work/polite"
kill -INT -- "-${pids[tree]}"
ended tree
is "a command that cleans up on Ctrl-C is given the time" \
    "$(cat "$work/tree.out")" $'planted\nbye'
is "... 130 all the same" $code 130
nothing_left "... and nothing is left"

# In a map.
start map parctl map -j 2 --line-buffer "$work/tree" ::: 1 2 3 4
wait_line "$work/map.out" planted
kill -INT "${pids[map]}"
ended map
is "SIGINT amid a map: 130" $code 130
nothing_left "... and nothing is left"
start map parctl map -j 2 --line-buffer "$work/tree" ::: 1 2 3 4
wait_line "$work/map.out" planted
kill -KILL "${pids[map]}"
ended map
nothing_left "SIGKILL amid a map: nothing is left"

# With a broker and a worker that stay, the client's job is what goes.
start_broker
start_worker -c 2
parctl run -- true
remember
plant
kill -KILL "${pids[tree]}"
ended tree
nothing_left "SIGKILL of a client of a broker: its job is gone"
plant
kill -INT "${pids[tree]}"
ended tree
is "SIGINT of a client of a broker: 130" $code 130
nothing_left "... and its job is gone"
is "the worker lives, the next job runs" "$(parctl run -- echo next)" next
stop worker

# The worker killed, and so all that it ran.
remember
start_worker -c 1
plant
kill -KILL "${pids[worker]}"
ended worker
ended tree
is "SIGKILL of the worker: its job is 125" $code 125
nothing_left "... and nothing of it is left"

finish
