/* nanny_run.c - runs come, are ended before their time, and are answered
 *
 * length: the way of one RUN from the wire to a slot, read in one go. */
#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine.h"
#include "meta_keys.h"
#include "nanny_answer.h"
#include "nanny_command.h"
#include "nanny_retire.h"
#include "nanny_run.h"
#include "nanny_say.h"
#include "nanny_slot_runs.h"

/* ---- RUN ---- */

/* Why none of these can run here; PAR_OK if they can. */
static int refusal(struct nanny *n,
                   const struct comp *c,
                   const struct run_batch *b,
                   const char **text)
{
    if (n->state == NANNY_DRAINING) {
        *text = "this worker is about to end";
        return PAR_DRAINING;
    }
    if (!c || (c->state < COMP_READY && !c->host_is_set_up) ||
        c->state == COMP_REMOVING) {
        *text = "this worker has not set that computation up";
        return PAR_UNKNOWN_HANDLE;
    }
    if (c->state == COMP_CLOSING) {
        *text = "the computation is being closed";
        return PAR_CLOSING;
    }
    if (c->state == COMP_BROKEN) {
        *text = "slots of that computation died too often here";
        return PAR_WORKER_LOST; /* not executed: others may run it */
    }
    if (!c->registered &&
        b->function >= (comp_is_exec(c) ? 1 : c->function_count)) {
        *text = "the computation has no function of that number";
        return PAR_UNKNOWN_FUNCTION;
    }
    return PAR_OK;
}

/* A path's handle names one function of the program's own computation. */
static struct comp *find_target(struct nanny *n, struct run_batch *b)
{
    for (size_t i = 0; i < n->offer_count; i++)
        if (n->offers[i].handle && n->offers[i].handle == b->handle) {
            b->function = (uint32_t)i;
            return n->offered;
        }
    return comp_find(&n->comps, b->handle);
}

void nanny_on_run(struct nanny *n, struct link_msg *m)
{
    struct run_batch *b = run_batch_create(m);
    struct comp *c;
    const char *text = NULL;
    int status;
    uint32_t count;

    if (!b) { /* out of memory: the session's end is an honest answer */
        uplink_give_up(n->uplink, n->now);
        return;
    }
    list_append(&n->batches, &b->node);
    c = find_target(n, b);
    b->comp = c;
    status = refusal(n, c, b, &text);
    count = b->count;
    for (uint32_t i = 0; i < count; i++) {
        struct run *r = &b->runs[i];

        if (status == PAR_OK) {
            nanny_queue(n, c, r, false);
            continue;
        }
        nanny_answer_text(n, r, status, WIRE_NOT_EXECUTED, text);
        nanny_release(n, r); /* the last one frees b */
    }
}

/* ---- CANCEL, timeouts: the end before the end ---- */

static void end_queued(struct nanny *n, struct run *r)
{
    struct comp *c = r->batch->comp;
    char text[PAR_ERROR_TEXT];
    int status = nanny_doom_status(n, r, text, sizeof text);

    list_remove(&r->node);
    c->queued[r->batch->class]--;
    nanny_answer_text(n, r, status, WIRE_NOT_EXECUTED, text);
    nanny_release(n, r);
}

/* A thread cannot be killed.  Whoever waits is told so, or, when the time is
 * over, gets that as the answer; the function runs on in any case. */
static void end_in_thread(struct nanny *n,
                          struct live_slot *w,
                          struct run *r,
                          enum run_doom doom,
                          uint64_t grace_ms)
{
    char text[PAR_ERROR_TEXT];

    atomic_store(&w->page->cancel, run_id(r));
    if (doom == DOOM_TIMEOUT || doom == DOOM_DRAIN) {
        int status;

        r->doom = (uint8_t)doom; /* CANCELLED would say that it has ended */
        status = nanny_doom_status(n, r, text, sizeof text);

        nanny_answer_text(n, r, status, WIRE_MAYBE_EXECUTED, text);
        return;
    }
    if (w->grace_id == run_id(r))
        return; /* it has been asked before */
    w->grace_id = run_id(r);
    w->grace_at = n->now + grace_ms;
}

static void end_running(struct nanny *n,
                        struct seat *seat,
                        struct run *r,
                        enum run_doom doom,
                        enum run_cancel how,
                        uint64_t grace_ms)
{
    struct live_slot *w = seat->slot;

    if (w->thread) {
        end_in_thread(n, w, r, doom, how == CANCEL_KILL ? 0 : grace_ms);
        return;
    }
    if (how == CANCEL_KILL && nanny_slot_runs(w, r)) {
        w->willed = true;
        nanny_slot_kill(n, seat);
        return;
    }
    atomic_store(&w->page->cancel, run_id(r));
    w->grace_id = run_id(r);
    w->grace_at = n->now + (how == CANCEL_KILL ? 1 : grace_ms);
}

/* Of what has begun all has ended but for the last: that one runs, or is about
 * to (page_begin() takes two steps), or its result is on its way. */
static bool may_run(const struct live_slot *w, const struct run *r)
{
    return nanny_slot_runs(w, r) || r->node.next == &w->given;
}

/* The book is closed first, so that no other run begins in the moment that
 * this one ends and is killed in its place. */
static void end_given(struct nanny *n,
                      struct run *r,
                      enum run_doom doom,
                      enum run_cancel how,
                      uint64_t grace_ms)
{
    struct seat *seat = &n->seats[r->seat];

    if (seat->slot->phase != SLOT_SERVING)
        return; /* it is about to be settled */
    nanny_slot_take_back(n, seat);
    if (r->state == RUN_QUEUED)
        end_queued(n, r);
    else if (may_run(seat->slot, r))
        end_running(n, seat, r, doom, how, grace_ms);
}

void nanny_end_run(struct nanny *n,
                   struct run *r,
                   enum run_doom doom,
                   enum run_cancel how,
                   uint64_t grace_ms)
{
    if (r->doom == DOOM_NONE)
        r->doom = (uint8_t)doom;
    if (r->state == RUN_QUEUED)
        end_queued(n, r);
    else if (r->state == RUN_GIVEN)
        end_given(n, r, doom, how, grace_ms);
    else if (r->state == RUN_RUNNING)
        nanny_command_end(n, &n->seats[r->seat], doom, how, grace_ms);
}

void nanny_on_cancel(struct nanny *n, const struct wire_msg *m)
{
    struct run *r = run_batches_find(&n->batches, m->head.id);
    enum run_cancel how;
    int64_t grace;

    if (!r || m->head.ref > 2) {
        nanny_say_error(
            n, m->head.id, r ? PAR_MALFORMED : PAR_UNKNOWN_ID, false,
            r ? "CANCEL: mode is not 0, 1 or 2" : "no such run is open here");
        return;
    }
    how = m->head.ref == 0   ? r->batch->cancel
          : m->head.ref == 2 ? CANCEL_KILL
                             : CANCEL_SOFT;
    if (how == CANCEL_NEVER && r->state != RUN_QUEUED) {
        nanny_say_error(n, run_id(r), PAR_NOT_KILLABLE, false,
                        "it runs on: its option 20 (cancel) is `never'");
        return;
    }
    grace = meta_int(m->meta, m->head.meta_len, KEY_CANCEL_GRACE_MS,
                     (int64_t)r->batch->grace_ms);
    nanny_end_run(n, r, DOOM_CANCEL, how, grace > 0 ? (uint64_t)grace : 0);
}

static void end_slot(struct nanny *n, struct seat *seat, enum run_doom doom)
{
    struct live_slot *w = seat->slot;
    struct list *node, *next;

    nanny_slot_take_back(n, seat);
    if (w->phase != SLOT_SERVING || list_is_empty(&w->given))
        return;
    for (node = w->given.next; node != &w->given; node = next) {
        struct run *r = LIST_ENTRY(node, struct run, node);

        next = node->next;
        if (r->doom == DOOM_NONE)
            r->doom = (uint8_t)doom;
        if (w->thread && r->state != RUN_ANSWERED)
            end_in_thread(n, w, r, doom, 0);
    }
    if (!w->thread) {
        w->willed = true;
        nanny_slot_kill(n, seat);
    }
}

void nanny_end_running(struct nanny *n, struct comp *c, enum run_doom doom)
{
    for (unsigned i = 0; i < n->seat_count; i++) {
        struct seat *seat = &n->seats[i];

        if (seat->command && (!c || nanny_command_comp(seat) == c))
            nanny_command_end(n, seat, doom, CANCEL_KILL, 0);
        else if (seat->slot && (!c || seat->comp == c) &&
                 seat->slot->phase == SLOT_SERVING)
            end_slot(n, seat, doom);
    }
}

/* ---- RECALL, and returning unasked ---- */

struct returned {
    struct meta_writer ids;
    uint32_t count;
};

/* It has not begun and leaves us unanswered. */
static void return_run(struct nanny *n, struct run *r, struct returned *out)
{
    list_remove(&r->node);
    r->batch->comp->queued[r->batch->class]--;
    meta_put_uint(&out->ids, run_id(r));
    out->count++;
    nanny_release(n, r);
}

static void say_returned(struct nanny *n, uint64_t id, struct returned *out)
{
    struct wire_header head = {.type = WIRE_RECALLED, .id = id};
    struct meta_writer meta = {0};

    meta_put_map(&meta, 1);
    meta_put_uint(&meta, KEY_RECALL_IDS);
    meta_put_array(&meta, out->count);
    meta_put_raw(&meta, out->ids.data, out->ids.len);
    nanny_say(n, &head, &meta, NULL, 0);
    meta_writer_clear(&meta);
    meta_writer_clear(&out->ids);
    out->count = 0;
}

/* All that has not begun goes into the queues. */
static void take_all_back(struct nanny *n)
{
    for (unsigned i = 0; i < n->seat_count; i++) {
        struct seat *seat = &n->seats[i];

        if (seat->slot && seat->slot->phase == SLOT_SERVING &&
            !list_is_empty(&seat->slot->given) && !seat->slot->book_closed)
            nanny_slot_take_back(n, seat);
    }
}

static void return_queued(struct nanny *n, uint64_t id, bool always)
{
    enum { IDS_MAX = 4096 }; /* in a message: 9 octets each */
    struct returned out = {0};

    take_all_back(n);
    for (struct list *node = n->comps.next; node != &n->comps;
         node = node->next) {
        struct comp *c = LIST_ENTRY(node, struct comp, node);

        for (int i = 0; i < SLOTS_CLASSES; i++)
            while (!list_is_empty(&c->queue[i])) {
                return_run(n, LIST_ENTRY(c->queue[i].next, struct run, node),
                           &out);
                if (out.count == IDS_MAX)
                    say_returned(n, id, &out);
            }
    }
    if (out.count || always)
        say_returned(n, id, &out);
    else
        meta_writer_clear(&out.ids);
}

void nanny_return_queued(struct nanny *n)
{
    return_queued(n, 0, false);
}

/* One of those that the broker wants back: if it has not begun. */
static void recall(struct nanny *n, uint64_t id, struct returned *out)
{
    struct run *r = run_batches_find(&n->batches, id);

    if (r && r->state == RUN_GIVEN && !n->seats[r->seat].slot->book_closed &&
        n->seats[r->seat].slot->phase == SLOT_SERVING)
        nanny_slot_take_back(n, &n->seats[r->seat]);
    r = run_batches_find(&n->batches, id);
    if (r && r->state == RUN_QUEUED)
        return_run(n, r, out);
}

void nanny_on_recall(struct nanny *n, const struct wire_msg *m)
{
    struct meta_reader ids;
    struct meta_value list, id;
    struct returned out = {0};

    if (!meta_find(m->meta, m->head.meta_len, KEY_RECALL_IDS, &list, &ids) ||
        list.kind != META_ARRAY || list.len == 0) {
        return_queued(n, m->head.id, true);
        return;
    }
    while (meta_next(&ids, &id))
        if (id.kind == META_INT)
            recall(n, id.u, &out);
    say_returned(n, m->head.id, &out);
}
