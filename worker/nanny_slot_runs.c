/* nanny_slot_runs.c - the runs in a slot's hands: answered by its pipe and by
 * the outbox of its page, or taken back */
#include "config.h"

#include <stdlib.h>

#include "engine.h"
#include "nanny_answer.h"
#include "nanny_retire.h"
#include "nanny_slot_runs.h"

/* Looks at an outbox that is ahead of the pipe, one a millisecond. */
enum { EARLY_MAX = 1000 };

static bool is_slot_status(unsigned status)
{
    switch (status) {
    case PAR_OK:
    case PAR_EXCEPTION:
    case PAR_CANCELLED:
    case PAR_BAD_ARGS:
    case PAR_LIMIT:
    case PAR_TOO_LARGE:
    case PAR_UNKNOWN_FUNCTION:
    case PAR_UNSUPPORTED:
        return true;
    default:
        return false;
    }
}

/* The next run in its hands is answered with this item. */
static void learn(struct nanny *n,
                  struct seat *seat,
                  struct run *r,
                  const struct wire_item *item)
{
    struct live_slot *w = seat->slot;

    list_remove(&r->node);
    w->answered++;
    seat->comp->held--;
    if (seat->number < slots_count(n->slots))
        slots_done(n->slots, seat->number, 1, n->now);
    if (item->status == PAR_OK || item->status == PAR_EXCEPTION)
        window_learn(comp_window(seat->comp, r->batch->function),
                     item->wall_us);
    if (r->state != RUN_ANSWERED)
        nanny_answer(n, r, item);
    nanny_release(n, r);
}

struct run *nanny_slot_run(const struct live_slot *w, uint64_t id)
{
    for (struct list *i = w->given.next; i != &w->given; i = i->next) {
        struct run *r = LIST_ENTRY(i, struct run, node);

        if (run_id(r) == id)
            return r;
    }
    return NULL;
}

bool nanny_slot_runs(const struct live_slot *w, const struct run *r)
{
    uint64_t id, since;

    return page_running(w->page, &id, &since) && id == run_id(r);
}

/* Answers come in the order in which the runs were given.  One that came
 * before, by the outbox, comes again by the pipe. */
bool nanny_slot_results(struct nanny *n,
                        struct seat *seat,
                        const struct wire_msg *m)
{
    struct live_slot *w = seat->slot;
    struct wire_item item;
    size_t cursor = 0;

    while (wire_next(m, &cursor, &item)) {
        uint64_t id = m->head.id + item.index;
        struct run *r = LIST_ENTRY(w->given.next, struct run, node);

        if (!is_slot_status(item.status) || item.executed > WIRE_EXECUTED)
            return false;
        if (!list_is_empty(&w->given) && run_id(r) == id)
            learn(n, seat, r, &item);
        else if (nanny_slot_run(w, id))
            return false;
    }
    return true;
}

/* Do these results follow others, which the slot has sent before? */
static bool is_ahead(const struct live_slot *w, const struct wire_msg *m)
{
    struct wire_item item;
    size_t cursor = 0;
    uint64_t id;

    if (list_is_empty(&w->given) || !wire_next(m, &cursor, &item))
        return false;
    id = m->head.id + item.index;
    return run_id(LIST_ENTRY(w->given.next, struct run, node)) != id &&
           nanny_slot_run(w, id);
}

/* What is finished and waits in the slot behind a run that takes long; also
 * what a dead slot has left. */
enum slot_outbox nanny_slot_collect(struct nanny *n, struct seat *seat)
{
    struct live_slot *w = seat->slot;
    uint8_t *copy = malloc(PAGE_OUTBOX);
    enum slot_outbox result = OUTBOX_TAKEN;
    struct wire_msg m;

    if (copy && page_collect(w->page, copy, &m)) {
        if (is_ahead(w, &m))
            result = w->early++ < EARLY_MAX ? OUTBOX_EARLY : OUTBOX_GARBAGE;
        else if (!nanny_slot_results(n, seat, &m))
            result = OUTBOX_GARBAGE;
    }
    if (result == OUTBOX_TAKEN)
        w->early = 0;
    free(copy);
    return result;
}

void nanny_slot_take_back(struct nanny *n, struct seat *seat)
{
    struct live_slot *w = seat->slot;
    uint64_t begun = page_close(w->page);
    unsigned back = 0;
    struct wire_header ping = {.type = WIRE_PING, .ref = 1};

    if (begun < w->answered)
        begun = w->answered;
    while (w->given_count > begun) {
        struct run *r = LIST_ENTRY(w->given.prev, struct run, node);

        list_remove(&r->node);
        w->given_count--;
        back++;
        seat->comp->held--;
        nanny_queue(n, seat->comp, r, true);
    }
    if (seat->number < slots_count(n->slots)) {
        slots_done(n->slots, seat->number, back, n->now);
        slots_block(n->slots, seat->number, true);
    }
    if (w->book_closed)
        return;
    w->book_closed = true;
    if (w->check_at > n->now + STARTED_MS)
        w->check_at = n->now + STARTED_MS;
    if (live_slot_send(w, &ping, NULL, NULL))
        nanny_slot_mistrust(n, seat, "its pipe takes no more");
}
