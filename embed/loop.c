/* loop.c - one thread, one poll, two engines */
#include "config.h"

#include "loop.h"

#include <stdlib.h>
#include <unistd.h>

#include "broker/broker.h"
#include "clock.h"
#include "log.h"
#include "worker/nanny.h"

enum {
    KILL_MS = 1000, /* so long the killed may take to be dead */
    RENEW_MS = 1000 /* between two tries to have another worker */
};

static bool is_ended(const struct nanny *n)
{
    return !n || nanny_state(n) == NANNY_ENDED ||
           nanny_state(n) == NANNY_FAILED;
}

/* A worker that fails before it was ever there is the caller's affair. */
static void announce(struct embed *e)
{
    enum nanny_state state = e->nanny ? nanny_state(e->nanny) : NANNY_READY;

    if (e->ready || state == NANNY_CONNECTING)
        return;
    pthread_mutex_lock(&e->mutex);
    e->ready = true;
    if (state == NANNY_FAILED) {
        e->error = *nanny_error(e->nanny);
        e->phase = EMBED_OVER;
    }
    pthread_cond_signal(&e->settled);
    pthread_mutex_unlock(&e->mutex);
}

int loop_worker(struct embed *e, struct par_error *err)
{
    const char *at[] = {e->endpoints[0], NULL};
    struct par_worker_options mine = e->worker;

    mine.brokers = at;
    mine.zmq_context = e->context;
    e->nanny = nanny_create(&mine, err);
    return e->nanny ? 0 : -1;
}

/* In the place of a worker that cannot go on (its parspawn was killed, say)
 * comes another, so that jobs find one; the broker sets up on it what was set
 * up. */
static void renew_worker(struct embed *e, uint64_t now)
{
    struct par_error err;

    if (e->nanny && nanny_state(e->nanny) == NANNY_FAILED) {
        log_line(LOG_WARN, "%s", nanny_error(e->nanny)->text);
        nanny_destroy(e->nanny);
        e->nanny = NULL;
    }
    if (e->nanny || !e->has_worker || now < e->renew_at)
        return;
    e->renew_at = now + RENEW_MS;
    if (loop_worker(e, &err))
        log_line(LOG_WARN, "no other worker: %s", err.text);
}

/* Everything to poll, in e->items.  Returns how many; 0 if out of memory. */
static size_t gather(struct embed *e)
{
    size_t n, want;
    zmq_pollitem_t *items;

    for (;;) {
        if (e->item_count > BROKER_POLL + 1) {
            e->items[0] = (zmq_pollitem_t){.fd = e->wake, .events = ZMQ_POLLIN};
            n = 1 + (size_t)broker_poll(e->broker, e->items + 1);
            want = e->nanny
                       ? nanny_poll(e->nanny, e->items + n, e->item_count - n)
                       : 0;
            if (n + want <= e->item_count)
                return n + want;
        } else {
            n = BROKER_POLL + 1;
            want = 16;
        }
        items = realloc(e->items, (n + want) * 2 * sizeof *items);
        if (!items)
            return 0;
        e->items = items;
        e->item_count = (n + want) * 2;
    }
}

static void rest(struct embed *e)
{
    size_t n = gather(e);
    uint64_t due = broker_deadline(e->broker);
    uint64_t now = clock_ms(), count;
    long wait = -1;

    if (e->nanny && nanny_deadline(e->nanny) < due)
        due = nanny_deadline(e->nanny);
    if (!e->nanny && e->has_worker && e->renew_at < due)
        due = e->renew_at;
    if (e->until < due)
        due = e->until;
    if (due != UINT64_MAX)
        wait = due <= now ? 0 : due - now > 60000 ? 60000 : (long)(due - now);
    zmq_poll(e->items, (int)n, n ? wait : 1);
    while (read(e->wake, &count, sizeof count) > 0)
        ;
}

/* One turn of both.  Returns true if there is more to do at once. */
static bool turn(struct embed *e)
{
    bool more = broker_turn(e->broker, clock_ms());

    if (e->nanny)
        nanny_turn(e->nanny, clock_ms());
    announce(e);
    return more;
}

/* What a private broker still has, nobody will run. */
static bool is_drained(const struct embed *e)
{
    return e->has_worker ? is_ended(e->nanny) : broker_idle(e->broker);
}

/* One step through the phases, if it is due. */
static void step(struct embed *e, uint64_t now)
{
    int drain_ms = atomic_load(&e->stop);

    if (e->phase == EMBED_OPEN && drain_ms >= 0) {
        e->phase = EMBED_DRAINING;
        e->until = now + (uint64_t)drain_ms;
        broker_drain(e->broker);
        if (e->nanny)
            nanny_stop(e->nanny, now);
    } else if (e->phase == EMBED_OPEN) {
        renew_worker(e, now);
    }
    if (e->phase == EMBED_DRAINING && is_drained(e)) {
        e->phase = EMBED_OVER;
    } else if (e->phase == EMBED_DRAINING && now >= e->until) {
        e->phase = EMBED_KILLING;
        e->until = now + KILL_MS;
        if (e->nanny)
            nanny_kill(e->nanny, now);
    }
    if (e->phase == EMBED_KILLING && (is_ended(e->nanny) || now >= e->until))
        e->phase = EMBED_OVER;
}

void *loop_run(void *embed)
{
    struct embed *e = embed;

    while (e->phase != EMBED_OVER) {
        bool more = turn(e);

        step(e, clock_ms());
        if (!more && e->phase != EMBED_OVER)
            rest(e);
    }
    broker_goodbye(e->broker);
    return NULL;
}
