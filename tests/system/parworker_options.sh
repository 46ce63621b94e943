#!/bin/bash
# parworker_options.sh - what parworker takes on its command line, and what it
# says to what it does not take
. "$top_srcdir/tests/system/claims.sh"
cd "$work" || exit 99

# ---- what it does not take ----

refused() { # WHAT PATTERN OPTION...
    try parworker "${@:3}"
    said "$1" 2 "$2"
}
refused "more CPUs left than there are" \
    "^parworker: slots: -$(nproc) leaves none of the $(nproc) CPUs" -c "-$(nproc)"
refused "slots that are none" '^parworker: --slots: .x. is not a whole number' -c x
refused "slots beyond all bounds" '^parworker: --slots: 5000 is out of range' -c 5000
refused "an option without its value" '^parworker: option -c wants a value' -c
refused "a name with a colon" '^parworker: name: .a:b. is not 1 to 63' -n a:b
refused "... also where it is only shown" '^parworker: name: .a b.' -n 'a b' --dump-config
refused "an endpoint that is none" '^parworker: broker: .foo. is not an endpoint' -b foo
refused "... also as the second one" '^parworker: broker: .foo.' \
    -b "ipc://$work/b" -b foo
refused "a port that is none" '^parworker: broker: tcp://h:99999: the port' -b tcp://h:99999
refused "an address that is none" '^parworker: ip-addr: .here. is no IP' -i here
refused "a label without a value" '^parworker: --label: .x. is not of the form' --label x
refused "a resource that is no number" '^parworker: resource: mem: .lots. is neither' \
    --resource mem=lots
refused "an index twice" '^parworker: resource: gpu: ' --resource 'gpu=[0,0]'
refused "a size that is none" '^parworker: --max-file-size: .10q.' --max-file-size 10q
refused "no slots for those that wait" '^parworker: --io-slots: 0 is out' --io-slots 0
refused "a ticket that is not there" '^parworker: .*b\.par: No such file' --ticket b.par
refused "what could turn a terminal is shown, not done" '^parworker: .*x.\[2J\\xe2\\x80\\xaey' \
    $'x\e[2J\u202ey'
start lonely parworker
wait_line lonely.err 'broker ipc://.*: nobody answers; trying on .start one with: parbroker.$'
is "a worker without a broker says so" $? 0
start_broker
ready lonely ' ready as '
is "... and works when there is one" "$(wc -l <lonely.err)" 1
stop lonely
stop broker
try env HOME=/dev/null parbroker
said "a broker without a place for its keys says what to set" 125 \
    '^parbroker: /dev/null/.config/par: cannot be made: .*; PAR_CONFIG_DIR names another'
refused "an option that is none" '^parworker: there is no option --nosuch' --nosuch
refused "a word too many" '^parworker: .extra. is not understood' extra

# ---- what keeps it from starting is not the command line's fault ----

echo >file
try parworker --dest-path "$work/file/below"
said "a folder that cannot be made" 125 '^parworker: .*file/below'

# ---- what it takes ----

try env PAR_NAME=hazel parworker -c 3 -b "ipc://$work/a" -b tcp://h:1 \
    --label disk=ssd --resource 'gpu=[0,1]' -i 127.0.0.1 --dump-config
is "all of it is understood" $code 0
is "... and shown as a command line would say it" "$out" "--slots 3
--io-slots 256
--max-file-size 10485760
--give-up 60000
--grace -1
--broker ipc://$work/a
--broker tcp://h:1
--label disk=ssd
--resource gpu=[0,1]
--name hazel
--ip-addr 127.0.0.1"
try parworker --help
is "--help" $code 0
like "... shows every option" "$out" '--dump-config'

start_broker
start worker parworker -c 0 -b "ipc://$work/nobody" -b "$(endpoint broker ipc)" -n w
ready worker ' ready as w$'
like "-c 0 is a slot per CPU, and the second broker will do" \
    "$(cat worker.out)" "^$(nproc) slots? ready as w$"
stop worker
is "SIGTERM ends it in order" $code 0

finish
