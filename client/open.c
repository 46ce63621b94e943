/* Which broker, which keys; the first word and the last. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "handle.h"
#include "output.h"
#include "place.h"
#include "private.h"

enum {
    CONNECT_TIMEOUT = 10000, /* ms */
    GOODBYE_LINGER = 1000    /* ms for what was sent to leave */
};

static bool is_set(const char *text)
{
    return text && *text;
}

/* Does somebody listen there?  A socket file alone proves nothing. */
static bool answers(const char *ipc_endpoint)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    const char *path = ipc_endpoint + sizeof "ipc://" - 1;
    int fd;
    bool yes;

    if (strlen(path) >= sizeof a.sun_path)
        return false;
    strcpy(a.sun_path, path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return false;
    yes = connect(fd, (struct sockaddr *)&a, sizeof a) == 0 || errno == EAGAIN;
    close(fd);
    return yes;
}

/* The endpoint to connect to; NULL with err->code 0: a private broker. */
static char *choose(const char *broker,
                    const struct par_options *o,
                    struct par_error *err)
{
    char local[PLACE_PATH];
    struct par_error why = {0};

    err->code = 0;
    if (o->private_broker)
        return NULL;
    if (!is_set(broker))
        broker = getenv("PAR_BROKER");
    if (!is_set(broker) &&
        place_local_endpoint(false, local, sizeof local, &why) == 0 &&
        answers(local))
        broker = local;
    if (is_set(broker)) {
        char *copy =
            link_endpoint_ok(broker, false, err) ? strdup(broker) : NULL;

        if (!copy && err->code == 0)
            par_fail(err, ENOMEM, "out of memory");
        return copy;
    }
    if (why.code != 0 && why.code != ENOENT)
        par_fail(err, why.code, "%s", why.text);
    else if (o->no_private_broker)
        par_fail(err, ECONNREFUSED,
                 "no broker is running here; start one with: parbroker");
    return NULL;
}

static int start_private(struct par_client *c,
                         const struct par_options *o,
                         struct par_error *err)
{
    c->private_broker = private_broker.start(c->context, o, err);
    if (!c->private_broker)
        return -1;
    c->endpoint = strdup(private_broker.endpoint(c->private_broker));
    return c->endpoint ? 0 : par_fail(err, ENOMEM, "out of memory");
}

/* Who we are: only tcp asks. */
static int load_key(struct par_client *c,
                    const struct par_options *o,
                    struct par_error *err)
{
    const char *key = is_set(o->key) ? o->key : getenv("PAR_KEY");
    char path[PLACE_PATH];

    if (link_endpoint_transport(c->endpoint) != LINK_TCP)
        return 0;
    if (keys_resolve(is_set(key) ? key : "id", path, sizeof path, err))
        return -1;
    /* A key that was named is not made: a slip of the pen would make one. */
    return is_set(key) ? keys_load(path, &c->key, err)
                       : keys_need(path, NULL, &c->key, err);
}

static int init(struct par_client *c, const struct par_options *o)
{
    pthread_condattr_t attr;

    c->wake = -1;
    pthread_mutex_init(&c->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&c->news, &attr);
    pthread_condattr_destroy(&attr);
    c->epoll = -1;
    c->pid = getpid();
    c->state = CLIENT_LOST;
    c->next_id = 1;
    c->connect_timeout =
        o->connect_timeout > 0 ? (uint64_t)o->connect_timeout : CONNECT_TIMEOUT;
    runs_init(&c->runs);
    group_init(&c->group);
    list_init(&c->outbox);
    list_init(&c->requests);
    list_init(&c->pieces);
    list_init(&c->outputs);
    c->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    c->context = o->zmq_context;
    if (!c->context) {
        c->context = zmq_ctx_new();
        c->own_context = true;
    }
    return c->wake >= 0 && c->context ? 0 : -1;
}

static int check(const char *broker,
                 const struct par_options *o,
                 struct par_error *err)
{
    if (o->private_broker && (is_set(broker) || o->no_private_broker))
        return par_fail(err, EINVAL, "private_broker excludes %s",
                        is_set(broker) ? broker : "no_private_broker");
    if (is_set(broker) && strncmp(broker, "inproc:", 7) == 0 && !o->zmq_context)
        return par_fail(err, EINVAL,
                        "%s: inproc needs the zmq_context of its broker",
                        broker);
    return 0;
}

struct par_client *client_open(const char *broker,
                               const struct par_options *options,
                               client_notice_f *notice,
                               void *notice_context,
                               struct par_error *err)
{
    static const struct par_options none;
    const struct par_options *o = options ? options : &none;
    struct par_error own;
    struct par_client *c;

    if (!err)
        err = &own;
    if (check(broker, o, err))
        return NULL;
    c = calloc(1, sizeof *c);
    if (!c || init(c, o)) {
        par_fail(err, ENOMEM, "out of memory");
        goto fail;
    }
    c->notice = notice;
    c->notice_context = notice_context;
    c->endpoint = choose(broker, o, err);
    if (!c->endpoint && (err->code != 0 || start_private(c, o, err)))
        goto fail;
    if (load_key(c, o, err))
        goto fail;
    if (client_begin(c, err))
        goto fail;
    client_leave(c);
    return c;
fail:
    par_close(c);
    return NULL;
}

struct par_client *par_open(const char *broker,
                            const struct par_options *options,
                            struct par_error *err)
{
    return client_open(broker, options, NULL, NULL, err);
}

static void say_goodbye(struct par_client *c)
{
    struct wire_header head = {.type = WIRE_GOODBYE, .ref = WIRE_DONE};

    client_flush(c);
    client_say(c, &head, NULL, NULL, 0, NULL);
}

void par_close(struct par_client *c)
{
    /* In a forked child the sockets, threads and locks are the parent's. */
    if (!c || (c->pid != 0 && c->pid != getpid()))
        return;
    if (c->state == CLIENT_OPEN)
        say_goodbye(c);
    link_client_close(c->link, GOODBYE_LINGER);
    if (c->private_broker)
        private_broker.stop(c->private_broker);
    if (c->own_context && c->context)
        zmq_ctx_term(c->context);
    client_drop_outbox(c);
    client_stream_clear(c);
    client_computations_clear(c);
    output_clear(c);
    batch_clear(&c->batch);
    runs_clear(&c->runs);
    keys_wipe(&c->key);
    if (c->wake >= 0)
        close(c->wake);
    if (c->epoll >= 0)
        close(c->epoll);
    free(c->endpoint);
    pthread_cond_destroy(&c->news);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

bool par_is_private(const struct par_client *c)
{
    return c->private_broker != NULL;
}

const char *par_endpoint(const struct par_client *c)
{
    return c->endpoint;
}
