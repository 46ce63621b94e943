#!/bin/bash
# alone.sh - a test that was not started by tests/as-user, and so has no folder
# of its own to clear away, does nothing
. "$top_srcdir/tests/system/claims.sh"
cd "$work" || exit 99
mkdir folder && touch folder/precious

for test in "$top_srcdir"/tests/system/*.sh "$top_srcdir"/tests/root/*.sh; do
    name=${test##*/}
    grep -qE '^\. .*/(claims|lib)\.sh"$' "$test" || continue
    for other in "PAR_TEST_MARK=" "PAR_TEST_MARK=$work/folder" "TMPDIR="; do
        try env -i PATH="$PATH" top_srcdir="$top_srcdir" \
            top_builddir="$top_builddir" TMPDIR="$work/folder" "$other" bash "$test"
        said "$name, with $other" 99 'tests run through tests/as-user'
    done
done
is "nothing was removed" "$(ls folder)" precious

finish
