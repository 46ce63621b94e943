#!/bin/sh
# strangers.sh - peers that claim another's routing id, or come with a key that
# was revoked (T6, T8 in small)
/usr/bin/python3 -c 'import zmq, msgpack' || {
    echo "SKIP: strangers needs Debian's python3, python3-zmq, python3-msgpack"
    exit 77
}
exec /usr/bin/python3 -B "$top_srcdir/tests/system/strangers.py"
