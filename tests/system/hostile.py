"""What a broker does with peers that break the grammar or the credit: they
are refused, told why, and cut off at the third time; another client beside
them notices nothing.  Started by hostile.sh."""
import os, pathlib, random, signal, struct, subprocess, sys

SOURCE, BUILD = os.environ["top_srcdir"], os.environ["top_builddir"]
sys.path.insert(0, SOURCE + "/contrib/python")
import msgpack, zmq
from par_min import Client, decode, encode

TEMP = pathlib.Path(os.environ["TMPDIR"])
HELLO, WELCOME, GOODBYE, ERROR, RUN, PING, PONG = 1, 2, 3, 6, 0x12, 4, 5
MALFORMED, FORBIDDEN, NO_CREDIT, UNKNOWN_SESSION, UNSUPPORTED = 300, 400, 304, 305, 302
ENDPOINT = "ipc://%s/sock" % TEMP
CONTEXT = zmq.Context()
seed = int(os.environ.get("PAR_TEST_SEED", "20261121"))
print("seed", seed)


def check(ok, what):
    print(("ok - " if ok else "not ok - ") + what)
    if not ok:
        sys.exit(1)


class Peer:
    """A DEALER that says what it likes."""

    def __init__(self, hello=True):
        self.socket = CONTEXT.socket(zmq.DEALER)
        self.socket.linger = 0
        self.socket.connect(ENDPOINT)
        if hello:
            self.say(encode(HELLO, meta={1: [1, 1], 2: "client", 3: os.urandom(16)}))
            check(self.hear().type == WELCOME, "a polite HELLO is welcomed")

    def say(self, *frames):
        self.socket.send_multipart(frames)

    def hear(self, patience=10000):
        while self.socket.poll(patience):
            m = decode(*self.socket.recv_multipart())
            if m.type != 7:  # CREDIT is of no interest here
                return m
        return None

    def close(self):
        self.socket.close()


def refused(m, status):
    return m is not None and m.type == ERROR and m.ref == status


def start(*words):
    p = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    print(p.stdout.readline().strip())
    return p


broker = start(BUILD + "/parbroker", "--no-local", "--listen", ENDPOINT,
               "--config-dir", os.environ["HOME"] + "/config")
honest = Client(ENDPOINT)

stranger = Peer(hello=False)
stranger.say(encode(PING, id=1))
check(refused(stranger.hear(), UNKNOWN_SESSION), "what comes before HELLO is refused")
stranger.say(b"GET / HTTP/1.1\r\n\r\n")
check(refused(stranger.hear(), MALFORMED), "what is no frame of ours is refused")
stranger.close()

rude = Peer()
rude.say(encode(0x13, id=5, count=1, body=struct.pack(">IHBBII", 0, 0, 2, 0, 1, 0)))
check(refused(rude.hear(), FORBIDDEN), "a client may not answer runs")
rude.say(encode(0x31, id=6))
check(refused(rude.hear(), UNSUPPORTED), "what is not built is refused by name")
rude.say(encode(0x99, id=7))
rude.say(encode(PING, id=8))
check(rude.hear().type == PONG, "an advisory type is ignored, and the session goes on")
for i in range(3):
    rude.say(b"\xc1\x50\x01" + bytes(5))
    check(refused(rude.hear(), MALFORMED), "breach %d is told" % (i + 1))
m = rude.hear()
check(m is not None and m.type == GOODBYE and m.ref == 3, "and the third one ends it")
rude.close()

for key, value in ((18, "w\x1b]0;x\x07"), (18, "a b"), (18, "n\nbroker: all is well"),
                   (18, "\u202eevil"), (25, {1: "\x9b31m"}), (24, {"a\n": "b"}),
                   (24, {"a": "\x1b[2J"}), (21, {"gpu\t": 1})):
    worker = Peer(hello=False)
    hello = {1: [1, 1], 2: "worker", 3: os.urandom(16), 18: "w", 20: [["main", 1, "process"]]}
    worker.say(encode(HELLO, meta={**hello, key: value}))
    check(refused(worker.hear(), MALFORMED), "a worker's %d cannot be %a" % (key, value))
    worker.close()

greedy = Peer()
item = struct.pack(">II", 0, 0)
run = {1: "no/such", 19: -1}
sent = 0
for i in range(8):
    greedy.say(encode(RUN, id=1 + sent, meta=run, count=2000, body=item * 2000))
    sent += 2000
last, seen = None, 0
while True:
    m = greedy.hear(2000)
    if m is None or m.type == GOODBYE:
        last = m
        break
    seen += refused(m, NO_CREDIT)
if last is not None:
    check(last.ref == 5 and seen >= 3, "a client beyond its credit is cut off at the third time")
else:
    check(seen == 0, "credit was renewed as fast as it was used")
greedy.close()

rng = random.Random(seed)
frames = [encode(RUN, id=1, meta=run, count=3, body=item * 3),
          encode(0x10, id=2, count=1, body=msgpack.packb({2: "exec"})),
          encode(0x16, id=3, meta={78: 9}), encode(0x17, id=4, ref=77),
          encode(0x30, id=5, meta={1: "jobs"}), encode(7, meta={1: [[1, 5, 5]]}),
          encode(0x14, id=9, ref=0, meta={1: 0}, count=1, body=b"x"),
          encode(0x1E, id=6, meta={2: ""}), encode(0x22, id=1 << 52, count=1, body=b"y")]
peer = Peer()
for i in range(4000):
    frame = bytearray(rng.choice(frames))
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(frame))
        kind = rng.random()
        if kind < 0.7:
            frame[at] = rng.randrange(256)
        elif kind < 0.85:
            del frame[at:at + rng.randint(1, 8)]
        else:
            frame[at:at] = bytes(rng.randrange(256) for _ in range(rng.randint(1, 8)))
        if not frame:
            frame = bytearray(b"\xc1")
    try:
        peer.socket.send(bytes(frame), zmq.NOBLOCK)
    except zmq.Again:
        pass
    while peer.socket.poll(0):
        peer.socket.recv_multipart()
    if i % 100 == 99:  # most are cut off long before
        peer.close()
        peer = Peer()
        honest.ping()
peer.close()
check(broker.poll() is None, "the broker lives after 4000 bent messages")
honest.ping()
check(True, "and serves those who keep to the rules")

broker.send_signal(signal.SIGTERM)
check(broker.wait(20) == 0, "it ends in order")
honest.socket.close(0)
CONTEXT.term()
