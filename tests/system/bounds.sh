#!/bin/sh
# bounds.sh - peers that keep to the grammar and ask for too much: what the
# broker holds for them is bounded, and others do not notice
/usr/bin/python3 -c 'import zmq, msgpack' || {
    echo "SKIP: bounds needs Debian's python3, python3-zmq, python3-msgpack"
    exit 77
}
exec /usr/bin/python3 -B "$top_srcdir/tests/system/bounds.py"
