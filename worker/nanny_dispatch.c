/* nanny_dispatch.c - which slot gets what, and giving it */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "batch.h"
#include "engine.h"
#include "meta_keys.h"
#include "nanny_answer.h"
#include "nanny_command_begin.h"
#include "nanny_dispatch.h"
#include "nanny_mend.h"
#include "nanny_retire.h"
#include "nanny_setup.h"
#include "nanny_slot_begin.h"
#include "nanny_starts.h"

/* ---- giving runs to a slot ---- */

/* The number of a function as the slot counts: for those that the program
 * registered, its place in the slot's own table. */
static uint32_t function_of(const struct nanny *n,
                            const struct comp *c,
                            const struct run *r)
{
    uint32_t f = r->batch->function;

    return c->registered && f < n->offer_count ? n->offers[f].index : f;
}

static void begin_frame(const struct nanny *n,
                        struct batch *b,
                        const struct comp *c,
                        const struct run *r)
{
    const struct run_batch *from = r->batch;
    struct wire_header head = {.type = WIRE_RUN,
                               .id = run_id(r),
                               .ref = (uint64_t)c->number << 32 |
                                      function_of(n, c, r)};
    struct meta_writer meta = {0};

    if (from->attempt > 1 || from->grants) {
        meta_put_map(&meta, from->grants ? 2 : 1);
        if (from->grants) {
            meta_put_uint(&meta, KEY_RUN_GRANTS);
            meta_put_raw(&meta, from->grants, from->grants_len);
        }
        meta_pair_int(&meta, KEY_ANY_ATTEMPT, from->attempt);
    }
    batch_begin(b, &head, meta.data, meta.len);
    meta_writer_clear(&meta);
}

static int write_frame(struct live_slot *w,
                       struct batch *b,
                       const void *second,
                       size_t second_len)
{
    size_t len;
    const uint8_t *frame = batch_frame(b, &len);

    if (!frame || pipe_write(w->pipe, frame, len, second, second_len, NULL))
        return -1;
    w->dirty = true;
    return 0;
}

/* May it join the runs that are in the frame already? */
static bool joins(const struct batch *b,
                  const struct run *r,
                  const struct run *before)
{
    return r->batch == before->batch && r->place == before->place + 1 &&
           r->len <= WIRE_PACKED_MAX && !batch_is_full(b, r->len);
}

/* Write the first `count` runs of a queue, or as many as the pipe takes.
 * Returns how many. */
static unsigned write_runs(struct nanny *n,
                           struct live_slot *w,
                           const struct comp *c,
                           const struct list *queue,
                           unsigned count)
{
    struct batch b = {0};
    struct list *node = queue->next;
    unsigned written = 0, in_frame;

    while (written < count) {
        const struct run *r = LIST_ENTRY(node, struct run, node);
        bool alone = r->len > WIRE_PACKED_MAX;

        if (live_slot_meet(w, r->origin))
            break;
        begin_frame(n, &b, c, r);
        batch_add_run(&b, r->origin, alone ? NULL : r->data,
                      alone ? WIRE_SECOND_FRAME : r->len);
        for (in_frame = 1; !alone && written + in_frame < count; in_frame++) {
            const struct run *next = LIST_ENTRY(node->next, struct run, node);

            if (!joins(&b, next, r) || live_slot_meet(w, next->origin))
                break;
            batch_add_run(&b, next->origin, next->data, next->len);
            node = node->next;
            r = next;
        }
        if (write_frame(w, &b, alone ? r->data : NULL, alone ? r->len : 0))
            break;
        written += in_frame;
        node = node->next;
    }
    batch_clear(&b);
    return written;
}

/* Move the first `count` runs of the queue into the slot's hands. */
static void hand_over(struct nanny *n,
                      struct seat *seat,
                      enum slots_class class,
                      unsigned count)
{
    struct comp *c = seat->comp;
    struct live_slot *w = seat->slot;
    uint64_t check = n->now + STARTED_MS;

    for (unsigned i = 0; i < count; i++) {
        struct run *r = LIST_ENTRY(c->queue[class].next, struct run, node);
        uint64_t timeout = r->batch->timeout_ms;

        list_remove(&r->node);
        list_append(&w->given, &r->node);
        r->state = RUN_GIVEN;
        r->seat = seat->number;
        if (timeout && n->now + timeout < check)
            check = n->now + timeout;
    }
    c->queued[class] -= count;
    c->held += count;
    w->given_count += count;
    w->given_us = n->now * 1000;
    slots_gave(n->slots, seat->number, count);
    if (check < w->check_at)
        w->check_at = check;
}

static bool give(struct nanny *n,
                 struct comp *c,
                 enum slots_class class,
                 const struct slots_step *step)
{
    struct seat *seat = &n->seats[step->seat];
    unsigned count =
        step->count < c->queued[class] ? step->count : c->queued[class];

    if (comp_is_exec(c)) {
        struct run *r = LIST_ENTRY(c->queue[class].next, struct run, node);

        list_remove(&r->node);
        c->queued[class]--;
        c->held++;
        slots_gave(n->slots, seat->number, 1);
        nanny_command_begin(n, c, r, seat);
        return true;
    }
    count = write_runs(n, seat->slot, c, &c->queue[class], count);
    hand_over(n, seat, class, count);
    return count > 0;
}

/* ---- deciding ---- */

/* A seat of a command is its keeper.  Of what the program registered the first
 * slot sets the host up; false: others wait for that. */
static bool begin(struct nanny *n, struct comp *c, unsigned seat)
{
    struct par_error err;

    if (comp_is_exec(c)) {
        if (nanny_keeper(n, &n->seats[seat], &err)) {
            nanny_starts_hold(n, err.text);
            return false;
        }
        slots_begin(n->slots, seat, COMMAND_WORK);
        slots_warm(n->slots, seat, n->now);
        return true;
    }
    if (!c->host_is_set_up && c->slots)
        return false;
    nanny_slot_begin(n, c, seat, !c->host_is_set_up);
    return true;
}

static void retire(struct nanny *n, unsigned number)
{
    struct seat *seat = &n->seats[number];

    if (seat->slot) {
        nanny_slot_retire(n, seat, 8, NULL);
        return;
    }
    slots_end(n->slots, number);
    slots_empty(n->slots, number);
}

static bool may_run(const struct comp *c)
{
    return c->state == COMP_READY || c->state == COMP_CLOSING;
}

static bool dispatch_class(struct nanny *n,
                           struct comp *c,
                           enum slots_class class,
                           bool idle_only)
{
    bool moved = false;

    while (c->queued[class] && may_run(c)) {
        struct run *r = LIST_ENTRY(c->queue[class].next, struct run, node);
        struct slots_need need = {.work = comp_is_exec(c) ? COMMAND_WORK
                                                          : c->number,
                                  .class = class,
                                  .queued = c->queued[class],
                                  .window = comp_window(c, r->batch->function),
                                  .now = n->now,
                                  .full = nanny_starts_wait(n),
                                  .idle_only = idle_only};
        struct slots_step step = slots_next(n->slots, &need);

        if (step.move == SLOTS_WAIT)
            break;
        if ((step.move == SLOTS_BEGIN || comp_is_exec(c)) && nanny_mend(n, c))
            break;
        if (step.move == SLOTS_BEGIN && !begin(n, c, step.seat))
            break;
        if (step.move == SLOTS_RETIRE)
            retire(n, step.seat);
        else if (step.move == SLOTS_GIVE && !give(n, c, class, &step))
            break; /* its pipe is full: when it has room again */
        moved = true;
    }
    return moved;
}

static bool dispatch(struct nanny *n, bool idle_only)
{
    bool moved = false;

    for (struct list *i = n->comps.next; i != &n->comps; i = i->next)
        for (int class = 0; class < SLOTS_CLASSES; class ++)
            moved |= dispatch_class(n, LIST_ENTRY(i, struct comp, node),
                                    (enum slots_class) class, idle_only);
    return moved;
}

/* ---- where nothing can be started ---- */

static bool is_served(const struct nanny *n, const struct comp *c)
{
    for (unsigned i = 0; i < n->seat_count; i++)
        if (n->seats[i].comp == c && n->seats[i].slot &&
            n->seats[i].slot->phase == SLOT_SERVING)
            return true;
    return false;
}

/* Something runs here, whose end makes room. */
static bool is_busy(const struct nanny *n)
{
    for (unsigned i = 0; i < n->seat_count; i++) {
        const struct seat *seat = &n->seats[i];

        if (seat->command || (seat->slot && !list_is_empty(&seat->slot->given)))
            return true;
    }
    return false;
}

/* Elsewhere there may be room for what waits for a start; it comes back if
 * there is none.  Where nothing can be started at all the computation is
 * stopped, so that it goes elsewhere for good, or its callers are told.  What
 * the program registered is not: nobody would set it up again. */
static void give_back(struct nanny *n)
{
    bool in_vain = n->starts.in_vain && !is_busy(n);
    char text[PAR_ERROR_TEXT + 64];

    snprintf(text, sizeof text, "nothing can be started there: %s",
             n->starts.why);
    n->starts.give_back = false;
    for (struct list *i = n->comps.next; i != &n->comps; i = i->next) {
        struct comp *c = LIST_ENTRY(i, struct comp, node);

        if (is_served(n, c) || (!c->queued[SLOTS_CPU] && !c->queued[SLOTS_IO]))
            continue;
        if (in_vain && c->state == COMP_READY && !c->registered)
            nanny_comp_break(n, c, text);
        nanny_empty_queue(n, c, PAR_WORKER_LOST, text);
    }
}

/* Whoever has a warm slot uses it before others may end it for being idle;
 * then, who was first is last the next time. */
void nanny_dispatch(struct nanny *n)
{
    struct list *first = n->comps.next;

    dispatch(n, true);
    if (dispatch(n, false) && first != &n->comps) {
        list_remove(first);
        list_append(&n->comps, first);
    }
    if (n->starts.give_back)
        give_back(n);
}
