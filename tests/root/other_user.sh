#!/bin/bash
# other_user.sh - what another user of the host can do to us: nothing
#
# alice and bob are two user ids without accounts.
. "$top_srcdir/tests/system/claims.sh"
cd "$work" || exit 99

/usr/bin/python3 -c 'import zmq, msgpack' || {
    echo "SKIP: needs Debian's python3-zmq, python3-msgpack"
    exit 77
}

alice=$((40000 + $$ % 10000))
while getent passwd $alice || getent passwd $((alice + 1)); do
    alice=$((alice + 2))
done
bob=$((alice + 1))

# Words that run a command as them, with a home and without a runtime folder.
as_alice=(setpriv "--reuid=$alice" "--regid=$alice" --clear-groups --
    env -u XDG_RUNTIME_DIR "HOME=$work/alice")
as_bob=(setpriv "--reuid=$bob" "--regid=$bob" --clear-groups --
    env -u XDG_RUNTIME_DIR "HOME=$work/bob")

chmod 711 "$TMPDIR/.." "$TMPDIR" "$work"
install -d -m 700 -o $alice -g $alice alice
install -d -m 700 -o $bob -g $bob bob
install -d -m 1777 shared
# Theirs; the user ids are nobody's, so that is what they made.
away() {
    rm -rf "/tmp/par-$alice" "/tmp/par-$bob"
}
trap 'give_up; away' EXIT

# ---- he serves where we look ----

cat >fake.py <<'END'
import os, sys
sys.path.insert(0, os.environ["top_srcdir"] + "/contrib/python")
import zmq
from par_min import decode, encode
router = zmq.Context().socket(zmq.ROUTER)
router.bind("ipc://" + sys.argv[1])
os.chmod(sys.argv[1], 0o666)
print("ready", flush=True)
while True:
    to, *frames = router.recv_multipart()
    print("got", decode(*frames).type, flush=True)
    welcome = {1: 1, 3: bytes(16), 7: 1, 11: 2000, 15: [[1, 4096, 1 << 23]]}
    router.send_multipart([to, encode(2, meta=welcome)])
END
start fake "${as_bob[@]}" /usr/bin/python3 -B "$work/fake.py" "$work/shared/sock"
ready fake '^ready'
at=(--broker "ipc://$work/shared/sock")
try "${as_alice[@]}" parctl run "${at[@]}" -- echo secret
said "a client does not speak to another user's broker" 125 'serves another user'
start worker "${as_alice[@]}" parworker -c 1 "${at[@]}"
wait_line worker.err 'another user'
is "nor does a worker" $? 0
stop worker
is "... it has heard nothing" "$(grep got fake.out)" ""
start root parctl status "${at[@]}"
wait_line fake.out '^got 1$'
is "root goes where it is told to" $? 0
stop root KILL
stop fake KILL
rm -f shared/sock

# ---- he comes to our door ----

start broker "${as_alice[@]}" parbroker --listen "ipc://$work/shared/ours"
ready broker '^ready on '
at=(--broker "ipc://$work/shared/ours")
is "our runtime folder is ours alone" "$(stat -c '%u %a' "/tmp/par-$alice")" "$alice 700"
try "${as_bob[@]}" parctl status --broker "ipc:///tmp/par-$alice/broker.sock" --connect-timeout 1
said "nobody else reaches our socket" 125 '^par: '
chmod 666 shared/ours
try "${as_bob[@]}" parctl status "${at[@]}"
said "... and where he does, he is refused" 125 'serves another user'
try "${as_alice[@]}" parctl status "${at[@]}"
is "we are not" $code 0
try parctl status "${at[@]}"
is "root neither" $code 0
try "${as_bob[@]}" rm -f shared/ours shared/ours.lock
is "in a sticky folder the socket cannot be taken away" "$(stat -c %u shared/ours)" $alice
try "${as_bob[@]}" parbroker --no-local --listen "ipc://$work/shared/ours"
is "... nor taken over" "$code $(stat -c %u shared/ours)" "125 $alice"
stop broker

# ---- he was there first ----

rm -rf "/tmp/par-$alice"
"${as_bob[@]}" mkdir -m 777 "/tmp/par-$alice"
try "${as_alice[@]}" parbroker
said "a runtime folder that somebody else made is refused" 125 \
    "/tmp/par-$alice: belongs to uid $bob.*PAR_RUNTIME_DIR"
rmdir "/tmp/par-$alice"
"${as_bob[@]}" ln -s "$work/alice" "/tmp/par-$alice"
try "${as_alice[@]}" parbroker
said "so is a symlink, even one to a folder of ours" 125 \
    "/tmp/par-$alice: not a folder but a symlink"
rm "/tmp/par-$alice"
"${as_bob[@]}" touch shared/file
try "${as_alice[@]}" parbroker --no-local --listen "ipc://$work/shared/file"
is "a file of his stays where it is" "$code $(stat -c %u shared/file)" "125 $bob"

# ---- he reads along ----

start broker "${as_alice[@]}" parbroker --no-local --listen 'tcp://127.0.0.1:*'
ready broker '^ready on '
install -m 666 -o $bob -g $bob /dev/null shared/his.par
try "${as_alice[@]}" sh -c \
    'parctl ticket hostb --endpoint tcp://hosta:7270 >shared/his.par'
said "a ticket is not written to a file of his" 125 "belongs to uid $bob"
is "... not an octet" "$(stat -c %s shared/his.par)" 0
"${as_alice[@]}" install -m 644 /dev/null shared/ours.par
start reader "${as_bob[@]}" sh -c 'exec 3<shared/ours.par && echo open && exec sleep 1000'
ready reader '^open$'
try "${as_alice[@]}" sh -c \
    'parctl ticket hostb --endpoint tcp://hosta:7270 >shared/ours.par'
said "nor to one of ours that he has opened" 125 'another program has it open'
is "... not an octet" "$(stat -c %s shared/ours.par)" 0
stop reader KILL
install -m 644 /dev/null shared/roots.par
"${as_alice[@]}" parctl ticket hostr --endpoint tcp://hosta:7270 \
    >shared/roots.par 2>err
like "nor to one of root's that others can read" "$? $(cat err)" '^125 .*others can read it'
is "... not an octet" "$(stat -c %s shared/roots.par)" 0
chmod 600 shared/roots.par
"${as_alice[@]}" parctl ticket hostr --endpoint tcp://hosta:7270 >shared/roots.par
is "but to one that he keeps to himself: it is he who runs this as us" $? 0
try "${as_alice[@]}" sh -c \
    'parctl ticket hostb --endpoint tcp://hosta:7270 >shared/ours.par'
is "then it is" "$code $(stat -c %a shared/ours.par)" "0 600"
stop broker

# ---- a service that runs as a user of its own (parbroker(8)) ----

install -d -m 755 etc run
install -d -m 700 -o $alice etc/par run/par
service=("${as_alice[@]}" env "PAR_CONFIG_DIR=$work/etc/par" "PAR_RUNTIME_DIR=$work/run/par")
start broker "${service[@]}" parbroker --listen 'tcp://127.0.0.1:*'
ready broker "^ready on ipc://$work/run/par/broker.sock, tcp"
is "its keys are in its folder" "$(stat -c '%u %a' etc/par/broker.key)" "$alice 600"
(umask 077 && "${service[@]}" parctl ticket hostb --role worker >b.par 2>err)
is "root makes a ticket as that user" $? 0
install -m 600 -o $bob b.par bob/b.par
start worker "${as_bob[@]}" env "TMPDIR=$work/bob" parworker -c 1 -n his --ticket "$work/bob/b.par"
ready worker 'ready as his'
try parctl run --broker "ipc://$work/run/par/broker.sock" -- echo hi
quiet "another user works for it, and root may ask" 0 hi
stop worker
stop broker

# ---- files that he could have written ----

config=alice/.config/par
for file in authorized known_brokers broker.key id.key; do
    [ -e $config/$file ] || "${as_alice[@]}" install -m 600 /dev/null $config/$file
    chmod 644 $config/$file
    chown $bob $config/$file
    try "${as_alice[@]}" parbroker --listen 'tcp://127.0.0.1:*'
    said "$file that is his is refused" 125 "$file: belongs to uid $bob"
    chown $alice $config/$file
    chmod 666 $config/$file
    try "${as_alice[@]}" parbroker --listen 'tcp://127.0.0.1:*'
    said "$file that he can write is refused" 125 "$file: others can (read|write) it; chmod"
    chmod 600 $config/$file
done
chmod 777 $config
try "${as_alice[@]}" parbroker --listen 'tcp://127.0.0.1:*'
said "a folder of theirs that he can write is refused" 125 "others can write it; chmod go-w"
chmod 700 $config

away
finish
