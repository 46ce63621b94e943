/* main.c - parbroker: a CZMQ program around the broker
 *
 * CZMQ opens the ROUTER and runs the ZAP handler as an actor; the turn gets
 * the raw socket.  Signals arrive through a descriptor in the same poll.
 */
#include "config.h"

#include <czmq.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

/* czmq.h brings syslog.h, whose macros are not ours. */
#undef LOG_INFO
#undef LOG_DEBUG

#include "broker.h"
#include "clock.h"
#include "daemon.h"
#include "ignored.h"
#include "link.h"
#include "log.h"
#include "own_keys.h"
#include "place.h"
#include "stdfds.h"
#include "wire.h"

enum { MAX_LISTEN = 15, HOUR = 3600 * 1000 /* ms */ };

struct choices {
    const char *listen[MAX_LISTEN + 1];
    int listen_count;
    const char *advertise[MAX_LISTEN + 1];
    int advertise_count;
    const char *config_dir;
    int64_t heartbeat;
    int64_t drain;
    int64_t max_queued;
    uint64_t max_queued_bytes;
    uint64_t max_file_bytes;
    int64_t hello;
    int64_t setup;
    int64_t max_sessions;
    int64_t max_account_sessions;
    bool no_local;
    bool debug;
};

enum {
    LISTEN,
    ADVERTISE,
    NO_LOCAL,
    CONFIG_DIR,
    MAX_QUEUED,
    MAX_QUEUED_BYTES,
    MAX_FILE_BYTES,
    MAX_SESSIONS,
    MAX_ACCOUNT_SESSIONS,
    HEARTBEAT,
    HELLO,
    SETUP,
    DRAIN,
    DEBUG,
    VERSION_,
    HELP
};

static const struct option_spec table[] = {
    [LISTEN] = {'l', "listen", "ENDPOINT",
                "listen there too: tcp://ADDRESS:PORT (encrypted;\n"
                "port 0: any), ipc://PATH; repeatable\n(only locally)"},
    [ADVERTISE] = {'a', "advertise", "ENDPOINT",
                   "how others reach it, for tickets; repeatable (as it\n"
                   "listens)"},
    [NO_LOCAL] = {0, "no-local", NULL, "listen only where --listen says"},
    [CONFIG_DIR] = {0, "config-dir", "DIR",
                    "where broker.key and authorized are (~/.config/par)"},
    [MAX_QUEUED] = {0, "max-queued", "N",
                    "jobs waiting, per account (4000000)"},
    [MAX_QUEUED_BYTES] = {0, "max-queued-bytes", "SIZE",
                          "of their arguments, per account (512m)"},
    [MAX_FILE_BYTES] = {0, "max-file-bytes", "SIZE",
                        "of files of computations, per account\n(2g), and "
                        "twice as many in all"},
    [MAX_SESSIONS] = {0, "max-sessions", "N",
                      "clients and workers at once (10000)"},
    [MAX_ACCOUNT_SESSIONS] = {0, "max-account-sessions", "N",
                              "the same, of one account (1000)"},
    [HEARTBEAT] = {0, "heartbeat", "TIME",
                   "ask a worker that is silent so long; lost after four\n"
                   "(2s); a TIME is 1.5s, 200ms, 2m or 1h"},
    [HELLO] = {0, "hello-timeout", "TIME",
               "cut a connection that nobody is let in on so long (5s)"},
    [SETUP] = {0, "setup-timeout", "TIME",
               "give a set-up or a closing up that a worker has not\n"
               "answered so long (30m)"},
    [DRAIN] = {0, "drain", "TIME",
               "on SIGTERM, wait so long for running jobs (10s)"},
    [DEBUG] = {'d', "debug", NULL, "say on stderr what happens"},
    [VERSION_] = {0, "version", NULL, "print the version"},
    [HELP] = {'h', "help", NULL, "print this"},
    {0}};

static void help(void)
{
    printf("usage: parbroker [OPTION]...\n"
           "\n"
           "Share work out among workers.  Without options it listens where "
           "programs of\nthis user on this host look for it, and nowhere "
           "else:\n"
           "\n"
           "    parbroker &                            then: parworker &\n"
           "    parbroker --listen tcp://0.0.0.0:%d  and for another host:\n"
           "    parctl ticket hostB --role worker >b.par\n"
           "\n",
           WIRE_PORT);
    options_help(stdout, table);
    printf("\nSIGTERM, SIGINT: no new work, wait for what runs, end; twice: "
           "end now.  SIGHUP:\nread the authorized keys again.  See "
           "parbroker(8).\n");
}

/* Returns 0, or -1 with the reason. */
static int take_option(void *choices,
                       int which,
                       const char *value,
                       struct par_error *err)
{
    struct choices *c = choices;

    switch (which) {
    case LISTEN:
        if (c->listen_count == MAX_LISTEN)
            return par_fail(err, EINVAL, "--listen: %d are enough", MAX_LISTEN);
        c->listen[c->listen_count++] = value;
        return link_endpoint_ok(value, true, err)
                   ? 0
                   : par_fail_in(err, "--listen");
    case ADVERTISE:
        if (c->advertise_count == MAX_LISTEN)
            return par_fail(err, EINVAL, "--advertise: %d are enough",
                            MAX_LISTEN);
        c->advertise[c->advertise_count++] = value;
        return link_endpoint_ok(value, false, err)
                   ? 0
                   : par_fail_in(err, "--advertise");
    case NO_LOCAL:
        c->no_local = true;
        return 0;
    case CONFIG_DIR:
        c->config_dir = value;
        return 0;
    case MAX_QUEUED:
        return options_int("--max-queued", value, 1, UINT32_MAX, &c->max_queued,
                           err);
    case MAX_QUEUED_BYTES:
        return options_size("--max-queued-bytes", value, &c->max_queued_bytes,
                            err);
    case MAX_FILE_BYTES:
        return options_size("--max-file-bytes", value, &c->max_file_bytes, err);
    case MAX_SESSIONS:
        return options_int("--max-sessions", value, 1, 1000000,
                           &c->max_sessions, err);
    case MAX_ACCOUNT_SESSIONS:
        return options_int("--max-account-sessions", value, 1, 1000000,
                           &c->max_account_sessions, err);
    case HEARTBEAT:
        return options_time("--heartbeat", value, 50, HOUR, &c->heartbeat, err);
    case HELLO:
        return options_time("--hello-timeout", value, 1, HOUR, &c->hello, err);
    case SETUP:
        return options_time("--setup-timeout", value, 1, 24 * HOUR, &c->setup,
                            err);
    case DRAIN:
        return options_time("--drain", value, 0, 24 * HOUR, &c->drain, err);
    default:
        c->debug = true;
        return 0;
    }
}

static const struct daemon parbroker = {"parbroker", table, help, take_option};

static int check_options(const struct choices *c, struct par_error *err)
{
    return c->no_local && c->listen_count == 0
               ? par_fail(err, EINVAL,
                          "--no-local leaves nothing to listen on; add "
                          "--listen ENDPOINT")
               : 0;
}

/* ---- the process ---- */

static int open_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    if (!signal_is_ignored(SIGINT))
        sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void zap_actor(zsock_t *pipe, void *zap)
{
    zsock_signal(pipe, 0);
    zap_run(zap, zsock_resolve(pipe));
}

/* Wait for the next thing to do. */
static void rest(struct broker *b, int signals, uint64_t until)
{
    zmq_pollitem_t items[BROKER_POLL + 1];
    int n = broker_poll(b, items);
    uint64_t due = broker_deadline(b);
    uint64_t now = clock_ms();
    long wait = -1;

    if (until < due)
        due = until;
    if (due != UINT64_MAX)
        wait =
            due > now ? (long)(due - now > 3600000 ? 3600000 : due - now) : 0;
    items[n++] = (zmq_pollitem_t){.fd = signals, .events = ZMQ_POLLIN};
    zmq_poll(items, n, wait);
}

static void serve(struct broker *b, int signals, int64_t drain_ms)
{
    struct signalfd_siginfo info;
    uint64_t end = UINT64_MAX; /* of the drain */

    for (;;) {
        bool more = broker_turn(b, clock_ms());

        while (read(signals, &info, sizeof info) == sizeof info) {
            if (info.ssi_signo == SIGHUP) {
                broker_reload(b);
            } else if (end == UINT64_MAX) {
                broker_drain(b);
                end = clock_ms() + (uint64_t)drain_ms;
            } else {
                end = 0;
            }
        }
        if (end != UINT64_MAX && (broker_idle(b) || clock_ms() >= end))
            break;
        if (!more)
            rest(b, signals, end);
    }
    broker_goodbye(b);
}

/* ---- opening ---- */

static int listen_all(struct broker *b,
                      const struct choices *c,
                      struct own_keys *own,
                      struct par_error *err)
{
    char local[LINK_ENDPOINT], actual[LINK_ENDPOINT], all[4096] = "";
    size_t n = 0;

    for (int i = c->no_local ? 0 : -1; i < c->listen_count; i++) {
        const char *endpoint = i < 0 ? local : c->listen[i];

        if (i < 0 && place_local_endpoint(true, local, sizeof local, err))
            return -1;
        if (broker_listen(b, endpoint, actual, sizeof actual, err) ||
            own_keys_note(own, actual, err))
            return -1;
        n += (size_t)snprintf(all + n, sizeof all - n, "%s%s", n ? ", " : "",
                              actual);
    }
    printf("ready on %s; next: parworker\n", all);
    fflush(stdout);
    return 0;
}

static int run(const struct choices *c, int signals, struct par_error *err)
{
    struct own_keys own;
    struct broker_settings s = {
        .limits = {.max_queued = (uint32_t)c->max_queued,
                   .max_queued_bytes = c->max_queued_bytes,
                   .setup_ms = (uint64_t)c->setup},
        .blob_cap = c->max_file_bytes,
        .heartbeat_ms = (uint32_t)c->heartbeat,
        .hello_ms = (uint32_t)c->hello,
        .max_sessions = (uint32_t)c->max_sessions,
        .max_account_sessions = (uint32_t)c->max_account_sessions,
        .owner = geteuid(),
        .advertise = c->advertise};
    struct broker *b = NULL;
    zsock_t *router;
    zactor_t *admission = NULL;
    char account[KEY_NAME];
    int rc = -1;

    snprintf(account, sizeof account, "uid:%lu", (unsigned long)geteuid());
    if (own_keys_open(&own, c->config_dir, account, err))
        return -1;
    router = zsock_new(ZMQ_ROUTER);
    daemon_seed(); /* after zsys, which seeds with the time, and before any bind
                    */
    if (!router)
        return par_fail(err, errno, "a socket: %s", zmq_strerror(errno));
    s.zap = zap_open(zsys_init(), geteuid(), err);
    if (s.zap)
        zap_use(s.zap, authorized_load(own.authorized, err));
    if (s.zap)
        admission = zactor_new(zap_actor, s.zap);
    s.authorized = own.authorized;
    s.secret_key = own.pair.secret_key;
    s.public_key = own.pair.public_key;
    s.blob_dir = getenv("TMPDIR") ? getenv("TMPDIR") : "/var/tmp";
    if (admission)
        b = broker_create(zsys_init(), zsock_resolve(router), &s, clock_ms(),
                          err);
    if (b && !listen_all(b, c, &own, err)) {
        serve(b, signals, c->drain);
        rc = 0;
    }
    keys_wipe(&own.pair);
    broker_destroy(b);
    zsock_destroy(&router);
    zactor_destroy(&admission);
    zap_close(s.zap);
    zsys_shutdown();
    return rc;
}

int main(int argc, char **argv)
{
    struct choices c = {.heartbeat = 2000, .drain = 10000};
    struct par_error err = {0};
    int signals, code;

    stdfds_fill();
    code = daemon_options(&parbroker, &c, argc, argv);
    if (code >= 0)
        return code;
    if (check_options(&c, &err))
        return daemon_fail(&parbroker, DAEMON_USAGE, &err);
    log_open("parbroker", c.debug ? LOG_DEBUG : LOG_WARN);
    daemon_harden();
    daemon_raise_files();
    signals = open_signals();
    zsys_init();
    zsys_handler_set(NULL);
    if (run(&c, signals, &err))
        return daemon_fail(&parbroker, DAEMON_TROUBLE, &err);
    return 0;
}
