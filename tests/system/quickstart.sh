#!/bin/bash
# quickstart.sh - what ./quickstart and ./check do where they cannot do their
# work; that they can, .ci/run shows
. "$top_srcdir/tests/system/claims.sh"
cd "$work" || exit 99

# A machine where nothing is installed, and nobody may install.
mkdir bin
for tool in bash sh env dirname cat grep id sed nproc mkdir; do
    ln -s "$(command -v $tool)" bin/$tool
done
printf '#!/bin/sh\nexit 1\n' >bin/dpkg-query
chmod +x bin/dpkg-query

try env -i PATH="$work/bin" "$top_srcdir/quickstart"
said "without packages, root and sudo: which packages to ask for" 1 \
    '^quickstart: these packages are missing and I may not install them; ask for$'
like "... as a command" "$err" '^    apt-get install gcc .* libzmq3-dev .*libmsgpack-dev$'
try env -i PATH="$work/bin" "$top_srcdir/check" --quick
said "./check says so, too, and wants more" 1 \
    '^    apt-get install gcc .* libcriterion-dev .*python3-zmq'

# sudo that would ask for a password, and nobody to give it.
printf '#!/bin/sh\n[ "$1" = -n ] && exit 1\nexec sleep 1000\n' >bin/sudo
chmod +x bin/sudo
try env -i PATH="$work/bin" "$top_srcdir/quickstart"
said "a sudo that wants a password from nobody is not waited for" 1 'ask for$'

# Only what is missing is asked for.
# shellcheck disable=SC2016 # its own
printf '%s\n' '#!/bin/sh' 'for package; do :; done' \
    '[ "$package" = libsodium-dev ] || echo "install ok installed"' >bin/dpkg-query
try env -i PATH="$work/bin" "$top_srcdir/quickstart"
said "only what is missing is asked for" 1 '^    apt-get install libsodium-dev$'

try "$top_srcdir/quickstart" nowhere
said "a file that is not there, before anything is built" 1 \
    '^quickstart: nowhere: no file that I may read; usage: \./quickstart \[FILE\.\.\.\]$'
try "$top_srcdir/check" --fast
said "an option that there is not" 1 '^check: usage: \./check \[--quick\]$'

# autotools take no such folder.
mkdir -p 'a folder/contrib'
cp "$top_srcdir/quickstart" 'a folder'
cp "$top_srcdir/contrib/setup.sh" 'a folder/contrib'
try 'a folder/quickstart'
said "a folder with a space in its name is refused, with the reason" 1 \
    "^quickstart: autotools cannot .*: $work/a folder\$"

finish
