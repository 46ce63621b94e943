#!/bin/bash
# keys.sh - who may come in: two configuration folders on one host, over tcp
. "$top_srcdir/tests/system/claims.sh"
cd "$work" || exit 99

# Words that put a command there: where the broker runs, and another host, as
# far as keys go.
here=(env "PAR_CONFIG_DIR=$work/here" "XDG_RUNTIME_DIR=$XDG_RUNTIME_DIR/here")
there=(env "PAR_CONFIG_DIR=$work/there" "XDG_RUNTIME_DIR=$XDG_RUNTIME_DIR/there")
mkdir -m 700 "$XDG_RUNTIME_DIR/here" "$XDG_RUNTIME_DIR/there"

broker_here() {
    start broker "${here[@]}" parbroker --listen "$1"
    ready broker '^ready on '
}

# ---- our own user needs nothing ----

broker_here 'tcp://127.0.0.1:*'
at=$(endpoint broker tcp)
start worker "${here[@]}" parworker -c 1 -n near --broker "$at"
ready worker 'ready as near'
try "${here[@]}" parctl run --broker "$at" -- echo hi
quiet "the broker's own user, over tcp, without any set-up" 0 hi
like "... encrypted: the broker has a key" \
    "$("${here[@]}" parctl status --json)" '"public_key":"[^"]{40}"'
key=$("${here[@]}" parctl status --json | sed 's/.*"public_key":"\([^"]*\)".*/\1/')
is "the broker's key is for its owner alone" "$(stat -c %a here/broker.key)" 600
is "and so is ours" "$(stat -c %a here/id.key)" 600

# ---- everybody else is a stranger ----

far=(--broker "$at" --connect-timeout 2)
try "${there[@]}" parctl run "${far[@]}" -- echo hi
said "a stranger: first he must trust the broker; the command is told" 125 \
    "^par: .*parctl trust $at 'KEY'"
try "${there[@]}" parctl trust "$at" nonsense
said "what is no key" 2 'is no key'
try "${there[@]}" parctl trust nowhere "$key"
said "what is no place" 2 'nowhere'
try "${there[@]}" parctl trust "$at" "$key"
is "trust" $code 0
try "${there[@]}" parctl run "${far[@]}" -- echo hi
said "then the broker must let him in; the command is told" 125 \
    "^par: .*parctl allow '[^']{40} [^']*' --role client"
"${there[@]}" parctl keygen --show >line
line=$(cat line)
like "... with his own line" "$err" "$(sed 's/[^A-Za-z0-9@ _-]/./g' line)"
try "${there[@]}" parctl keygen
said "keygen never overwrites" 1 '^par: .*keygen --show'
is "... indeed" "$("${there[@]}" parctl keygen --show)" "$line"
try "${there[@]}" parctl keygen "$work/there/two.key"
like "a file of that name is a key of that name" "$out" '^[^ ]{40} two$'
like "... and the command that lets it in is told" "$err" "parctl allow '.* two'"
try "${there[@]}" parctl keygen a b
is "one key at a time" $code 2
try "${here[@]}" parctl allow "$line"
said "allow wants a role" 2 '[-]-role'
try "${here[@]}" parctl allow "$line" --role king
said "... that there is" 2 'king.*client, worker, admin'
try "${here[@]}" parctl allow "$line" --role client
said "a name that is another key's is no name for a stranger's" 1 '^par: .*another key.s.*--account'
try "${here[@]}" parctl allow "${line%% *} uid:$UID" --role client
said "... nor is our account" 125 '^par: .*uid:'
try "${here[@]}" parctl allow "${line%% *} him client account=uid:$UID"
said "... nor is it his line that says whose jobs he shares" 2 'account=uid:'
line="${line%% *} him"
echo "$line" >line
try "${here[@]}" parctl allow "$line" --role client
quiet "allow" 0 'him may come in as client'
can_run() {
    "${there[@]}" parctl run "${far[@]}" -- true 2>/dev/null
}
wait_for can_run
try "${there[@]}" parctl run "${far[@]}" -- echo hi
quiet "from then on he comes in, the broker was not restarted" 0 hi

# ---- roles ----

start refused "${there[@]}" parworker -n refused --broker "$at"
wait_line refused.err 'client, not as worker'
like "a client's key does not register a worker; it is told which command" \
    "$(cat refused.err)" "parctl allow '$(sed 's/[^A-Za-z0-9@ _-]/./g' line)' --role client,worker"
is "... and no worker of that name is there" \
    "$("${here[@]}" parctl workers --json | grep -c refused)" 0
"${here[@]}" parctl allow "$line" --role client,worker >/dev/null
wait_line refused.out 'ready as refused'
is "allowed as worker, it comes in by itself" $? 0
is "... having said once what was missing" "$(wc -l <refused.err)" 1
stop refused
is "... and leaves in peace" $code 0

# ---- what must not be ----

chmod 644 there/id.key
try "${there[@]}" parctl run "${far[@]}" -- true
said "a key that others can read is refused, with the mending command" 125 \
    "^par: .*chmod 600 $work/there/id.key"
start worker2 "${there[@]}" parworker -n far --broker "$at"
wait_line worker2.err "chmod 600 $work/there/id.key"
is "... by a worker, too" $? 0
chmod 600 there/id.key
wait_line worker2.out 'ready as far'
is "... which comes in when it is mended" $? 0
stop worker2
try "${there[@]}" parctl run "${far[@]}" --key nosuch -- true
said "a key that is not there" 125 'nosuch'
"${there[@]}" parctl keygen spare >/dev/null 2>&1
other=$("${there[@]}" parctl keygen --show spare | cut -d ' ' -f 1)
try "${there[@]}" parctl trust "$at" "$other"
said "another key for the same broker is not believed" 1 '^par: .*replace'
remedy="parctl trust --replace $at '$other'"
is "... the command that mends it is told" "$(grep -oF "$remedy" <<<"$err")" "$remedy"
try "${there[@]}" sh -c "$remedy"
is "... and works as it stands there" $code 0
try "${there[@]}" parctl run "${far[@]}" -- true
said "a broker with another key than the one trusted is refused" 125 \
    '^par: .*another key than the one trusted here .*parctl status'
like "... which is named" "$err" "$(sed 's/[^A-Za-z0-9]/./g' <<<"$other")"
try "${there[@]}" parctl trust --replace "$at" "$key"
try "${there[@]}" parctl run "${far[@]}" -- echo again
quiet "... trust --replace mends it" 0 again
printf 'not a key\n' >there/bad.key
chmod 600 there/bad.key
try "${there[@]}" parctl run "${far[@]}" --key bad -- true
said "a torn key file is named" 125 '^par: .*bad\.key'
try "${there[@]}" parctl run "${far[@]}" --key "$work/here/broker.key" -- true
is "another's key, though readable, is no way in" $code 125

# ---- revoked ----

# The session that was: cut by the broker, without waiting for its next word.
start live "${there[@]}" parctl run "${far[@]}" -- sh -c 'echo up; exec sleep 1000'
wait_line live.out up
start far_worker "${there[@]}" parworker -c 1 -n far --broker "$at"
ready far_worker 'ready as far'
revoked=${EPOCHREALTIME/./}
"${here[@]}" parctl revoke "${line%% *}" >/dev/null
ended live
took=$(((${EPOCHREALTIME/./} - revoked) / 1000))
is "revoke cuts a live session" $code 125
like "... which is told why" "$(cat live.err)" '^par: '
# A second, it is promised; the rest is for a machine that is busy.  What looks
# at its list now and then, or waits for a silent peer, takes longer.
most "... within a second (ms)" $took 4000
gone() {
    ! "${here[@]}" parctl workers --json | grep -q '"far"'
}
wait_for gone
is "... and a live worker" $? 0
no_sleep() {
    ! pgrep -u $UID -f 'sleep 1000' >/dev/null
}
wait_for no_sleep
is "... and what the session ran is ended" $? 0
try "${there[@]}" parctl run "${far[@]}" -- true
said "he is a stranger again" 125 "^par: .*parctl allow '"
try "${here[@]}" parctl revoke him
said "... and can be revoked no more" 1 'is not in it'
stop far_worker

# ---- a ticket ----

try "${here[@]}" parctl ticket near
said "a ticket to a broker that others cannot reach" 0 \
    '127\.0\.0\.1:[0-9]+ is reached from this host only' "$out"
try "${here[@]}" parctl ticket hostd --endpoint tcp://hosta:7270
quiet "... or by another address" 0 "$out"
umask 022
"${here[@]}" parctl ticket hostb --role worker >b.par
is "a ticket" $? 0
is "... is for its owner alone, whatever the umask" "$(stat -c %a b.par)" 600
try "${here[@]}" parctl ticket hostb
said "a second one of that name" 1 '^par: .*parctl revoke hostb'
start far_worker env PAR_CONFIG_DIR="$work/third" parworker -c 1 -n far --ticket b.par
ready far_worker 'ready as far'
try "${here[@]}" parctl run --worker far -- echo from afar
quiet "with a ticket a worker needs nothing else" 0 'from afar'
stop far_worker
chmod 644 b.par
try env PAR_CONFIG_DIR="$work/third" parworker --ticket b.par
said "a ticket that others can read is refused" 2 'chmod 600 .*b\.par'
"${here[@]}" parctl ticket alice --role client >c.par
try "${there[@]}" parctl run --ticket c.par -- echo ticket
quiet "a client's ticket" 0 ticket
try "${there[@]}" parctl ping --ticket none.par broker
said "a ticket that is not there" 125 'none\.par'

# One that somebody else may have open, or that nobody gets, lets nobody in.
list=$(cat here/authorized)
unmade() { # WHAT CODE WHY
    like "a ticket $1" "$2 $(cat ticket.err)" "^125 .*$3"
    is "... lets nobody in" "$(cat here/authorized)" "$list"
}
: >open.par
exec 3<open.par
"${here[@]}" parctl ticket hosto --role worker >open.par 2>ticket.err
unmade "that somebody waits for" $? 'another program has it open'
exec 3<&-
is "... has no octets in it" "$(cat open.par)" ""
"${here[@]}" parctl ticket hosto --role worker >/dev/full 2>ticket.err
unmade "that cannot be written" $? ''
(
    "${here[@]}" parctl ticket hosto --role worker 2>ticket.err
    echo $? >ticket.code
) | true
unmade "that nobody reads" "$(cat ticket.code)" ''
stop worker
stop broker

# ---- a worker before its broker ----

start early "${here[@]}" parworker -c 1 -n early --broker "$at"
start early_local "${here[@]}" parworker -c 1 -n local
broker_here "$at"
wait_line early.out 'ready as early'
is "a worker that was there before its broker joins (CL-27), by tcp" $? 0
wait_line early_local.out 'ready as local'
is "... and by ipc" $? 0
is "... and says nothing else" "$(cat early.err early_local.err)" ""
try "${here[@]}" parctl run --worker early -- echo early
quiet "... and works" 0 early

# ---- its owner, revoked ----

mine=$("${here[@]}" parctl keygen --show)
list=$(cat here/authorized)
try "${here[@]}" parctl revoke "${mine#* }"
said "one's own key is not revoked by mistake" 1 'is the key that you use here.*--force'
try "${here[@]}" parctl revoke "${mine%% *}"
is "... by no name" $code 1
echo "$other ${mine#* } client" >>here/authorized
try "${here[@]}" parctl revoke "${mine#* }"
said "... nor with another of that name" 1 'is 2 keys in .*you use one of them here'
try "${here[@]}" parctl revoke --force "${mine#* }"
quiet "... unless one insists" 0 "${mine#* } may not come in any more: 2 keys"
try "${here[@]}" parctl ping broker
is "the socket's owner needs no key" $code 0
echo "$list" >here/authorized
try "${here[@]}" parctl revoke --force "${mine%% *}"
is "its owner's key can be revoked" $code 0
stop early
stop early_local
stop broker
broker_here "$at"
is "... and stays out when the broker starts again" "$(grep -cF -e "${mine%% *}" here/authorized)" 0

finish
