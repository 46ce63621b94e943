#!/bin/sh
# python_min.sh - contrib/python/par_min.py against our broker and worker:
# another language, by doc/protocol.md alone, over ipc and tcp + CURVE
/usr/bin/python3 -c 'import zmq, msgpack' || {
    echo "SKIP: python_min needs Debian's python3, python3-zmq, python3-msgpack"
    exit 77
}
exec /usr/bin/python3 -B "$top_srcdir/tests/system/python_min.py"
