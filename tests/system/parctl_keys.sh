#!/bin/bash
# parctl_keys.sh - keys as ssh has them: who may come in, over tcp + CURVE
. "$top_srcdir/tests/system/lib.sh"
cd "$TMPDIR" || exit 99

host=$HOME/a # where the broker runs
far=$HOME/b  # another host, as far as keys go
# Words that put a command there.
here=(env "PAR_CONFIG_DIR=$host" "XDG_RUNTIME_DIR=$host/run")
there=(env "PAR_CONFIG_DIR=$far" "XDG_RUNTIME_DIR=$far/run")
mkdir -p "$host/run" "$far/run"
chmod 700 "$host/run" "$far/run"

# --- keygen never overwrites
try 0 "${there[@]}" parctl keygen
says 'parctl allow'
line=$(cat "$out")
try 1 "${there[@]}" parctl keygen
says 'keygen --show'
try 0 "${there[@]}" parctl keygen --show
prints "$line"
[ "$(stat -c %a "$far/id.key")" = 600 ] || fail "id.key is readable by others"
try 0 "${there[@]}" parctl keygen spare
[ "$(cut -d' ' -f2 "$out")" = spare ] || fail "another name: $(cat "$out")"
says "parctl allow '.* spare'"
try 0 "${there[@]}" parctl keygen "$far/two.key"
[ "$(cut -d' ' -f2 "$out")" = two ] || fail "another name: $(cat "$out")"
try 2 "${there[@]}" parctl keygen a b

# --- the broker's own user needs no set-up
start broker "${here[@]}" parbroker --listen 'tcp://127.0.0.1:*'
at=$("${here[@]}" parctl status --json | grep -oE 'tcp://127.0.0.1:[0-9]+' | head -1)
key=$("${here[@]}" parctl status --json | sed 's/.*"public_key":"\([^"]*\)".*/\1/')
try 0 "${here[@]}" parctl ping --broker "$at" broker

# --- everybody else is a stranger, and is told what mends it
near="--broker $at --connect-timeout 1"
try 125 "${there[@]}" parctl ping $near broker
says "its key is not known here.*parctl trust $at 'KEY'"
try 2 "${there[@]}" parctl trust "$at" nonsense
says 'is no key'
try 2 "${there[@]}" parctl trust nowhere "$key"
try 0 "${there[@]}" parctl trust "$at" "$key"
try 125 "${there[@]}" parctl ping $near broker
says "does not know this key.*parctl allow '"
try 2 "${here[@]}" parctl allow "$line"
says '--role'
try 2 "${here[@]}" parctl allow "$line" --role king
says "king.*client, worker, admin"
try 1 "${here[@]}" parctl allow "$line" --role client
says "another key's"
line="${line%% *} far"
try 0 "${here[@]}" parctl allow "$line" --role client
prints "${line#* } may come in as client"
until_ "${there[@]}" parctl ping $near broker
try 0 "${there[@]}" parctl ping $near broker

# --- a changed broker key is refused, and said
other=$("${there[@]}" parctl keygen --show spare | cut -d' ' -f1)
try 1 "${there[@]}" parctl trust "$at" "$other"
remedy="parctl trust --replace $at '$other'"
grep -qF "$remedy" "$err" || fail "no remedy: $(cat "$err")"
try 0 "${there[@]}" sh -c "$remedy" # as it stands there, quotes and all
try 125 "${there[@]}" parctl ping $near broker
says "another key than the one trusted.*parctl trust --replace $at 'KEY'"
try 0 "${there[@]}" parctl trust "$at" "$key" --replace

# --- a key that others can read is refused
chmod 644 "$far/id.key"
try 125 "${there[@]}" parctl ping $near broker
says "chmod 600 $far/id.key"
chmod 600 "$far/id.key"
try 125 "${there[@]}" parctl ping --key nosuch $near broker
says 'nosuch'

# --- revoke cuts, at once
name=${line#* }
try 0 "${here[@]}" parctl revoke "$name"
prints "$name may not come in any more"
try 1 "${here[@]}" parctl revoke "$name"
says 'is not in it'
try 125 "${there[@]}" parctl ping $near broker
says 'does not know this key'

# --- but not oneself, unless one insists
own=$("${here[@]}" parctl keygen --show)
list=$(cat "$host/authorized")
try 1 "${here[@]}" parctl revoke "${own#* }"
says 'is the key that you use here.*--force'
try 1 "${here[@]}" parctl revoke "${own%% *}"
echo "$("${there[@]}" parctl keygen --show spare | cut -d' ' -f1)" \
    "${own#* } client" >>"$host/authorized"
try 1 "${here[@]}" parctl revoke "${own#* }"
says 'is 2 keys in .*you use one of them here'
try 0 "${here[@]}" parctl revoke --force "${own#* }"
prints "${own#* } may not come in any more: 2 keys"
try 0 "${here[@]}" parctl ping broker # the socket's owner needs no key
echo "$list" >"$host/authorized"

# --- a ticket is all that a second host needs
(umask 022 && "${here[@]}" parctl ticket hostb --role worker >b.par) ||
    fail "ticket: $?"
[ "$(stat -c %a b.par)" = 600 ] || fail "a ticket others can read"
try 1 "${here[@]}" parctl ticket hostb --role worker
says 'parctl revoke hostb'

# --- ... which nobody else may have open, or it is not made
list=$(cat "$host/authorized")
(umask 022 && : >open.par)
exec 3<open.par
"${here[@]}" parctl ticket hosto --role worker >open.par 2>"$err"
[ $? = 125 ] || fail "a ticket for somebody who waits for it"
says 'another program has it open'
exec 3<&-
[ -s open.par ] && fail "... has octets in it: $(cat open.par)"
"${here[@]}" parctl ticket hosto --role worker 2>"$err" >/dev/full
[ $? = 125 ] || fail "a ticket that cannot be written"
[ "$(cat "$host/authorized")" = "$list" ] ||
    fail "a ticket that nobody has lets somebody in"
(
    "${here[@]}" parctl ticket hosto --role worker 2>"$err"
    echo $? >code
) | true
[ "$(cat code)" = 125 ] || fail "a ticket that nobody reads: $(cat code)"
[ "$(cat "$host/authorized")" = "$list" ] ||
    fail "a ticket that nobody has read lets somebody in"
try 0 "${here[@]}" parctl ticket hostc
says '127.0.0.1:[0-9]+ is reached from this host only'
try 0 "${here[@]}" parctl ticket hostd --endpoint tcp://hosta:7270
says_nothing
start worker "${there[@]}" parworker -c 1 -n far --ticket b.par
try 0 "${here[@]}" parctl run --worker far -- echo from afar
prints 'from afar'
"${here[@]}" parctl ticket alice --role client >c.par || fail "ticket: $?"
try 0 "${there[@]}" parctl ping --ticket c.par broker
try 125 "${there[@]}" parctl ping --ticket none.par broker
says 'none.par'
kill "$worker"
wait "$worker" || fail "worker: $?"
stop broker

done_
