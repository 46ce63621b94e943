"""Peers that keep to the grammar and ask for too much: what the broker holds
for them is bounded, and it says so.  Started by bounds.sh."""
import hashlib, os, pathlib, resource, select, signal, socket, struct, subprocess, sys

SOURCE, BUILD = os.environ["top_srcdir"], os.environ["top_builddir"]
sys.path.insert(0, SOURCE + "/contrib/python")
import msgpack, zmq
from par_min import FINAL, decode, encode, ended_runs

TEMP = pathlib.Path(os.environ["TMPDIR"])
HELLO, WELCOME, GOODBYE, PING, PONG, ERROR, CREDIT = range(1, 8)
SETUP, READY, RUN, RESULT, STREAM, CANCEL, REGISTER = 0x10, 0x11, 0x12, 0x13, 0x14, 0x16, 0x1A
BLOB_NEED, BLOB_DATA, STATUS = 0x21, 0x22, 0x30
OK, VALUE_LOST, OVERLOADED, NO_CREDIT, UNKNOWN_ID, FORBIDDEN, QUOTA = 0, 209, 202, 304, 307, 400, 402
CANCELLED, WORKER_LOST = 105, 200
ENDPOINT = "ipc://%s/sock" % TEMP
CONTEXT = zmq.Context()
WAIT = {1: "some/path", 19: -1}  # for a worker, however long
RUN_ITEM, RESULT_ITEM = struct.Struct(">II"), struct.Struct(">IHBBII")


broker = None


def check(ok, what):
    print(("ok - " if ok else "not ok - ") + what)
    if not ok:
        broker.kill()
        sys.exit(1)


def until(it_holds):
    while not it_holds():
        select.select([], [], [], 0.02)


class Peer:
    """A DEALER that says what it likes, and remembers what it was granted."""

    def __init__(self, role="client", **keys):
        self.granted = 0
        self.socket = CONTEXT.socket(zmq.DEALER)
        self.socket.linger = 0
        self.socket.set_hwm(0)
        self.socket.connect(ENDPOINT)
        keys = {int(k[1:]): v for k, v in keys.items()}
        self.say(HELLO, meta={1: [1, 1], 2: role, 3: os.urandom(16), **keys})

    def say(self, *args, **more):
        self.socket.send(encode(*args, **more))

    def hear(self, patience=10000):
        """The next message that is no grant of runs; None if there is none."""
        while self.socket.poll(patience):
            m = decode(*self.socket.recv_multipart())
            if m.type == CREDIT and m.id == 0:
                self.granted = m.meta[1][0][1]
            elif m.type < 0x80:
                return m
        return None

    def hear_of(self, type):
        """The next of this type; what else a worker is told is no matter."""
        m = self.hear()
        while m.type != type:
            m = self.hear()
        return m

    def ask(self, *args, **more):
        self.say(*args, **more)
        return self.hear()

    def settle(self):
        """What it was granted once all that it said is served."""
        self.say(PING, id=1 << 40)
        self.hear_of(PONG)
        return self.granted

    def ends(self, n):
        """n runs' results"""
        all = []
        while len(all) < n:
            all += [end for _, end in ended_runs(self.hear())]
        return all

    def run(self, id, payloads, meta=WAIT):
        body = b"".join(RUN_ITEM.pack(0, len(p)) + p for p in payloads)
        self.say(RUN, id, 0, meta, body, len(payloads))

    def close(self):
        self.say(GOODBYE)
        self.socket.close(1000)


def client(**keys):
    peer = Peer("client", **keys)
    check(peer.hear().type == WELCOME, "a client is welcome")
    return peer


def worker(slots=4):
    peer = Peer("worker", _20=[["main", slots, "thread"]], _25={1: "here"})
    check(peer.hear().type == WELCOME, "a worker is welcome")
    peer.say(REGISTER, 1, meta={1: [["some/path", ""]]})
    check(peer.hear_of(READY).id == 1, "and registers")  # it may hear who has left
    return peer


def answer(peer, m, payload=b"", wall_us=1):
    """All runs of a RUN are OK, with this value."""
    items = [RESULT_ITEM.pack(i, OK, 2, 0, wall_us, len(payload)) + payload for i in range(m.count)]
    peer.say(RESULT, m.id, 0, None, b"".join(items), m.count)


def start(*more, **how):
    p = subprocess.Popen([BUILD + "/parbroker", "--no-local", "--listen", ENDPOINT,
                          "--config-dir", os.environ["HOME"] + "/config", *more],
                         stdout=subprocess.PIPE, text=True, **how)
    print(*more, p.stdout.readline().strip())
    return p


def stop(p):
    p.send_signal(signal.SIGTERM)
    check(p.wait(20) == 0, "it ends in order")


def memory_of_half_cancelled_batches():
    """The large half of each message is cancelled; the small one keeps it."""
    peer = client()
    big, id, m = b"x" * 1000000, 1, None
    for i in range(8):
        peer.run(id, [big, b""])
        peer.say(CANCEL, id, 2)
        m = peer.hear()
        if m.type == ERROR:
            break
        id += 2
    check(m.type == ERROR and m.ref == OVERLOADED and id < 11, "what is held counts, not what waits")
    check(peer.hear().ref == UNKNOWN_ID, "the refused one cannot be cancelled")
    check("max_queued_bytes" in m.meta[72] and m.count == 2, "and it is told: " + m.meta[72])
    peer.say(CANCEL, 2, 2)
    check(peer.hear().type == RESULT, "when one is let go")
    peer.run(id + 2, [big, b""])
    peer.say(CANCEL, id + 2, 2)
    check(peer.hear().type == RESULT, "there is room again")
    peer.close()


def values_nobody_takes():
    """A client that grants no results: what waits for it is bounded too."""
    peer, hand = client(_15=[[1, 0, 0]]), worker()
    for i in range(8):
        peer.run(1 + i, [b""])
        answer(hand, hand.hear_of(RUN), b"v" * 1000000)
        hand.settle()
    hand.settle()
    peer.say(CREDIT, meta={1: [[1, 100, 1 << 30]]})
    ends = peer.ends(8)
    kept = [r for r in ends if r.status == OK]
    lost = [r for r in ends if r.status == VALUE_LOST]
    check(len(kept) + len(lost) == 8 and 3 <= len(kept) < 5, "%d values are kept" % len(kept))
    check(all(r.executed == 2 for r in lost), "the others are lost, and were computed")
    hand.close()
    peer.close()


def runs_nobody_hears_of():
    """A client that grants no results is granted no runs beyond a window."""
    peer, hand = client(_15=[[1, 0, 0]]), worker()
    peer.run(1, [b""] * 4096)
    done = 0
    while done < 4096:
        m = hand.hear_of(RUN)
        done += m.count
        answer(hand, m)
    hand.settle()
    check(peer.settle() in (0, 4096), "a window of runs, and no more, is granted")
    peer.run(5000, [b""])
    check(peer.hear().ref == NO_CREDIT, "one more is beyond it")
    peer.say(CREDIT, meta={1: [[1, 4096, 1 << 20]]})
    check(all(r.status == OK for r in peer.ends(4096)), "what waited comes when it is wanted")
    check(peer.settle() > 4096 + 2048, "and with it the grant")
    peer.run(6000, [b""])
    answer(hand, hand.hear_of(RUN))
    hand.settle()
    peer.say(CREDIT, meta={1: [[1, 5000, 1 << 20]]})
    check(peer.ends(1)[0].status == OK, "one more runs now")
    hand.close()
    peer.close()


def more_sessions_than_allowed(limit):
    peers = [client() for _ in range(limit)]
    late = Peer()
    m = late.hear()
    check(m.type == ERROR and m.ref == QUOTA and 79 in m.meta, "one more is refused: " + m.meta[72])
    late.close()
    peers[0].ask(PING, 1)
    peers.pop().close()
    while True:  # until the GOODBYE is heard
        late = Peer()
        if late.hear().type == WELCOME:
            break
        late.close()
    check(True, "when one has left another may come")
    for peer in peers + [late]:
        peer.close()


def more_questions_than_allowed():
    """Small messages without an end: refused, then cut off; others are not."""
    peer, other = client(), client()
    peer.run(1, [b""])
    for i in range(40000):
        peer.say(CANCEL if i % 10 == 9 else PING, 1 << 30)
    seen = []
    while not seen or seen[-1].type != GOODBYE:
        seen.append(peer.hear())
    refused = [m for m in seen if m.type == ERROR and m.ref == QUOTA]
    check(len([m for m in seen if m.type == PONG]) > 4096, "a burst is served")
    check(len(refused) > 1000 and all(79 in m.meta for m in refused), "more is refused")
    check({bool(m.flags & FINAL) for m in refused} == {True, False},
          "a CANCEL's refusal does not end the run")
    check(seen[-1].ref == 6, "who goes on is cut off: TOO_MANY")
    check(other.ask(PING, 1).type == PONG, "and nobody else")
    other.close()
    peer.socket.close(0)


def pings_that_nobody_answers():
    """One client does not take all the places for pings to workers."""
    peer, other, hand = client(), client(), worker()
    for i in range(100):
        peer.say(PING, 1 + i, 0, {2: "here.1"})
    seen = [peer.hear() for _ in range(36)]
    check(all(m.type == ERROR and m.ref == OVERLOADED for m in seen), "64 pings of a client wait, and no more")
    other.say(PING, 7, 0, {2: "here.1"})
    asked = [hand.hear_of(PING) for _ in range(65)]
    for m in reversed(asked):
        hand.say(PONG, m.id)
    check(other.hear_of(PONG).id == 7, "others have places, and get their own answers")
    check({peer.hear_of(PONG).id for _ in range(64)} == set(range(1, 65)), "each is answered")
    for p in peer, other, hand:
        p.close()


def hello_again():
    """A new session on the same connection has no new patience."""
    peer, seen = client(), 0
    for i in range(40000):
        peer.say(HELLO, meta={1: [1, 1], 2: "client", 3: os.urandom(16)})
    while True:
        m = peer.hear()
        if m.type == GOODBYE:
            break
        seen += m.type == WELCOME
    check(4096 < seen < 30000, "sessions without an end are cut off as well")
    peer.socket.close(0)


def more_input_than_granted():
    """What a command has not granted is not relayed to its worker."""
    peer, hand = client(), worker()
    peer.run(1, [b""], {**WAIT, 28: True})
    m = hand.hear_of(RUN)
    piece = lambda at, data: peer.say(STREAM, 1, at, {1: 0}, data, 1)
    piece(0, b"early")
    early = peer.hear()
    check(early.ref == NO_CREDIT and not early.flags & FINAL, "input before the first grant is refused")
    hand.say(CREDIT, m.id, 0, {1: [[2, 10, 10]], 2: 0})
    m = peer.hear_of(CREDIT)
    check(m.id == 1 and m.meta[1] == [[2, 10, 10]], "a grant is relayed")
    piece(0, b"123456")
    piece(6, b"7890123")
    check(peer.hear().ref == NO_CREDIT, "what is beyond the grant is refused")
    piece(6, b"7890")
    got = b""
    while len(got) < 10:  # in one message or two
        got += hand.hear_of(STREAM).body
    check(got == b"1234567890", "the rest comes")
    peer.say(STREAM, 1, 0, {1: 1}, b"x", 1)
    check(peer.hear().ref == FORBIDDEN, "a client does not write output")
    hand.close()
    check(peer.ends(1)[0].status == WORKER_LOST, "and the run has gone on")
    peer.close()


def input_granted_by_one_who_is_behind():
    """A worker that has much unread grants input: its client hears of it."""
    peer, hand = client(), Deaf("worker", _20=[["main", 200, "thread"]], _25={1: "here"})
    hand.say(REGISTER, 1, meta={1: [["some/path", ""]]})
    peer.run(1, [b""], {**WAIT, 28: True})
    while (m := hand.hear()).type != RUN:
        pass
    for i in range(250):
        peer.run(2 + i, [b"x" * 60000])
    peer.settle()
    hand.say(CREDIT, m.id, 0, {1: [[2, 10, 10]], 2: 0})
    m = peer.hear_of(CREDIT)
    check(m.id == 1 and m.meta[1] == [[2, 10, 10]], "a grant of one that has 12 MB unread is relayed")
    hand.close()
    peer.close()


def lists_nobody_reads():
    """Who has long lists unread gets no more of them, and is told."""
    peer, others = Deaf(), [client() for _ in range(5)]
    for other in others:
        for i in range(4):
            other.run(1 + 1000 * i, [b""] * 1000)
        other.settle()
    for i in range(20):
        peer.say(STATUS, 1 + i, 0, {1: "jobs", 2: 20000})
    peer.say(PING, 99)
    for i in range(25):  # the broker takes turns: all that peer said is served then
        others[0].settle()
    seen = []
    while not seen or seen[-1].type != PONG:
        seen.append(peer.hear())
    ends = [m.ref if m.type == ERROR else OK for m in seen if m.type in (STATUS, ERROR) and m.flags & FINAL]
    check(set(ends) == {OK, OVERLOADED}, "of 20 long lists %d come, the others are refused" % ends.count(OK))
    peer.say(STATUS, 100, 0, {1: "self"})
    check(peer.hear().type == STATUS, "who has read is answered again")
    for p in [peer, *others]:
        p.close()


def held(p):
    """Octets that a process has of its own."""
    return int(open("/proc/%d/statm" % p.pid).read().split()[1]) * resource.getpagesize()


class Deaf(socket.socket):
    """A peer that says what it likes over ipc, and reads when it is told to."""

    def __init__(self, role="client", **keys):
        super().__init__(socket.AF_UNIX)
        self.settimeout(30)
        self.connect(ENDPOINT[len("ipc://"):])
        self.sendall(b"\xff" + bytes(8) + b"\x7f\x03\x00NULL" + bytes(16) + b"\0" + bytes(31))
        self.take(64)
        ready = b"\x05READY\x0bSocket-Type" + struct.pack(">I", 6) + b"DEALER" + b"\x08Identity" + bytes(4)
        self.sendall(struct.pack("BB", 4, len(ready)) + ready)
        self.take(self.take(2)[1])
        keys = {int(k[1:]): v for k, v in keys.items()}
        self.say(HELLO, meta={1: [1, 1], 2: role, 3: os.urandom(16), **keys})
        check(self.hear().type == WELCOME, "one that will not read is welcome")

    def take(self, n):
        data = b""
        while len(data) < n:
            more = self.recv(n - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def say(self, *args, **more):
        frame = encode(*args, **more)
        self.sendall(struct.pack(">BQ", 2, len(frame)) + frame)

    def hear(self):
        """The next message of one or two frames; commands are passed over."""
        frames = []
        while True:
            flags = self.take(1)[0]
            size = struct.unpack(">Q", self.take(8))[0] if flags & 2 else self.take(1)[0]
            body = self.take(size)
            if not flags & 4:
                frames.append(body)
                if not flags & 1:
                    return decode(*frames)


def sanitized(what):
    """The address sanitizer keeps what was freed: memory says nothing then."""
    if b"libasan.so" not in open(BUILD + "/parbroker", "rb").read():
        return False
    print("ok - %s # SKIP the address sanitizer keeps what was freed" % what)
    return True


def memory_below(mib, grown, what):
    if not sanitized(what):
        check(grown < mib << 20, "%s cost %d MB" % (what, grown >> 20))


def values_nobody_reads(broker):
    """A client that grants all and reads nothing: no more lies in libzmq than
    what it may be behind, the rest is held and counted as such."""
    before = held(broker)
    peer, hand = Deaf(), worker()
    for i in range(100):
        body = RUN_ITEM.pack(0, 0)
        peer.say(RUN, 1 + i, 0, WAIT, body, 1)
        answer(hand, hand.hear_of(RUN), b"v" * 1000000)
    hand.settle()
    grown = held(broker) - before
    memory_below(40, grown, "100 MB for who does not read")
    ends = []
    while len(ends) < 100:
        m = peer.hear()
        if m.type == RESULT:
            ends += [end for _, end in ended_runs(m)]
    kept = [r for r in ends if r.status == OK]
    check(8 <= len(kept) < 40, "%d values come when it reads" % len(kept))
    check({r.status for r in ends} == {OK, VALUE_LOST}, "the others are lost, and it is told")
    peer.close()
    hand.close()


def output_nobody_reads(broker):
    """The same with output: the worker is not told of all that was granted."""
    before = held(broker)
    peer, hand = Deaf(), worker()
    peer.say(RUN, 1, 0, WAIT, RUN_ITEM.pack(0, 0), 1)
    m, sent, told = hand.hear_of(RUN), 0, 65536
    peer.say(CREDIT, 1, 0, {1: [[2, 0, 1 << 40]], 2: 1})
    told = hand.hear_of(CREDIT).meta[1][0][2]
    check(told < 1 << 30, "of a large grant it is told a part: %d" % told)
    size = 0
    for turn in range(200):
        while sent < told:
            n = min(65536, told - sent)
            hand.say(STREAM, m.id, sent, {1: 1}, b"x" * n, 1)
            sent += n
        hand.say(PING, 7)
        while (c := hand.hear()).type != PONG:
            if c.type == CREDIT:
                told = c.meta[1][0][2]
    grown = held(broker) - before
    memory_below(40, grown, "output that is not read")
    while size < sent:
        c = peer.hear()
        size += len(c.body) if c.type == STREAM else 0
    check(hand.hear_of(CREDIT).meta[1][0][2] > told, "when it is read there may be more")
    peer.close()
    hand.close()


def jobs(peer):
    """The rows of all jobs that have not ended"""
    peer.say(STATUS, 1, 0, {1: "jobs"})
    rows, m = [], None
    while not m or not m.flags & FINAL:
        m = peer.hear_of(STATUS)
        rows += msgpack.unpackb(m.body)
    return rows


def run_output(hand, m):
    """All runs of a RUN print what may be said unasked, and end."""
    for i in range(m.count):
        for stream in 1, 2:
            hand.say(STREAM, m.id + i, 0, {1: stream}, b"x" * 65536, 1, FINAL)
    answer(hand, m, wall_us=100000)


def output_of_many_runs(broker):
    """What a run says before there is a grant adds up: so no more of them begin
    while much lies unread.  Others' do, and these when their client reads."""
    before, begun = held(broker), 0
    peer, hand, other = Deaf(), worker(), client()
    peer.say(RUN, 1, 0, WAIT, RUN_ITEM.pack(0, 0) * 600, 600)
    while begun == 0 or any(job["waits_for"] != "its client to read what it has" for job in jobs(other)):
        while (m := hand.hear(20)) is not None:
            if m.type == RUN:
                begun += m.count
                run_output(hand, m)
    check(64 <= begun < 300, "of 600 runs whose output is not read %d begin" % begun)
    memory_below(40, held(broker) - before, "the output of so many")
    other.run(1, [b""])
    answer(hand, hand.hear_of(RUN))
    check(other.ends(1)[0].status == OK, "another client's run does")
    peer.say(CANCEL, 600, 0)
    other.close()
    poller = zmq.Poller()
    poller.register(peer.fileno(), zmq.POLLIN)
    poller.register(hand.socket, zmq.POLLIN)
    ends, size = [], 0
    while len(ends) < 600:
        ready = dict(poller.poll(10000))
        if not ready:
            check(False, "it goes on when its client reads")
        if hand.socket in ready:
            m = hand.hear()
            if m.type == RUN:
                begun += m.count
                run_output(hand, m)
        if peer.fileno() in ready:
            m = peer.hear()
            size += len(m.body) if m.type == STREAM else 0
            ends += [end for _, end in ended_runs(m)] if m.type == RESULT else []
    check(begun == 599 and size == 599 * 2 * 65536, "the rest when it is read, but for one")
    check(sorted({r.status for r in ends}) == [OK, CANCELLED], "which was cancelled meanwhile")
    peer.close()
    hand.close()


def memory_goes_back(broker):
    """What a client leaves unread is not kept when it is gone."""
    if sanitized("what is left unread goes back to the system"):
        return
    before, done = held(broker), 0
    peer, hand = Deaf(), worker(600)
    peer.say(RUN, 1, 0, WAIT, RUN_ITEM.pack(0, 0) * 600, 600)
    while done < 600:
        m = hand.hear_of(RUN)
        done += m.count
        run_output(hand, m)
    hand.settle()
    grown = held(broker) - before
    check(grown > 16 << 20, "the first octets of many runs, unread, cost %d MB" % (grown >> 20))
    peer.close()
    until(lambda: held(broker) - before < grown // 2)
    check(True, "which the system has back when their reader is gone")
    hand.close()


def files_nobody_reads(broker):
    """A worker that asks for a file again and again and takes nothing."""
    content = b"f" * (1 << 20)
    hash = hashlib.blake2b(content, digest_size=32).digest()
    peer = client()
    manifest = msgpack.packb({1: "files", 2: "exec", 4: [["f", hash, len(content), 0o644]]})
    peer.say(SETUP, 1, 0, None, manifest, 1)
    need = peer.hear_of(BLOB_NEED)
    for at in range(0, 1 << 20, 1 << 18):
        peer.say(BLOB_DATA, need.id, at, None, content[at:at + (1 << 18)], 1, FINAL if at == 3 << 18 else 0)
    peer.settle()
    before = held(broker)
    hand = Deaf("worker", _20=[["main", 1, "thread"]], _25={1: "there"})
    for i in range(300):
        hand.say(BLOB_NEED, 1 + i, 0, {1: hash, 2: 1 << 20})
    hand.say(PING, 1 << 40)
    peer.settle()
    grown = held(broker) - before
    memory_below(40, grown, "300 MB for who does not read")
    seen = 0
    while seen < 300:
        m = hand.hear()
        seen += m.type == BLOB_DATA and bool(m.flags & FINAL)
    check(m.id == 300, "all comes, in order, when it reads")
    try:
        for i in range(6000):
            hand.say(BLOB_NEED, 1 + i, 0, {1: hash, 2: 1 << 20})
        while (m := hand.hear()).type != GOODBYE:
            pass
        check(m.ref == 5, "who asks for thousands more than it takes is cut off")
    except (EOFError, ConnectionError):
        check(True, "who asks for thousands more than it takes is cut off")
    hand.close()
    peer.close()


def more_output_than_granted():
    """What a client has not granted is not relayed to it, and a worker that
    goes on has to go.  What says nothing is not relayed at all."""
    peer, hand = client(), worker()
    peer.run(1, [b""])
    m = hand.hear_of(RUN)
    piece = lambda stream, at, data, flags=0: hand.say(STREAM, m.id, at, {1: stream, "x-": b"x" * 60000},
                                                       data, 1, flags)
    for i in range(1000):
        piece(1, 0, b"")
    for i in range(10000):
        piece(1, i, b"x")
    piece(1, 10000, b"x" * 55536)
    piece(2, 0, b"done", FINAL)
    piece(2, 4, b"and more")
    seen, size = [], {1: 0, 2: 0}
    while size != {1: 65536, 2: 4}:
        seen.append(peer.hear_of(STREAM))
        size[seen[-1].meta[1]] += len(seen[-1].body)
    check(all(len(s.meta) == 1 and s.body for s in seen), "what says nothing is not relayed")
    check(seen[-1].flags & FINAL, "an end is")
    piece(1, 65536, b"x")
    check(hand.hear_of(ERROR).ref == NO_CREDIT, "an octet beyond the grant is refused")
    for i in range(50000):
        peer.say(CREDIT, 1, 0, {1: [[2, 0, 65537 + i]], 2: 1})
    peer.settle()
    hand.say(PING, 7)
    grants = []
    while (c := hand.hear()).type != PONG:
        if c.type == CREDIT:
            grants.append(c.meta[1][0][2])
    check(grants == [65536 + (1 << i) for i in range(16)], "grants by the octet are told when they are of use")
    piece(1, 65536, b"x" * 32768)
    check(hand.hear_of(CREDIT).meta[1][0][2] == 65536 + 50000, "then the rest of them")
    check(len(peer.hear_of(STREAM).body) == 32768, "what was granted is relayed")
    piece(1, 98304, b"x" * 20000)
    check(hand.hear_of(ERROR).ref == NO_CREDIT, "more is refused")
    piece(1, 65530, b"x")
    check(hand.hear_of(GOODBYE).ref == 5, "and at the third time the worker has to go")
    check(peer.ends(1)[0].status == WORKER_LOST, "and nothing more: its run is lost")
    hand.socket.close(0)
    peer.close()


def connections_without_hello():
    """One that is silent, one that says all but HELLO: both are cut off."""
    polite = client()
    silent, chatty = CONTEXT.socket(zmq.DEALER), CONTEXT.socket(zmq.DEALER)
    for peer in silent, chatty:
        peer.linger = 0
        watch = peer.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        peer.connect(ENDPOINT)
        while not watch.poll(50):
            if peer is chatty:
                peer.send(encode(PING, id=1))
        peer.disable_monitor()
        check(True, "a connection without HELLO is cut off")
        peer.close(0)
    check(polite.ask(PING, 1).type == PONG, "one with it is not")
    polite.close()


def breaches_without_end(said):
    """One that comes again and again to be cut off does not fill the log."""
    for i in range(100):
        peer = client()
        for k in range(3):
            peer.socket.send(b"\xc1\x50\x01" + bytes(5))
        while peer.hear().type != GOODBYE:
            pass
        peer.socket.close(0)
    lines = open(said).read().count("MALFORMED")
    check(0 < lines < 200, "300 breaches make %d lines in the log" % lines)


def connections_without_end(broker, said):
    """More connections than there are descriptors: those who are in stay in,
    and others come in when there is room again."""
    polite, flood = client(), []
    broker.send_signal(signal.SIGSTOP)  # so that all are accepted in one go
    for i in range(200):
        flood.append(socket.socket(socket.AF_UNIX))
        flood[-1].settimeout(10)
        flood[-1].connect(ENDPOINT[len("ipc://"):])
    broker.send_signal(signal.SIGCONT)
    check(polite.ask(PING, 1).type == PONG, "who is in is served while 200 knock")
    until(lambda: "ulimit -n" in open(said).read())
    words = open(said).read()
    check(words.count("ulimit -n") == 1, "the operator is told once what to raise: " + words)
    for s in flood:
        s.close()
    client().close()
    polite.close()


sys.excepthook = lambda *what: (broker and broker.kill(), sys.__excepthook__(*what))
broker = start("--max-queued-bytes", "4m")
memory_of_half_cancelled_batches()
values_nobody_takes()
runs_nobody_hears_of()
values_nobody_reads(broker)
output_nobody_reads(broker)
output_of_many_runs(broker)
memory_goes_back(broker)
files_nobody_reads(broker)
more_input_than_granted()
more_output_than_granted()
more_questions_than_allowed()
pings_that_nobody_answers()
hello_again()
stop(broker)
broker = start()
input_granted_by_one_who_is_behind()
lists_nobody_reads()
stop(broker)
broker = start("--hello-timeout", "300ms")
connections_without_hello()
stop(broker)
said = TEMP / "said"
with open(said, "w") as file:
    broker = start(stderr=file, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)))
connections_without_end(broker, said)
breaches_without_end(said)
stop(broker)
said.unlink()
for option in "--max-sessions", "--max-account-sessions":
    broker = start(option, "3")
    more_sessions_than_allowed(3)
    stop(broker)
CONTEXT.term()
