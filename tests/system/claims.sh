# claims.sh - what the system tests share; read with `.`, by bash
# shellcheck shell=bash
#
# A test is a script that makes claims about the real programs: each prints
# `ok - WHAT` or `not ok - WHAT`, which tests/count adds up.  It runs through
# tests/as-user: $PATH begins with our programs, and HOME, TMPDIR and
# XDG_RUNTIME_DIR are its own.  It waits for events (a line, an end, a state),
# each for PATIENCE at most, and never for a time to pass.  It signals only
# what it has started, by its process id.
#
#     . "$top_srcdir/tests/system/claims.sh"
#     start_broker; start_worker -c 2
#     try parctl run -- echo hi
#     is "a command runs" "$out" hi
#     finish

# What is in the test's own folder is removed at the end: never run in another.
case ${PAR_TEST_MARK-}:${TMPDIR-} in
/tmp/par.*:"$PAR_TEST_MARK/tmp") ;;
*)
    echo "$0: tests run through tests/as-user; see HACKING.md" >&2
    exit 99
    ;;
esac

PATIENCE=${PATIENCE:-30} # s
EXAMPLES=$top_srcdir/doc/examples
work=$TMPDIR/work # files of the test itself; gone at the end
failed=0
declare -A pids=() # of what start() started and nobody has waited for

mkdir "$work" && mkfifo "$work/never" || exit 99

# ---- claims ----

ok() {
    echo "ok - $1"
}

# not_ok WHAT [LINE...]
not_ok() {
    echo "not ok - $1"
    shift
    printf '    %s\n' "$@"
    failed=1
}

# is WHAT GOT WANT
is() {
    if [ "$2" = "$3" ]; then
        ok "$1"
    else
        not_ok "$1" "got:  ${2:0:2000}" "want: ${3:0:2000}"
    fi
}

# like WHAT GOT REGEX: one of the lines matches it.
like() {
    if grep -qE -- "$3" <<<"$2"; then
        ok "$1"
    else
        not_ok "$1" "got:       ${2:0:2000}" "want like: $3"
    fi
}

# least WHAT GOT WANT, most WHAT GOT WANT: whole numbers.
least() {
    if [ "$2" -ge "$3" ]; then ok "$1"; else not_ok "$1" "$2 is below $3"; fi
}

most() {
    if [ "$2" -le "$3" ]; then ok "$1"; else not_ok "$1" "$2 is above $3"; fi
}

skip() {
    echo "ok - $1 # SKIP $2"
}

# memory WHAT KIB WANT: at most so much.  Not under the address sanitizer: it
# keeps what was freed, so that every process grows by what passes through it.
memory() {
    if grep -qs 'libasan\.so' "$top_builddir/parbroker"; then
        skip "$1" "the address sanitizer keeps what was freed"
    else
        most "$1 (KiB)" "$2" "$3"
    fi
}

# ---- commands ----

# try COMMAND...: run it; $code, $out and $err say what came of it.  One that
# hangs is killed: code 137, like any other SIGKILL.
try() {
    timeout --foreground -s KILL "$PATIENCE" "$@" >"$work/out" 2>"$work/err"
    code=$?
    out=$(cat "$work/out")
    err=$(cat "$work/err")
}

# said WHAT CODE ERR-REGEX [OUT]: what the last try() came to.
said() {
    if [ "$code" -eq "$2" ] && [ "$out" = "${4-}" ] && grep -qE -- "$3" <<<"$err"; then
        ok "$1"
    else
        not_ok "$1" "code:      $code, want $2" "out:       ${out:0:800}" \
            "want:      ${4-}" "err:       ${err:0:1200}" "want like: $3"
    fi
}

# quiet WHAT CODE [OUT]: the same, with nothing on stderr.
quiet() {
    said "$1" "$2" '^$' "${3-}"
}

# ---- waiting ----

# wait_line FILE REGEX [PID]: until one of its lines matches; at most until that
# process ends.
wait_line() {
    timeout "$PATIENCE" tail -n +1 -F ${3:+"--pid=$3"} -- "$1" 2>/dev/null |
        grep -qE -m 1 -- "$2" && return
    echo "# waited in vain for $2 in $1"
    return 1
}

# wait_for COMMAND...: until it succeeds.  It is asked again and again: nothing
# tells us that a broker's listing has changed, or that a process has ended
# which is not our child.  For a line there is wait_line(), for the end of what
# was started here ended().
wait_for() {
    local until=$((SECONDS + PATIENCE))

    while ! "$@"; do
        if [ $SECONDS -ge $until ]; then
            echo "# waited in vain for: $*"
            return 1
        fi
        sleep 0.02
    done
}

# A zombie is dead.
is_alive() {
    local state

    state=$(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null)
    [ -n "$state" ] && [ "$state" != Z ] && [ "$state" != X ]
}

# ---- daemons, and whatever else runs beside the test ----

# start NAME COMMAND...: in the background, in a session and process group of
# its own, where SIGINT is heard; its output goes to $work/NAME.out and
# NAME.err, its id to ${pids[NAME]}.
start() {
    local name=$1

    shift
    : >"$work/$name.out"
    : >"$work/$name.err"
    setsid env --default-signal=INT,QUIT "$@" </dev/null \
        >"$work/$name.out" 2>"$work/$name.err" &
    pids[$name]=$!
}

# stop NAME [SIGNAL]: signal it, and see it end.
stop() {
    kill "-${2:-TERM}" "${pids[$1]}"
    ended "$1"
}

# ended NAME: wait for its end; $code has how.
ended() {
    local pid=${pids[$1]} patience

    # Nobody writes there; and a read leaves no child when it is killed (not by
    # SIGTERM: right after its fork a shell would still see to our EXIT trap).
    {
        read -r -t "$PATIENCE" <>"$work/never"
        echo "# $1 does not end; killed"
        kill -KILL "$pid"
    } &
    patience=$!
    wait "$pid" 2>/dev/null
    code=$?
    { kill -KILL "$patience" && wait "$patience"; } 2>/dev/null
    unset "pids[$1]"
}

show() {
    sed "s/^/# $1: /" "$work/$1.out" "$work/$1.err"
}

# ready NAME REGEX: it says so on stdout; else the test is over.
ready() {
    wait_line "$work/$1.out" "$2" "${pids[$1]}" && return
    not_ok "$1 starts"
    show "$1"
    finish
}

# start_broker [OPTION...]: "broker", ready.  broker_as NAME [OPTION...]
broker_as() {
    local name=$1

    shift
    start "$name" parbroker "$@"
    ready "$name" '^ready on '
}

start_broker() {
    broker_as broker "$@"
}

# start_worker [OPTION...]: "worker", ready.  worker_as NAME [OPTION...]
worker_as() {
    local name=$1

    shift
    start "$name" parworker "$@"
    ready "$name" ' slots? ready as '
}

start_worker() {
    worker_as worker "$@"
}

# The endpoint of a started broker that begins so: endpoint NAME tcp
endpoint() {
    sed -n "s|^ready on .*\($2://[^,;]*\).*|\1|p" "$work/$1.out"
}

# ---- looking ----

# kib FIELD PID: VmRSS or VmHWM.
kib() {
    sed -n "s/^$1:[[:space:]]*\([0-9]*\).*/\1/p" "/proc/$2/status"
}

# field WHAT NAME KEY: of that row of `parctl status WHAT --json`.
field() {
    parctl status "$1" --json |
        grep -F "\"name\":\"$2\"" | sed -n "s/.*\"$3\":\"\{0,1\}\([^,\"}]*\).*/\1/p"
}

# self KEY: of the broker itself.
self() {
    parctl status --json | sed -n "s/.*\"$1\":\"\{0,1\}\([^,\"}]*\).*/\1/p"
}

# The processes of this test, but for its own shell: as tests/as-user finds
# them, by a user id that nobody else has, or by a mark in the environment.
processes() {
    local dir pid key value state uid

    for dir in /proc/[0-9]*; do
        pid=${dir#/proc/} state= uid=
        while read -r key value _; do
            case $key in
            State:) state=$value ;;
            Uid:) uid=$value && break ;;
            esac
        done 2>/dev/null <"$dir/status"
        [ -n "$state" ] && [ "$state" != Z ] && [ "$pid" != $$ ] &&
            [ "$pid" != $PPID ] && [ "$pid" != $BASHPID ] || continue
        [ "$uid" = $UID ] || continue
        $own_uid || grep -qszxF "PAR_TEST_MARK=$PAR_TEST_MARK" "$dir/environ" ||
            continue
        echo "$pid"
    done
}

own_uid=false
getent passwd $UID >/dev/null || own_uid=true

# name_of PID
name_of() {
    tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline"
}

# remember: what is there now.  nothing_left WHAT: nothing more is there (in a
# moment: the kernel and parspawn take one after a kill).
remember() {
    processes >"$work/processes"
    find "$TMPDIR" "$XDG_RUNTIME_DIR" ! -path "$work*" ! -type d >"$work/files"
}

# The list is made before there is a pipeline, whose ends would be in it.
new_processes() {
    local pid

    processes >"$work/processes.now"
    grep -vxFf "$work/processes" "$work/processes.now" |
        while read -r pid; do
            is_alive "$pid" && echo "$pid"
        done
}

new_files() {
    find "$TMPDIR" "$XDG_RUNTIME_DIR" ! -path "$work*" ! -type d |
        grep -vxFf "$work/files"
}

nothing_new() {
    [ -z "$(new_processes)" ] && [ -z "$(new_files)" ]
}

nothing_left() {
    if wait_for nothing_new; then
        ok "$1"
    else
        not_ok "$1" "$(new_processes | while read -r pid; do
            echo "$pid $(name_of "$pid")"
        done)" "$(new_files)"
    fi
}

# ---- the end ----

# Workers before brokers: a worker says goodbye.
finish() {
    local name

    trap - EXIT
    for name in "${!pids[@]}"; do
        [[ $name == *broker* ]] || stop "$name"
    done
    for name in "${!pids[@]}"; do
        stop "$name"
    done
    rm -rf "$work"
    exit $failed
}

give_up() {
    local pid

    for pid in "${pids[@]}"; do
        kill -KILL "$pid" 2>/dev/null
    done
    rm -rf "$work"
}
trap give_up EXIT
