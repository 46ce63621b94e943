#!/bin/bash
# limits.sh - what parbroker bounds: it says so, and does so
. "$top_srcdir/tests/system/lib.sh"

# Every option that takes a value says in brackets what holds without it.
try 0 parbroker --help
sed -nE '/^(  -.,|     ) ?--/,$p' "$out" | awk '
    /^ *(-.,)? *--/ { flush(); text = "" }
    /^$/ { flush(); exit }
    { text = text " " $0 }
    function flush() { if (text ~ /--[a-z-]+ [A-Z]+/ && text !~ /\(.*\)/) print text }
' >"$TMPDIR/without"
[ -s "$TMPDIR/without" ] && fail "without a default: $(cat "$TMPDIR/without")"

done_
