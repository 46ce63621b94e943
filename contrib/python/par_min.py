#!/usr/bin/python3
"""par_min.py - a client of Par in pyzmq and msgpack, from doc/protocol.md alone

    par_min.py [--key FILE --broker-key KEY] ENDPOINT -- echo hi
    par_min.py [--key FILE --broker-key KEY] ENDPOINT file.c:function 1 2
"""
import argparse, collections, hashlib, itertools, os, pathlib, re, struct, sys, time
import msgpack, zmq

HEADER, RUN_ITEM, RESULT_ITEM = map(struct.Struct, (">2sBBHHIQQ", ">II", ">IHBBII"))
HELLO, WELCOME, GOODBYE, PING, PONG, ERROR, CREDIT = range(0x01, 0x08)
SETUP, READY, RUN, RESULT, STREAM = range(0x10, 0x15)
CANCEL, CLOSE, BLOB_NEED, BLOB_DATA = 0x16, 0x17, 0x21, 0x22
OK, EXIT, SIGNAL, LOST, UNKNOWN_SESSION, UNKNOWN_ID = 0, 101, 102, 207, 305, 307
FINAL, SECOND_FRAME, BATCH, CHUNK, WINDOW = 4, 0xFFFFFFFF, 1 << 16, 1 << 18, 1 << 16

Message = collections.namedtuple("Message", "type flags count id ref meta body second")
Result = collections.namedtuple("Result", "status executed wall_us payload")


class ParError(Exception):
    """ParError(status, text)"""


def value(payload):
    return msgpack.unpackb(payload, strict_map_key=False) if payload else None


def encode(type, id=0, ref=0, meta=None, body=b"", count=0, flags=0):
    meta = msgpack.packb(meta) if meta else b""
    return HEADER.pack(b"\xc1\x50", 1, type, flags, count, len(meta), id, ref) + meta + body


def decode(frame, second=None):
    _, _, type, flags, count, meta_len, id, ref = HEADER.unpack_from(frame)
    meta, body = frame[HEADER.size:][:meta_len], frame[HEADER.size + meta_len:]
    return Message(type, flags, count, id, ref, value(meta) or {}, body, second)


def ended_runs(m):
    """The runs that a RESULT or an ERROR answers."""
    at = 0
    for i in range(m.count):
        if m.type == ERROR:
            yield m.id + i, Result(m.ref, 0, 0, msgpack.packb(m.meta))
            continue
        index, status, executed, _, wall_us, size = RESULT_ITEM.unpack_from(m.body, at)
        at += RESULT_ITEM.size
        payload = m.second if size == SECOND_FRAME else m.body[at:at + size]
        at += len(payload)
        yield m.id + index, Result(status, executed, wall_us, payload)


class Client:
    """One session; on_stream(run, stream, octets) gets what commands print."""

    def __init__(self, endpoint, key=None, broker_key=None, timeout=30, on_stream=lambda *_: None):
        self.timeout, self.ids, self.on_stream = timeout, itertools.count(), on_stream
        # octets by hash; messages by request; by run, None until it has ended
        self.files, self.answers, self.results = {}, {}, {}
        self.granted, self.sent = [64, 1 << 16], [0, 0]  # runs: items, octets
        self.socket = zmq.Context.instance().socket(zmq.DEALER)
        self.socket.linger, self.socket.ipv6 = 1000, 1
        self.socket.set_hwm(0)
        if key:
            keys = dict(re.findall(rb'(\w+)-key = "(.{40})"', pathlib.Path(key).read_bytes()))
            self.socket.curve_publickey = keys[b"public"]
            self.socket.curve_secretkey = keys[b"secret"]
            self.socket.curve_serverkey = broker_key.encode()
        self.socket.connect(endpoint)
        self.request(HELLO, 0, {1: [1, 1], 2: "client", 3: os.urandom(16), 5: "par_min/1"})

    def send(self, *args, **more):
        self.socket.send(encode(*args, **more))

    def pump_until(self, done):
        """See to what comes until done() is true; returns that."""
        deadline, silent = time.monotonic() + self.timeout, 0
        while not (answer := done()):
            silent = 0 if self.socket.poll(2000) else silent + 1
            if silent == 0:
                self.take(decode(*self.socket.recv_multipart()))
            elif silent > 4 or time.monotonic() >= deadline:
                raise ParError(LOST, "no answer in time: the broker is gone, busy, or refuses us")
            else:
                self.send(PING)
        return answer

    def take(self, m):
        if m.type == ERROR and m.ref == UNKNOWN_SESSION:
            raise ParError(LOST, "this is another broker: open another session")
        if m.type in (READY, PONG, WELCOME) or m.type == ERROR and m.flags & FINAL:
            self.answers[m.id] = m
        if m.type in (WELCOME, CREDIT) and m.id == 0:
            for channel, *grant in m.meta.get(1 if m.type == CREDIT else 15, []):
                if channel == 0:
                    self.granted = [max(pair) for pair in zip(self.granted, grant)]
        elif m.type in (RESULT, ERROR):
            for run, result in ended_runs(m):
                if self.results.get(run, OK) is None:
                    self.results[run] = result
        elif m.type == STREAM:
            self.on_stream(m.id, m.meta[1], m.body)
            total = m.ref + len(m.body) + WINDOW
            self.send(CREDIT, m.id, meta={1: [[2, total, total]], 2: m.meta[1]})
        elif m.type == BLOB_NEED:
            self.serve(m.id, self.files.get(m.meta[1], b""), m.ref, m.meta[2])

    def serve(self, transfer, data, offset, length):
        end = min(offset + length, len(data))
        if offset >= end:
            self.send(ERROR, transfer, UNKNOWN_ID, flags=FINAL)
        for at in range(offset, end, CHUNK):
            last = FINAL if at + CHUNK >= len(data) == end else 0
            self.send(BLOB_DATA, transfer, at, None, data[at:min(at + CHUNK, end)], 1, last)

    def request(self, type, ref=0, meta=None, body=b""):
        id = next(self.ids)
        self.send(type, id, ref, meta, body, count=1 if body else 0)
        m = self.pump_until(lambda: self.answers.pop(id, None))
        if m.type == ERROR:
            raise ParError(m.ref, m.meta.get(72, ""))
        return m

    def setup(self, kind, name, paths=(), options=None):
        """Returns the handle and the names of the functions."""
        manifest = {1: name, 2: kind, 4: []}
        for path in map(pathlib.Path, paths):
            data = path.read_bytes()
            hash = hashlib.blake2b(data, digest_size=32).digest()
            self.files[hash] = data
            manifest[4].append([path.name, hash, len(data), 0o755])
        ready = self.request(SETUP, 0, options, msgpack.packb(manifest))
        return ready.ref, [name for name, signature in ready.meta.get(2, [])]

    def room_for(self, payloads):
        """How many of these the broker's credit lets us send in one message."""
        items, octets = [max(0, g - s) for g, s in zip(self.granted, self.sent)]
        totals = itertools.accumulate(map(len, payloads[:min(items, 4096)]))
        return (sum(total <= min(octets, BATCH) for total in totals) or
                int(items > 0 and len(payloads[0]) <= octets or None not in self.results.values()))

    def run(self, handle, function, args, options=None):
        """Start a run for each of args; returns their ids."""
        payloads, runs = [msgpack.packb(a) for a in args], []
        while payloads:
            n = self.pump_until(lambda: self.room_for(payloads))
            batch, payloads, ids = payloads[:n], payloads[n:], [next(self.ids) for _ in range(n)]
            body = b"".join(RUN_ITEM.pack(0, len(p)) + p for p in batch)
            self.send(RUN, ids[0], handle << 32 | function, options, body, n)
            self.sent = [self.sent[0] + n, self.sent[1] + sum(map(len, batch))]
            self.results.update(dict.fromkeys(ids))
            runs += ids
        return runs

    def wait(self, runs):
        """Their results, in order; each is given out once."""
        return [self.pump_until(lambda: self.results[r] and self.results.pop(r)) for r in runs]

    def cancel(self, run, mode=0):
        self.send(CANCEL, run, mode)

    def ping(self, worker=None, handle=0):
        self.request(PING, handle, {2: worker} if worker else None)

    def teardown(self, handle, terminate=False):
        self.request(CLOSE, handle, {26: int(terminate)})

    def close(self):
        self.send(GOODBYE)
        self.socket.close()


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1])
    for word in "--key", "--broker-key", "endpoint":
        parser.add_argument(word)
    parser.add_argument("words", nargs="+")
    a = parser.parse_args()
    client = Client(a.endpoint, a.key, a.broker_key, 3600, lambda run, fd, data: os.write(fd, data))
    path, is_function, name = a.words[0].rpartition(":")
    if is_function:
        handle, names = client.setup("object" if path.endswith(".so") else "source", "it", [path])
        args = [int(w) if w.lstrip("-").isdigit() else w for w in a.words[1:]]
        result, = client.wait(client.run(handle, names.index(name), [args]))
    else:
        result, = client.wait(client.run(client.setup("exec", "command")[0], 0, [a.words]))
    client.close()
    facts = value(result.payload)
    if result.status == OK:
        return print(facts) if is_function else None
    print("par_min:", facts.get(72, "status %d" % result.status), file=sys.stderr)
    return {EXIT: 0, SIGNAL: 128}.get(result.status, 125) + facts.get(74, ["", 0])[1]


if __name__ == "__main__":
    try:
        sys.exit(main())
    except ParError as e:
        sys.exit("par_min: %s (status %d)" % e.args[::-1])
