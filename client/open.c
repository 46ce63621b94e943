/* open.c - the first word and the last */
#include "config.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "call.h"
#include "computation.h"
#include "connect.h"
#include "handle.h"
#include "open.h"
#include "output.h"
#include "private.h"
#include "send.h"
#include "stream.h"

enum {
    CONNECT_TIMEOUT = 10000, /* ms */
    GOODBYE_LINGER = 1000    /* ms for what was sent to leave */
};

/* A page that a fork()ed child finds empty; NULL if the kernel knows of no
 * such thing. */
static volatile unsigned char *make_here(void)
{
    unsigned char *page = mmap(NULL, 1, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (page == MAP_FAILED)
        return NULL;
    if (madvise(page, 1, MADV_WIPEONFORK)) {
        munmap(page, 1);
        return NULL;
    }
    *page = 1;
    return page;
}

static int init(struct par_client *c,
                const struct par_options *o,
                struct par_error *err)
{
    static atomic_uint_fast64_t serial;
    pthread_condattr_t attr;

    c->serial = ++serial;
    c->wake = -1;
    pthread_mutex_init(&c->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&c->news, &attr);
    pthread_condattr_destroy(&attr);
    c->epoll = -1;
    c->told = -1;
    c->pid = getpid();
    c->here = make_here();
    c->state = CLIENT_LOST;
    c->next_id = 1;
    c->connect_timeout =
        o->connect_timeout > 0 ? (uint64_t)o->connect_timeout : CONNECT_TIMEOUT;
    runs_init(&c->runs);
    group_init(&c->group);
    list_init(&c->outbox);
    list_init(&c->requests);
    list_init(&c->pieces);
    c->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    c->context = o->zmq_context;
    if (!c->context) {
        c->context = link_context(err);
        c->own_context = true;
    }
    if (c->wake < 0)
        return par_fail(err, errno, "eventfd: %s", strerror(errno));
    return c->context ? 0 : -1;
}

/* A ticket may name several brokers: the first that answers. */
static int connect_to_any(struct par_client *c, struct par_error *err)
{
    size_t i = 0;

    while (client_begin(c, err)) {
        if (!c->ticket.brokers[i] || !c->ticket.brokers[++i])
            return -1;
        free(c->endpoint);
        c->endpoint = strdup(c->ticket.brokers[i]);
        if (!c->endpoint)
            return par_fail(err, ENOMEM, "out of memory");
    }
    client_leave(c);
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
    c = calloc(1, sizeof *c);
    if (!c) {
        par_fail(err, ENOMEM, "out of memory");
        return NULL;
    }
    if (init(c, o, err))
        goto fail;
    c->notice = notice;
    c->notice_context = notice_context;
    if (client_choose(c, broker, o, err) || connect_to_any(c, err))
        goto fail;
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
    if (!c || (c->pid != 0 && client_is_elsewhere(c)))
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
    if (*par_setup_output(c))
        output_forget();
    batch_clear(&c->batch);
    runs_clear(&c->runs);
    keys_wipe(&c->key);
    if (c->wake >= 0)
        close(c->wake);
    if (c->epoll >= 0)
        close(c->epoll);
    if (c->told >= 0)
        close(c->told);
    if (c->here)
        munmap((void *)c->here, 1);
    free(c->endpoint);
    ticket_clear(&c->ticket);
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
