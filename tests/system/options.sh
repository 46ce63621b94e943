#!/bin/bash
# options.sh - what the programs take on their command lines, and what they say
# to what they do not take
. "$top_srcdir/tests/system/claims.sh"
cd "$work" || exit 99

# ---- parworker: what it does not take ----

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
refused "... nor one of this world" '1e99. is neither a number from 0 up, below 1e15, nor' \
    --resource cpu=1e99
refused "... nor of the form that --help shows" '^parworker: --resource: .x. is not of the form NAME=N$' \
    --resource x
refused "an index twice" '^parworker: resource: gpu: ' --resource 'gpu=[0,0]'
refused "a size that is none" '^parworker: --max-file-size: .10q.' --max-file-size 10q
refused "no slots for those that wait" '^parworker: --io-slots: 0 is out' --io-slots 0
refused "no time at all" '^parworker: --give-up: some time is needed' --give-up 0
refused "a time that is none" \
    '^parworker: --grace: .soon. is no time; 10, 1.5s, 200ms, 2m or 1h is, or -1$' --grace soon
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
mkdir open && chmod 777 open
try env PAR_CONFIG_DIR="$work/open" timeout $PATIENCE parbroker
said "a broker makes no keys where others can write" 125 \
    "^parbroker: $work/open: others can write it; chmod go-w $work/open$"
try env PAR_CONFIG_DIR="$work/open" parctl keygen
said "... nor does keygen" 125 "^par: $work/open: others can write it"
start exposed env PAR_CONFIG_DIR="$work/open" parworker -b tcp://127.0.0.1:9
wait_line exposed.err "$work/open: others can write it"
is "... nor a worker, which says so" $? 0
stop exposed
is "... and nothing is there" "$(ls -A open)" ""
try timeout $PATIENCE parbroker --heartbeat 10ms
said "a time out of range is told what is not" 2 \
    '^parbroker: --heartbeat: 10ms is out of range; from 50ms to 1h is allowed$'
try timeout $PATIENCE parbroker --setup-timeout 2d
said "... nor is a day known" 2 '^parbroker: --setup-timeout: .2d. is no time'
try parworker --give-up 90 --grace 1.5s --dump-config
like "a bare number is seconds" "$out" '^--give-up 90s$'
like "... and a unit is heeded" "$out" '^--grace 1500ms$'
try timeout $PATIENCE parbroker --no-local
said "a broker that would listen nowhere is refused" 2 \
    '^parbroker: --no-local leaves nothing to listen on; add --listen ENDPOINT$'
refused "an option that is none" '^parworker: there is no option --nosuch' --nosuch
refused "a word too many" '^parworker: .extra. is not understood' extra

# ---- what keeps it from starting is not the command line's fault ----

echo >file
try parworker --dest-path "$work/file/below"
said "a folder that cannot be made" 125 '^parworker: .*file/below'

# ---- parworker: what it takes ----

try env PAR_NAME=hazel parworker -c 3 -b "ipc://$work/a" -b tcp://h:1 \
    --label disk=ssd --resource 'gpu=[0,1]' -i 127.0.0.1 --dump-config
is "all of it is understood" $code 0
is "... and shown as a command line would say it" "$out" "--slots 3
--io-slots 256
--max-file-size 10485760
--give-up 1m
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
stop broker

# ---- parbroker ----

# Every option that takes a value says in brackets what holds without it.
try parbroker --help
is "parbroker --help: all defaults are told" \
    "$(sed -nE '/^(  -.,|     ) ?--/,$p' <<<"$out" | awk '
    /^ *(-.,)? *--/ { flush(); text = "" }
    /^$/ { flush(); exit }
    { text = text " " $0 }
    function flush() { if (text ~ /--[a-z-]+ [A-Z]+/ && text !~ /\(.*\)/) print text }
')" ""

# ---- parctl ----

try parctl
is "no verb at all is a wrong usage" $code 2
try parctl rnu -- true
said "an unknown verb, and the nearest" 2 'rnu.*run'
try parctl --broker ipc:///x run -- true
said "an option before the verb" 2 \
    '^par: --broker: the verb comes first, as in: parctl run --broker \.\.\.$'
try parctl run --tiemout 3 -- true
said "an unknown option, and the nearest" 125 'tiemout.*--timeout'
try parctl run
said "nothing to run" 125 '^par: what is to be run'
try parctl run --timeout soon -- true
said "a time that is none" 125 'soon.*is no time'
try parctl run --connect-timeout 0 -- true
said "... or too short for anything" 125 '--connect-timeout: 0 is out of range; from 1ms '
try parctl map -j many echo ::: 1
said "a number that is none" 125 '^par: -j, --jobs: `many. is not a whole number$'
try parctl run --broker http://x -- true
said "what is no endpoint" 125 '^par: .*http://x'
try env PAR_BROKER=foo parctl run -- true
said "... nor in the environment" 125 '^par: PAR_BROKER: `foo. is not an endpoint'
try parctl run --resource cpu -- true
said "a resource without a number" 125 '^par: --resource .cpu.: NAME=N is wanted'
try parctl run --resource cpu=1e99 -- true
said "... with one that is too large" 125 '^par: resource cpu: .1e99. is not a number from 0 to 1e15$'
try parctl run --resource cpu=1 --resource cpu=2 -- true
said "... with two" 125 '^par: resource cpu: named twice$'
# shellcheck disable=SC2046 # options, a word each
try parctl run $(printf -- '--resource r%d=1 ' 1 2 3 4 5 6 7 8 9) -- true
said "nine of them" 125 '^par: 9 resources; a job may need 8$'
try parctl run --private --broker ipc:///x -- true
is "--private has no broker" $code 125
try parctl run -o x -- true
said "what is not built yet is said" 125 'not built yet'
for where in '--worker w9' '--host nowhere' '--label a=b' '--resource gpu=1' \
    '--host nowhere --retries 1'; do
    # shellcheck disable=SC2086 # an option and its value
    try timeout 5 parctl run $where -- true # nobody will come
    said "what a private worker is not is not waited for: $where" 125 '^par: no worker has '
done
for verb in setup\ $EXAMPLES/primes.c close\ x ping status workers jobs cancel\ 1; do
    # shellcheck disable=SC2086 # a verb and its argument
    try parctl $verb
    said "${verb%% *} needs a broker, and says so" 125 \
        '^par: no broker is running here; start one with: parbroker$'
done
for verb in run map setup close ping status workers jobs cancel keygen allow \
    revoke trust ticket; do
    try parctl $verb --help
    like "$verb --help" "$code $out" "^0 usage: parctl $verb "
    like "... has an example" "$out" "^  .*parctl $verb"
    is "... fits on a terminal" "$(awk 'length > 80' <<<"$out")" ""
done
for option in --help --version; do
    try parctl $option
    is "parctl $option" $code 0
done

finish
