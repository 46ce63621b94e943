#!/bin/sh
# hostile.sh - peers that break the grammar or the credit, beside one that does
# not (T5, T24, XP-16 in small)
/usr/bin/python3 -c 'import zmq, msgpack' || {
    echo "SKIP: hostile needs Debian's python3, python3-zmq, python3-msgpack"
    exit 77
}
exec /usr/bin/python3 -B "$top_srcdir/tests/system/hostile.py"
