"""Values, failures, files, streams, cancel, ping and close as a client in
another language sees them.  Started by python_min.sh, with the environment
that tests/as-user gives."""
import os, pathlib, re, signal, subprocess, sys

SOURCE, BUILD = os.environ["top_srcdir"], os.environ["top_builddir"]
PAR_MIN = SOURCE + "/contrib/python/par_min.py"
sys.path.insert(0, os.path.dirname(PAR_MIN))
import zmq
from par_min import Client, ParError, decode, encode, value

TEMP = pathlib.Path(os.environ["TMPDIR"])
CONFIG = TEMP / "config"
CODE = """
#include <par/task.h>
#include <stdlib.h>

static int add(struct par_task *t)
{
    return par_put_int(t, par_int(t, 0) + par_int(t, 1));
}
PAR_FUNCTION(add, "ii:i")

static int echo(struct par_task *t)
{
    size_t len;
    const char *data = par_bytes(t, 0, &len);
    return par_put_bytes(t, data, len);
}
PAR_FUNCTION(echo, "b:b")

static int fail(struct par_task *t)
{
    return par_throw(t, 7, "no such moon");
}
PAR_FUNCTION(fail, ":n")

static int crash(struct par_task *t)
{
    (void)t;
    abort();
}
PAR_FUNCTION(crash, ":n")

static int wait_for_it(struct par_task *t)
{
    while (!par_cancelled(t))
        ;
    return 0;
}
PAR_FUNCTION(wait_for_it, ":n")
"""
OK, EXCEPTION, EXIT, SIGNAL, TIMEOUT, CANCELLED, BAD_ARGS = 0, 100, 101, 102, 103, 105, 106
WORKER_LOST, LOST, SETUP_FAILED = 200, 207, 208
UNKNOWN_HANDLE, UNKNOWN_FUNCTION, UNKNOWN_WORKER = 306, 309, 310
PROCESSES = []


def check(got, want, what):
    if got != want:
        raise SystemExit("FAIL: %s: got %r, want %r" % (what, got, want))


def check_golden():
    """What par_min.py decodes and encodes is what everybody agreed upon."""
    files = sorted(pathlib.Path(SOURCE, "tests/golden").glob("*.hex"))
    check(len(files) > 10, True, "golden messages are there")
    for path in files:
        frames = [bytes.fromhex(part)
                  for part in re.sub("#.*", "", path.read_text()).split("---")]
        m = decode(*frames)
        check(encode(m.type, m.id, m.ref, m.meta, m.body, m.count, m.flags), frames[0], path.name)
        check(m.second, frames[1] if len(frames) > 1 else None, path.name + ", second frame")


def start(*words):
    """Start a daemon; returns its ready line."""
    daemon = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    PROCESSES.append(daemon)
    line = daemon.stdout.readline()
    if "ready" not in line:
        raise SystemExit("FAIL: %s said %r" % (words[0], line))
    return line


def stop_all():
    """In order: the worker leaves its broker, not the other way round."""
    for daemon in reversed(PROCESSES):
        daemon.send_signal(signal.SIGTERM)
        try:
            check(daemon.wait(20), 0, "exit code of %s" % daemon.args[0])
        finally:
            daemon.kill()


def refusal(call, *args):
    try:
        call(*args)
    except ParError as e:
        return e.args[0]
    return OK


def one(client, handle, function, args, options=None):
    return client.wait(client.run(handle, function, [args], options))[0]


def check_functions(client, kind, path):
    handle, names = client.setup(kind, kind + "-test", [path])
    add, echo, fail, crash, wait_for_it = map(names.index, ["add", "echo", "fail", "crash",
                                                            "wait_for_it"])
    results = client.wait(client.run(handle, add, [[i, 1] for i in range(10000)]))
    check([(r.status, r.executed) for r in results], [(OK, 2)] * 10000, "10000 runs")
    check([value(r.payload) for r in results], list(range(1, 10001)), "their values, in order")
    for size in 0, 1, 1024, 1025, 65536, 1048000:
        data = os.urandom(size)
        check(value(one(client, handle, echo, [data]).payload), data, "%d octets and back" % size)

    failed = one(client, handle, fail, [])
    check((failed.status, value(failed.payload)[71], value(failed.payload)[72]),
          (EXCEPTION, 7, "no such moon"), "a function's own error")
    check(one(client, handle, add, ["x", 1]).status, BAD_ARGS, "a wrong argument")
    check(one(client, handle, 99, [1]).status, UNKNOWN_FUNCTION, "a function that is none")
    check(one(client, handle + 1000, 0, [1]).status, UNKNOWN_HANDLE, "a handle that is none")
    lost = one(client, handle, crash, [])
    check((lost.status, lost.executed), (WORKER_LOST, 1), "a crash")
    check(value(lost.payload)[74], ["signal", signal.SIGABRT], "the signal it names")
    check(one(client, handle, add, [20, 22])[0], OK, "the next run")

    run, = client.run(handle, wait_for_it, [[]])
    client.cancel(run, 2)
    check(client.wait([run])[0].status, CANCELLED, "a cancelled run")
    slow = one(client, handle, wait_for_it, [], {17: 50})
    check((slow.status, slow.executed), (TIMEOUT, 1), "a run with a timeout")

    client.ping(handle=handle)
    client.ping("w1")
    client.ping("w1", handle)
    check(refusal(client.ping, "nobody"), UNKNOWN_WORKER, "ping of nobody")
    client.teardown(handle)
    check(refusal(client.ping, None, handle), UNKNOWN_HANDLE, "ping of what was closed")
    check(refusal(client.teardown, handle), UNKNOWN_HANDLE, "closing it twice")
    check(one(client, handle, add, [1, 1]).status, UNKNOWN_HANDLE, "a run of what was closed")


def check_commands(client, output):
    handle, _ = client.setup("exec", "command")
    check(one(client, handle, 0, ["echo", "hi"]).status, OK, "echo hi")
    check(bytes(output[1]), b"hi\n", "its output")
    result = one(client, handle, 0, ["sh", "-c", "echo out; echo err >&2; exit 42"])
    check((result.status, value(result.payload)[74]), (EXIT, ["exit", 42]), "exit 42")
    check((bytes(output[1]), bytes(output[2])), (b"hi\nout\n", b"err\n"), "two streams")
    result = one(client, handle, 0, ["sh", "-c", "kill -9 $$"])
    check((result.status, value(result.payload)[74]), (SIGNAL, ["signal", 9]), "kill -9")
    result = one(client, handle, 0, ["./no-such-command"])
    check((result.status, value(result.payload)[74]), (EXIT, ["exit", 127]), "a missing command")
    output[1].clear()
    one(client, handle, 0, ["head", "-c", "3000000", "/dev/zero"])
    check(bytes(output[1]) == bytes(3000000), True, "3 MB, as credit allows")
    run, = client.run(handle, 0, [["sleep", "1000"]])
    client.cancel(run)
    check(client.wait([run])[0].status, CANCELLED, "a cancelled command")
    client.teardown(handle)


def check_client(endpoint, *keys):
    output = {1: bytearray(), 2: bytearray()}
    client = Client(endpoint, *keys, on_stream=lambda run, n, data: output[n].extend(data))
    check_functions(client, "source", TEMP / "code.c")
    check_functions(client, "object", TEMP / "code.so")
    check_commands(client, output)
    (TEMP / "bad.c").write_text("int main(void) { return nothing; }\n")
    check(refusal(client.setup, "source", "bad", [TEMP / "bad.c"]), SETUP_FAILED, "bad C")
    client.close()


def check_program(*words):
    def par_min(*more):
        done = subprocess.run(["/usr/bin/python3", "-B", PAR_MIN, *words, *more],
                              capture_output=True, text=True)
        return done.returncode, done.stdout

    check(par_min("--", "echo", "hi"), (0, "hi\n"), "par_min.py -- echo hi")
    check(par_min("--", "sh", "-c", "exit 3"), (3, ""), "par_min.py -- sh -c 'exit 3'")
    check(par_min(str(TEMP / "code.c") + ":add", "1", "2"), (0, "3\n"), "par_min.py code.c:add")


def check_stranger(tcp, broker_key):
    public, secret = zmq.curve_keypair()
    key = TEMP / "stranger.key"
    key.write_text('curve\n    public-key = "%s"\n    secret-key = "%s"\n'
                   % (public.decode(), secret.decode()))
    try:
        Client(tcp, key, broker_key, timeout=2)
    except ParError:
        return
    raise SystemExit("FAIL: a stranger's key was let in")


def check_restart(ipc):
    """Another broker answers there: the runs are lost, and a new session goes on."""
    client = Client(ipc)
    run, = client.run(client.setup("exec", "command")[0], 0, [["sleep", "1000"]])
    broker = PROCESSES.pop(0)
    broker.kill()
    broker.wait()
    start(BUILD + "/parbroker")
    PROCESSES.insert(0, PROCESSES.pop())
    check(refusal(client.wait, [run]), LOST, "a run whose broker was killed")
    client = Client(ipc)
    handle, _ = client.setup("exec", "command")
    check(one(client, handle, 0, ["true"]).status, OK, "a run on the new broker")
    client.close()


def main():
    check_golden()
    os.environ.update(PAR_CONFIG_DIR=str(CONFIG))
    (TEMP / "code.c").write_text(CODE)
    subprocess.run(os.environ.get("CC", "cc").split() + [
        "-shared", "-fPIC", "-I", SOURCE + "/include", "-o", TEMP / "code.so", TEMP / "code.c"],
        check=True)
    line = start(BUILD + "/parbroker", "--listen", "tcp://127.0.0.1:0")
    ipc, tcp = (re.search(r"\b%s://[^ ,;]+" % t, line).group() for t in ("ipc", "tcp"))
    start(BUILD + "/parworker", "--name", "w1", "--slots", "2")
    key = CONFIG / "id.key"
    broker_key = re.search('public-key = "(.{40})"', (CONFIG / "broker.key").read_text()).group(1)

    check_client(ipc)
    check_client(tcp, key, broker_key)
    check_program(ipc)
    check_program("--key", key, "--broker-key", broker_key, tcp)
    check_stranger(tcp, broker_key)
    check_restart(ipc)


try:
    main()
    stop_all()
finally:
    for process in PROCESSES:
        process.kill()
    subprocess.run(["rm", "-rf", *TEMP.iterdir()])
print("python_min: as doc/protocol.md says, over ipc and tcp + CURVE")
