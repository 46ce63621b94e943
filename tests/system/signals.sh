#!/bin/bash
# signals.sh - daemons that are asked to end, that die, that freeze, that come
# back
. "$top_srcdir/tests/system/claims.sh"
cd "$work" || exit 99
host=$(hostname)

# job NAME FILE [OPTION...]: one that says up, and ends when FILE is there.
job() {
    local name=$1 file=$2

    shift 2
    start "$name" parctl run "$@" -- sh -c \
        "echo up; until [ -e $work/$file ]; do sleep 0.02; done; echo down"
    wait_line "$name.out" up || show "$name"
}

job_waits() {
    parctl jobs --json | grep -q '"state":"queued"'
}

start_broker --heartbeat 200ms

# ---- SIGTERM to a worker (XP-12) ----

worker_as one -c 1 -n one
job running go1
start queued parctl run -- echo later
jobs_are() {
    [ "$(parctl jobs --json | wc -l)" = "$1" ]
}
wait_for jobs_are 2
kill -TERM "${pids[one]}"
is_draining() {
    [ "$(field workers one state)" = draining ]
}
wait_for is_draining
is "SIGTERM: the worker is draining" $? 0
touch go1
ended running
is "... what runs finishes" "$code $(tail -n 1 running.out)" "0 down"
ended one
is "... then it ends, with 0" $code 0
worker_as two -c 1 -n two
ended queued
is "... and what waited goes to the next worker" "$code $(cat queued.out)" "0 later"

job running go2
kill -TERM "${pids[two]}"
is_two_draining() {
    [ "$(field workers two state)" = draining ]
}
wait_for is_two_draining
kill -TERM "${pids[two]}"
ended running
is "a second SIGTERM kills the job: 125" $code 125
like "... which is told so" "$(cat running.err)" '^par: .*two'
ended two
is "... and the worker ends" $code 0

worker_as grace -c 1 -n grace --grace 300ms
job running go2
began=${EPOCHREALTIME/[.,]/}
stop grace
least "--grace 300ms: its patience lasts so long (us)" \
    $((${EPOCHREALTIME/[.,]/} - began)) 300000
is "... its end kills, too" $code 0
ended running
is "... 125" $code 125

# ---- kill -9 of a worker ----

worker_as one -c 1 -n one
job running go2 --worker one
pid=${pids[one]}
kill -KILL "$pid"
ended running
is "SIGKILL of a worker: its job is lost: 125" $code 125
like "... with worker, host and process (XP-13)" "$(cat running.err)" \
    "^par: .*one.*$host.*$pid|^par: .*one.*$pid.*$host"
ended one
start next parctl run -- echo next
worker_as two -c 1 -n two
ended next
is "... the next job runs elsewhere" "$code $(cat next.out)" "0 next"
worker_as one -c 1 -n one
is "... and a new worker may have the name" $? 0
job running go3 --retries 1 --worker one
kill -KILL "${pids[one]}"
ended one
wait_for job_waits
worker_as one -c 1 -n one
touch go3
ended running
is "--retries 1: the lost job runs again" "$code $(tail -n 1 running.out)" "0 down"

# ---- kill -9 of the keeper of a slot ----

# shellcheck disable=SC2016 # its parent
try parctl run -- sh -c 'kill -9 $PPID'
said "SIGKILL of a command's keeper: 125" 125 '^par: '
try parctl run -- echo on
quiet "... the next job runs" 0 on

# ---- a worker that freezes (RP-31, DD-30) ----

job running go4 --worker one
kill -STOP "${pids[one]}"
ended running
is "a frozen worker is noticed: its job is lost" $code 125
like "... with the reason" "$(cat running.err)" '^par: .*one'
try parctl run -- echo on
quiet "... others go on" 0 on
kill -CONT "${pids[one]}"
is_back() {
    [ -n "$(field workers one state)" ]
}
wait_for is_back
is "... thawed, it registers anew" $? 0
no_loop() {
    ! pgrep -u $UID -f "until .*go4" >/dev/null
}
wait_for no_loop
is "... and has ended the job that was given up" $? 0
try parctl run --worker one -- echo warm
quiet "... and works" 0 warm

# ---- the broker goes, and comes back (XP-09, DI-42) ----

# One that waits for its job, one whose job waits, one that feeds a map.
job running go5 --worker one
start queued parctl run --label none=here -- true
wait_for jobs_are 2
mkfifo feed
start map sh -c 'exec parctl map -k --worker two --connect-timeout 1000 echo <feed'
exec 3>feed
seq 10 >&3
wait_line map.out '^10$'
kill -KILL "${pids[broker]}"
ended broker
for client in running queued; do
    ended $client
    is "SIGKILL of the broker, client $client hears of it: 125" $code 125
    like "... and says so" "$(cat $client.err)" '^par: .*broker'
done
wait_line map.err 'has gone; what has not begun waits for it$'
is "... and a map, though it waits for input" $? 0
wait_line map.err 'waiting$'
is "... which waits for a broker, and says so" $? 0
stop map INT
is "... until Ctrl-C: 130" $code 130
exec 3>&-
is "... it has printed what was done" "$(cat map.out)" "$(seq 10)"
start_broker --heartbeat 200ms
both_are_back() {
    [ -n "$(field workers one state)" ] && [ -n "$(field workers two state)" ]
}
wait_for both_are_back
is "a new broker: its workers come back by themselves" $? 0
try parctl run -- echo again
quiet "... and work" 0 again

# ---- SIGTERM to the broker ----

job running go6
at=$(endpoint broker ipc)
kill -TERM "${pids[broker]}"
refuses() {
    ! parctl run --broker "$at" --connect-timeout 300ms -- true 2>/dev/null
}
wait_for refuses
is "SIGTERM: the broker takes nothing new" $? 0
is "... but waits for what runs" "$(is_alive "${pids[broker]}" && echo yes)" yes
touch go6
ended running
is "... which finishes" "$code $(tail -n 1 running.out)" "0 down"
ended broker
is "... then it ends, with 0" $code 0
is "... and its socket is gone" "$(find "$XDG_RUNTIME_DIR" -type s)" ""
start_broker --heartbeat 200ms
wait_for both_are_back
is "... and when another starts, the workers are back" $? 0
try parctl run -- echo and again
quiet "... and work" 0 'and again'
stop broker
stop one
is "workers without a broker end on SIGTERM: 0" $code 0
stop two

# ---- a signal after the end: parspawn is stopped, so that it takes a while ----

ignores() {
    local ignored

    ignored=$(sed -n 's/^SigIgn:[[:space:]]*//p' "/proc/${pids[one]}/status")
    (($((16#${ignored:-0} >> 13 & 3)) == 3)) # SIGALRM, SIGTERM
}

start_broker
worker_as one -c 1 --grace 1m
parspawn=$(parctl run -- sh -c \
    'read -r pid name state parent rest </proc/$PPID/stat; echo $parent')
kill -STOP "$parspawn"
kill -TERM "${pids[one]}"
wait_for ignores
is "a worker that is closed listens to no signal" $? 0
kill -TERM "${pids[one]}"
ended one
is "... and ends with 0" $code 0
stop broker

# ---- SIGINT that was ignored at the start, as scripts have it with `&' ----

start deaf env --ignore-signal=INT parctl run -- sh -c \
    "echo up; until [ -e $work/go7 ]; do sleep 0.02; done; echo down"
wait_line deaf.out up || show deaf
kill -INT "${pids[deaf]}"
touch go7
ended deaf
is "parctl leaves it ignored" "$code $(tail -n 1 deaf.out)" "0 down"
start broker env --ignore-signal=INT parbroker
ready broker '^ready on '
start one env --ignore-signal=INT parworker -c 1
ready one ' slots? ready as '
kill -INT "${pids[broker]}" "${pids[one]}"
try parctl run --connect-timeout 2s --timeout 5s -- echo still here
quiet "... so do the daemons" 0 'still here'
stop one
stop broker

finish
