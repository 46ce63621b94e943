# setup.sh - what ./quickstart, ./check and .ci/run share; read with `.`
#
# The caller has set $me (its name, for messages) and $src (this source tree).

build_packages="gcc libc6-dev make autoconf automake libtool pkg-config
    libzmq3-dev libczmq-dev libsodium-dev libmsgpack-dev"
test_packages="libcriterion-dev python3 python3-zmq python3-msgpack iproute2"
lint_packages="clang-format cppcheck g++ binutils mandoc"

# What is made here must be readable by the users that tests run as.
umask 022

say() {
    echo "$me: $*"
}

die() {
    echo "$me: $*" >&2
    exit 1
}

case $src in
*[[:space:]\"\#\$\&\'\`\\]*)
    die "autotools cannot build in a folder with such a name (white space, or" \
        "one of \" # \$ & ' \` \\); move or clone it to another: $src"
    ;;
esac

is_root() {
    [ "$(id -u)" -eq 0 ]
}

have_package() {
    dpkg-query -W -f='${Status}' "$1" 2>/dev/null |
        grep -q '^install ok installed$'
}

apt_install() {
    set -- env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "$@"
    is_root || set -- sudo "$@"
    "$@"
}

apt_update() {
    set -- apt-get update -qq
    is_root || set -- sudo "$@"
    "$@"
}

# need PACKAGE...: install those that are not there.  Asks apt for nothing
# when all are, and for a fresh list only when the one at hand does not do.
need() {
    command -v dpkg-query >/dev/null || {
        say "no dpkg here: not looking for packages"
        return
    }
    missing=
    for package; do
        have_package "$package" || missing="$missing $package"
    done
    [ -z "$missing" ] && return

    # sudo may ask for a password only if somebody is there to give it.
    is_root || sudo -n true 2>/dev/null ||
        { [ -t 0 ] && command -v sudo >/dev/null; } ||
        die "these packages are missing and I may not install them; ask for
    apt-get install$missing"
    say "installing$missing"
    # shellcheck disable=SC2086 # one word a package
    out=$(apt_install $missing 2>&1 ||
        { apt_update && apt_install $missing; } 2>&1) || {
        echo "$out" >&2
        die "apt-get could not install$missing"
    }
}

processors() {
    nproc 2>/dev/null || echo 1
}

# configure_in FOLDER [OPTION...]: only what has changed.  Without an option
# any that it was configured with will do.
configure_in() {
    folder=$1
    shift
    [ ! -f "$src/config.status" ] ||
        die "this source tree is configured itself; first: make distclean"
    # make could do this, but not fetch what automake needs anew.
    if [ ! -f "$src/configure" ] || [ ! -f "$src/config.h.in" ] ||
        [ ! -f "$src/Makefile.in" ] ||
        [ -n "$(find "$src/configure.ac" "$src/Makefile.am" \
            "$src"/*/local.mk -newer "$src/Makefile.in")" ]; then
        say "making ./configure"
        "$src/autogen.sh" >"$src/autogen.log" 2>&1 || {
            cat "$src/autogen.log" >&2
            die "./autogen.sh failed"
        }
        rm -f "$src/autogen.log"
    fi
    mkdir -p "$folder" || exit 1
    [ "$folder/Makefile" -nt "$src/configure" ] &&
        { [ $# -eq 0 ] || [ "$(cat "$folder/.options")" = "$*" ]; } && return
    say "configuring in $folder"
    (cd "$folder" && "$src/configure" -q "$@" >configure.out 2>&1) || {
        grep -v '^configure: WARNING' "$folder/configure.out" | tail -n 20 >&2
        die "configure failed; see $folder/config.log"
    }
    echo "$*" >"$folder/.options"
}

# make_in FOLDER [ARGUMENT...]
make_in() {
    folder=$1
    shift
    make --no-print-directory -C "$folder" -j "$(processors)" "$@"
}

# run_tests FOLDER TARGET: build and run them, print what they said; the last
# line is `N passed, N failed, N skipped`.
run_tests() {
    rm -f "$1/count.out"
    make_in "$1" -s check TESTS= >/dev/null || {
        say "the tests do not build"
        return 1
    }
    find "$1/tests" \( -name '*.trs' -o -name '*.log' \) -delete
    make_in "$1" -k "$2" >"$1/check.out" 2>&1
    made=$?
    "$src/tests/count" "$1" >"$1/count.out"
    counted=$?
    # Never call it a success when make does not.
    if [ $made -ne 0 ] && [ $counted -eq 0 ]; then
        cat "$1/check.out"
        say "make $2 failed, though no test did (above; $1/check.out)"
        counted=1
    fi
    cat "$1/count.out"
    return $counted
}

# Started by root, tests run as a user who is nobody in particular.  Where he
# may not go (a clone below /root, say), go where he may: a copy of the
# sources in /tmp, kept, so that the next time is quick.  Prints the place.
place_for_tests() {
    is_root || {
        echo "$src"
        return
    }
    nobody="setpriv --reuid=65534 --regid=65534 --clear-groups --"
    if $nobody test -r "$src/configure.ac" &&
        $nobody test -x "$src/tests/as-user" 2>/dev/null; then
        echo "$src"
        return
    fi
    copy=/tmp/par-copy-$(echo "$src" | cksum | cut -d ' ' -f 1)
    mkdir -m 0755 "$copy" 2>/dev/null || {
        [ -d "$copy" ] && [ ! -L "$copy" ] && [ -O "$copy" ]
    } || die "$copy is somebody else's"
    # What has left the sources leaves the copy; what was built in it stays.
    (cd "$copy" && rm -rf broker client common contrib doc embed include \
        tests worker .ci)
    tar -C "$src" --mode=a+rX --exclude=./.git --exclude=./build \
        --exclude=./build-asan -cf - . | tar -C "$copy" --no-same-owner -xf - ||
        die "cannot copy the sources to $copy"
    echo "$copy"
}
