"""Who may come in, but not as whom he claims to be, or not any more.  Over ipc
and tcp: routing ids like those that libzmq makes, two peers with the same one,
a HELLO that a revocation overtakes.  Started by strangers.sh."""
import itertools, os, pathlib, random, re, signal, subprocess, sys, threading, time
import socket as plain

SOURCE, BUILD = os.environ["top_srcdir"], os.environ["top_builddir"]
sys.path.insert(0, SOURCE + "/contrib/python")
import zmq
from par_min import decode, encode
from zmq.utils.monitor import recv_monitor_message

HELLO, WELCOME, GOODBYE, PING, PONG, ERROR = 1, 2, 3, 4, 5, 6
REVOKED, UNAUTHENTICATED, PATIENCE = 4, 401, 20000
CONFIG = pathlib.Path(os.environ["HOME"]) / "here"
FAR = pathlib.Path(os.environ["HOME"]) / "far"
LOCAL = "ipc://%s/sock" % os.environ["TMPDIR"]
CONTEXT = zmq.Context()
SERIAL = itertools.count()
seed = int(os.environ.get("PAR_TEST_SEED", "20261121"))
random.seed(seed)
print("seed", seed)


def check(ok, what):
    print(("ok - " if ok else "not ok - ") + what, flush=True)
    if not ok:
        sys.exit(1)


def start(config, *words, **more):
    return subprocess.Popen([BUILD + "/" + words[0], *words[1:]], text=True, stdout=subprocess.PIPE,
                            env={**os.environ, "PAR_CONFIG_DIR": str(config)}, **more)


def parctl(*words, config=CONFIG):
    p = start(config, "parctl", *words, stderr=subprocess.PIPE)
    out, err = p.communicate(timeout=60)
    return p.returncode, out, err


def keys(name, config=CONFIG):
    text = (config / (name + ".key")).read_bytes()
    return {k.decode(): v for k, v in re.findall(rb'(\w+)-key = "(.{40})"', text)}


def dealer(endpoint, key="id", routing_id=None):
    socket = CONTEXT.socket(zmq.DEALER)
    socket.linger = 0
    if routing_id is not None:
        socket.routing_id = routing_id
    if endpoint.startswith("tcp"):
        mine = keys(key)
        socket.curve_publickey, socket.curve_secretkey = mine["public"], mine["secret"]
        socket.curve_serverkey = keys("broker")["public"]
    # pyzmq's own name for it has the number of a descriptor, which a socket
    # that is closed by and by may still go by.
    events = socket.get_monitor_socket(addr="inproc://events-%d" % next(SERIAL))
    socket.connect(endpoint)
    return socket, events


def happens(events, event, patience=PATIENCE):
    while events.poll(patience):
        if recv_monitor_message(events)["event"] == event:
            return True
    return False


def hello(socket):
    socket.send(encode(HELLO, meta={1: [1, 1], 2: "client", 3: random.randbytes(16)}))


def greeter(endpoint, routing_id=None):
    socket, _ = dealer(endpoint, routing_id=routing_id)
    hello(socket)
    return socket


def hear(socket, patience=PATIENCE):
    return decode(*socket.recv_multipart()) if socket.poll(patience) else None


def answers(socket, nonce):
    socket.send(encode(PING, id=nonce))
    m = hear(socket)
    return m is not None and m.type == PONG and m.id == nonce


def start_broker(hello_timeout):
    broker = start(CONFIG, "parbroker", "--no-local", "--listen", LOCAL, "--listen", "tcp://127.0.0.1:*",
                   "--hello-timeout", "%dms" % hello_timeout)
    return broker, re.search(r"tcp://[\d.]+:\d+", broker.stdout.readline())[0]


def stop(process):
    process.send_signal(signal.SIGTERM)
    check(process.wait(20) == 0, "it ends in order")


# ---- a routing id of one's own ----

broker, remote = start_broker(1000)
for endpoint in (LOCAL, remote):
    name = endpoint[:3]
    first, _ = dealer(endpoint, routing_id=b"\0same")
    hello(first)
    check(hear(first).type == WELCOME, name + ": who chose an id like libzmq's is served under it")
    second, events = dealer(endpoint, routing_id=b"\0same")
    check(happens(events, zmq.EVENT_HANDSHAKE_SUCCEEDED), name + ": another one with the same id")
    hello(second)
    for nonce in range(100):
        second.send(encode(PING, id=1000 + nonce))
    check(all(answers(first, nonce) for nonce in range(100)), "... takes nothing from the first")
    check(happens(events, zmq.EVENT_DISCONNECTED), "... and is not kept")
    check(second.poll(0) == 0, "... nor told anything")
    check(answers(first, 7), "... and the first stays")
    first.close()
    second.close()

    crowd = [greeter(endpoint, b"\0" + random.randbytes(4)) for _ in range(100)]
    honest = [greeter(endpoint) for _ in range(100)]
    check(all(hear(s).type == WELCOME for s in honest), name + ": beside a hundred forged ids all others come in")
    long, events = dealer(endpoint, routing_id=b"\0" * 200)
    hello(long)
    check(happens(events, zmq.EVENT_DISCONNECTED), name + ": an id of another form is no way in")
    for socket in honest + crowd + [long]:
        socket.close()
check(broker.poll() is None, "the broker lives")
stop(broker)

# ---- revoked while a HELLO is on its way ----

broker, remote = start_broker(3600000)
_, line, _ = parctl("keygen", "eve")
parctl("allow", line.strip(), "--role", "client,worker")
session, _ = dealer(remote, "eve")
late, events = dealer(remote, "eve")
check(happens(events, zmq.EVENT_HANDSHAKE_SUCCEEDED), "a key that is allowed gets its handshake")
hello(session)
check(hear(session).type == WELCOME, "... and a session")
parctl("revoke", "eve")
m = hear(session)
check(m.type == GOODBYE and m.ref == REVOKED, "revoked, its session is told so")
hello(late)
m = hear(late)
check(m is not None and m.type == ERROR and m.ref == UNAUTHENTICATED, "... and a HELLO that comes late is refused")
check(happens(events, zmq.EVENT_DISCONNECTED), "... and its connection is cut")
session.close()
late.close()
stop(broker)

# What users read then: a broker that always answers so.
router = CONTEXT.socket(zmq.ROUTER)
router.linger = 0
router.curve_server, router.curve_secretkey = 1, keys("broker")["secret"]
remote = "tcp://127.0.0.1:%d" % router.bind_to_random_port("tcp://127.0.0.1")


def refuse():
    while router.poll(PATIENCE):
        sender, *frames = router.recv_multipart()
        if decode(*frames).type == HELLO:
            router.send_multipart([sender, encode(ERROR, 0, UNAUTHENTICATED, {72: "no"}, flags=4)])
            return


parctl("trust", remote, keys("broker")["public"].decode(), config=FAR)
parctl("keygen", config=FAR)
line = parctl("keygen", "--show", config=FAR)[1].strip()
threading.Thread(target=refuse).start()
code, out, err = parctl("run", "--broker", remote, "--", "true", config=FAR)
check(code == 125 and "does not know this key; there: parctl allow '%s' --role client" % line in err,
      "parctl says which command lets it in again: " + err.strip())
threading.Thread(target=refuse).start()
worker = start(FAR, "parworker", "--broker", remote, stderr=subprocess.PIPE)
err = worker.stderr.readline()
check("does not know this key; there: parctl allow '%s' --role worker" % line in err, "and so does parworker: " + err.strip())
stop(worker)
router.close()


# What hangs up without a word is no proof of another key, or another user.
def hang_up(listener):
    while True:
        try:
            listener.accept()[0].close()
        except OSError:
            return


for listener, text in ((plain.create_server(("127.0.0.1", 0)), "another key .*, no room .*, or is no broker"),
                       (plain.socket(plain.AF_UNIX), "no room for more connections, or is no broker")):
    if listener.family == plain.AF_UNIX:
        hasty = os.environ["TMPDIR"] + "/hasty"
        listener.bind(hasty)
        listener.listen()
        remote = "ipc://" + hasty
    else:
        remote = "tcp://127.0.0.1:%d" % listener.getsockname()[1]
        parctl("trust", remote, keys("broker")["public"].decode(), config=FAR)
    threading.Thread(target=hang_up, args=(listener,), daemon=True).start()
    code, out, err = parctl("run", "--broker", remote, "--", "true", config=FAR)
    check(code == 125 and re.search("hangs up: it has " + text, err) and "--replace" not in err,
          "what hangs up at once may have several reasons: " + err.strip())
    listener.shutdown(plain.SHUT_RDWR)
os.unlink(hasty)
CONTEXT.destroy(0)
