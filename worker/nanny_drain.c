/* nanny_drain.c - the orderly end */
#include "config.h"

#include "engine.h"
#include "log.h"
#include "nanny_close.h"
#include "nanny_drain.h"
#include "nanny_run.h"
#include "nanny_say.h"

enum { KILL_MS = 5000 }; /* so long the killed may take to be dead */

void nanny_drain(struct nanny *n, uint64_t now)
{
    n->now = now;
    if (n->state >= NANNY_DRAINING)
        return;
    n->state = NANNY_DRAINING;
    n->drain_at = now;
    nanny_say_goodbye(n, WIRE_DRAINING);
    nanny_return_queued(n);
}

void nanny_stop(struct nanny *n, uint64_t now)
{
    nanny_drain(n, now);
    if (n->state != NANNY_DRAINING)
        return;
    nanny_end_running(n, NULL, DOOM_DRAIN);
    nanny_return_queued(n);
}

void nanny_kill(struct nanny *n, uint64_t now)
{
    nanny_drain(n, now);
    if (n->state != NANNY_DRAINING || n->kill)
        return;
    n->kill = true;
    n->drain_at = now + KILL_MS;
    nanny_end_running(n, NULL, DOOM_DRAIN);
    nanny_return_queued(n);
}

/* Does anything run that will be answered? */
static bool is_busy(const struct nanny *n)
{
    for (struct list *i = n->batches.next; i != &n->batches; i = i->next) {
        const struct run_batch *b = LIST_ENTRY(i, const struct run_batch, node);

        for (uint32_t k = 0; k < b->count; k++)
            if (b->runs[k].state != RUN_ANSWERED)
                return true;
    }
    return false;
}

/* Close all that is set up here, so that its closing functions run.  Returns
 * true while that goes on. */
static bool wind_up(struct nanny *n)
{
    if (!n->winds_up) {
        n->winds_up = n->more = true;
        n->drain_at = n->now + HOOK_MS;
        for (struct list *i = n->comps.next; i != &n->comps; i = i->next)
            nanny_close_comp(n, LIST_ENTRY(i, struct comp, node));
    }
    return !list_is_empty(&n->comps) && n->now < n->drain_at;
}

/* Their closing functions have had their time. */
static void log_cut(const struct nanny *n)
{
    for (struct list *i = n->comps.next; i != &n->comps; i = i->next) {
        const struct comp *c = LIST_ENTRY(i, const struct comp, node);

        if (c->registered)
            log_line(LOG_WARN,
                     "closing what is registered here took longer "
                     "than %d s: cut",
                     HOOK_MS / 1000);
        else
            log_line(LOG_WARN, "closing %.*s took longer than %d s: cut",
                     (int)c->bundle.name.len, c->bundle.name.data,
                     HOOK_MS / 1000);
    }
}

void nanny_drain_step(struct nanny *n)
{
    if (n->state != NANNY_DRAINING)
        return;
    if (!n->kill && !n->winds_up)
        n->drain_at = UINT64_MAX;
    /* What a closed book gave back since. */
    nanny_return_queued(n);
    if (is_busy(n) && !(n->kill && n->now >= n->drain_at))
        return;
    if (!n->kill && wind_up(n))
        return;
    if (!n->kill)
        log_cut(n);
    /* DONE says that all that was begun is answered. */
    nanny_say_goodbye(n, is_busy(n) ? WIRE_IDLE : WIRE_DONE);
    n->state = NANNY_ENDED;
}
