#!/bin/bash
# two_hosts.sh - doc/two-hosts.md, command by command, between three hosts
#
# A host is a network, a name and a file system of its own: namespaces, held by
# a sleeping process.  A command that is not in the document is not run, and
# one that is in it must have been.
. "$top_srcdir/tests/system/claims.sh"
cd "$work" || exit 99

unshare --net --uts --mount true 2>/dev/null || {
    echo "SKIP: needs the right to make namespaces"
    exit 77
}
document=$top_srcdir/doc/two-hosts.md

# ---- hosts ----

new_host() {
    start "$1" unshare --net --uts --mount sleep 1000
    mkdir -p "$1/home" "$1/run"
    chmod 700 "$1/run"
}

is_apart() {
    [ "$(readlink "/proc/${pids[$1]}/ns/mnt")" != "$(readlink /proc/self/ns/mnt)" ] &&
        [ "$(tr '\0' ' ' <"/proc/${pids[$1]}/cmdline")" = "sleep 1000 " ]
}

# inside HOST: the words that run a command there.
inside() {
    words=(nsenter -t "${pids[$1]}" -n -u -m -- env "HOME=$work/$1/home"
        "XDG_RUNTIME_DIR=$work/$1/run" "TMPDIR=$work/$1")
}

# set_up HOST ADDRESS PEER-ADDRESS: names as a resolver would give them.
set_up() {
    wait_for is_apart "$1"
    inside "$1"
    printf '%s\n' "127.0.0.1 localhost" "$2 $1" "$3" >"$1/hosts"
    "${words[@]}" sh -c "mount --bind '$work/$1/hosts' /etc/hosts &&
        hostname $1 && ip link set lo up" || exit 99
}

# cable HOST ADDRESS HOST ADDRESS
cable() {
    inside "$1"
    "${words[@]}" sh -c "
        ip link add to_$3 type veth peer name to_$1 netns ${pids[$3]} &&
        ip address add $2/30 dev to_$3 && ip link set to_$3 up" || exit 99
    inside "$3"
    "${words[@]}" sh -c "
        ip address add $4/30 dev to_$1 && ip link set to_$1 up" || exit 99
}

new_host hostA
new_host hostB
new_host hostC
set_up hostA 10.77.1.1 "10.77.2.1 a.example.org"
set_up hostB 10.77.1.2 "10.77.1.1 hostA a.example.org"
set_up hostC 10.77.2.2 "10.77.2.1 hostA a.example.org"
cable hostA 10.77.1.1 hostB 10.77.1.2
cable hostA 10.77.2.1 hostC 10.77.2.2

# ---- the document ----

grep -E '^host[ABC]\$ ' "$document" >commands
: >done

# shell HOST COMMAND: what a user types; LINE and KEY stand for what he sees.
shell() {
    grep -qxF "$1\$ $2" commands || not_ok "\`$1\$ $2' is in the document"
    echo "$1\$ $2" >>done
    inside "$1"
    text=${2//LINE/"$line"}
    text=${text//KEY/"$key"}
    words+=(bash -c "cd '$work/$1' && export PAR_BROKER=$from; $text")
}

# does HOST COMMAND: run it; leaves $code, $out and $err.
does() {
    shell "$@"
    try "${words[@]}"
}

# begins NAME HOST COMMAND: the same of a program that stays.
begins() {
    shell "$2" "${3}"
    text=${text% &}
    words[-1]="cd '$work/$2' && exec $text"
    start "$1" "${words[@]}"
}
line= key= from=

begins broker hostA 'parbroker --listen tcp://0.0.0.0:7270 &'
ready broker '^ready on ipc://.*/par/broker.sock, tcp://0.0.0.0:7270; next: parworker$'

# ---- either: a ticket ----

does hostA 'parctl ticket hostB --role worker >b.par'
quiet "a ticket" 0
echo 'hostA$ scp b.par hostB:' >>done
cp -p hostA/b.par hostB/
begins worker hostB 'parworker --ticket b.par'
ready worker '^[0-9]+ slots? ready as hostB.1$'
does hostA 'parctl workers'
like "the worker is in the list" "$out" '^hostB\.1 +idle'
does hostA 'parctl run -- hostname'
quiet "a command runs on the other host" 0 hostB
does hostA "parctl map -k 'echo {} on \$(hostname)' ::: 1 2 3 4 5"
quiet "... and five" 0 "$(printf '%s on hostB\n' 1 2 3 4 5)"
does hostA 'parctl ping hostB.1'
is "it answers a ping" $code 0
does hostA 'parctl revoke hostB'
is "and is revoked" $code 0
no_worker() {
    inside hostA
    ! "${words[@]}" parctl workers --json | grep -q hostB
}
wait_for no_worker
is "... at once" $? 0
wait_line worker.err 'does not know this key'
is "... which it says" $? 0
stop worker

# ---- or: keys ----

does hostB 'parctl keygen'
is "keygen prints the line on stdout, and where the key is on stderr" \
    "$code $(wc -l <out)" "0 1"
like "... which has the user's and the host's name" "$out" '^[^ ]{40} [a-z0-9]+@hostB$'
line=$out
does hostA "parctl allow 'LINE' --role worker"
is "allow" $code 0
does hostA 'parctl status'
key=$(sed -n 's/^public_key  *//p' out)
does hostB "parctl trust tcp://hostA:7270 'KEY'"
is "trust" $code 0
begins worker hostB 'parworker --broker tcp://hostA:7270'
ready worker '^[0-9]+ slots? ready as hostB.1$'

# ---- clients ----

does hostA 'parctl ticket hostC --role client >c.par'
cp -p hostA/c.par hostC/
does hostC 'parctl run --ticket c.par -- hostname'
quiet "a client on a third host, with a ticket" 0 hostB
inside hostC
line=$("${words[@]}" parctl keygen 2>/dev/null)
inside hostA
try "${words[@]}" parctl allow "$line" --role client
inside hostC
try "${words[@]}" parctl trust tcp://hostA:7270 "$key"
does hostC 'export PAR_BROKER=tcp://hostA:7270'
from=tcp://hostA:7270
does hostC 'parctl run -- hostname'
quiet "... and with keys" 0 hostB
from=
stop worker
stop broker

# ---- another name ----

begins broker hostA \
    'parbroker --listen tcp://0.0.0.0:7270 --advertise tcp://a.example.org:7270 &'
ready broker '^ready on .*tcp://0.0.0.0:7270'
inside hostA
"${words[@]}" parctl ticket hostD --role worker >hostB/d.par
is "a ticket names what is advertised, first" \
    "$(grep -m 1 -o 'tcp://[^"]*' hostB/d.par)" tcp://a.example.org:7270
chmod 600 hostB/d.par
inside hostB
start worker "${words[@]}" parworker --ticket "$work/hostB/d.par"
ready worker ' ready as hostB.1$'
stop worker
stop broker

is "every command of the document was run" \
    "$(sort -u commands | grep -vxFf done)" ""
for host in hostA hostB hostC; do
    stop $host KILL
done
finish
