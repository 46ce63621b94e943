/* nanny_watch.c - what a slot runs now: told, timed, taken back */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "nanny_retire.h"
#include "nanny_run.h"
#include "nanny_say.h"
#include "nanny_slot_runs.h"
#include "nanny_watch.h"

enum { PAUSE_MS = 1000 }; /* we have not looked for so long */

/* What it says that it runs, if that is in its hands; since when, as far as
 * that can be true. */
static struct run *running(struct nanny *n,
                           struct live_slot *w,
                           uint64_t *since_us)
{
    uint64_t id, since, now_us = n->now * 1000 + 999;
    struct run *r;

    if (!page_running(w->page, &id, &since))
        return NULL;
    r = nanny_slot_run(w, id);
    if (!r)
        return NULL;
    if (w->seen != id) {
        w->seen = id;
        w->seen_since_us = since;
        if (since > now_us || since < w->given_us)
            w->seen_since_us = w->given_us;
    }
    *since_us = w->seen_since_us;
    return r;
}

static void say_started(struct nanny *n, struct run *r)
{
    struct wire_header head = {
        .type = WIRE_STARTED, .id = run_id(r), .ref = r->batch->attempt};

    r->told = true;
    nanny_say(n, &head, NULL, NULL, 0);
}

/* Take what is finished out of its outbox: what waits behind a run that takes
 * long need not wait any longer.  Returns false if that must be done again, or
 * if the run itself has ended meanwhile. */
static bool empty_outbox(struct nanny *n, struct seat *seat, uint64_t id)
{
    struct live_slot *w = seat->slot;

    switch (nanny_slot_collect(n, seat)) {
    case OUTBOX_GARBAGE:
        nanny_slot_mistrust(n, seat, "garbage in its outbox");
        return false;
    case OUTBOX_EARLY:
        w->check_at = n->now + 1;
        return false;
    case OUTBOX_TAKEN:
        break;
    }
    if (nanny_slot_run(w, id))
        return true;
    w->check_at = n->now + STARTED_MS;
    return false;
}

/* It has run for a while: the broker is told. */
static void check_long(struct nanny *n, struct seat *seat, struct run *r)
{
    struct live_slot *w = seat->slot;

    if (!r->told) {
        say_started(n, r);
        window_learn(comp_window(seat->comp, r->batch->function),
                     STARTED_MS * 1000);
    }
    if (w->given.next != w->given.prev && !w->book_closed)
        nanny_slot_take_back(n, seat);
}

static void check_running(struct nanny *n,
                          struct seat *seat,
                          struct run *r,
                          uint64_t since_ms)
{
    struct live_slot *w = seat->slot;
    uint64_t next = since_ms + STARTED_MS;

    if (n->now >= next) {
        if (!r->told && !empty_outbox(n, seat, run_id(r)))
            return;
        check_long(n, seat, r);
        next = UINT64_MAX;
    }
    if (r->batch->timeout_ms && r->doom != DOOM_TIMEOUT) {
        uint64_t end = since_ms + r->batch->timeout_ms;

        if (n->now >= end)
            nanny_end_run(n, r, DOOM_TIMEOUT, CANCEL_KILL, 0);
        else if (end < next)
            next = end;
    }
    if (w->phase == SLOT_SERVING && next < w->check_at)
        w->check_at = next;
}

/* Since when it is as it is now; anew after we ourselves have stood still. */
static uint64_t lost_for(struct nanny *n,
                         struct live_slot *w,
                         uint64_t id,
                         bool begun)
{
    if (w->lost_since == 0 || w->lost != id || w->lost_begun != begun ||
        n->now > w->lost_looked + PAUSE_MS)
        w->lost_since = n->now;
    w->lost = id;
    w->lost_begun = begun;
    w->lost_looked = n->now;
    return n->now - w->lost_since;
}

/* It says that nothing runs.  A result leaves before its run ends (page.h), so
 * what has begun and stays without one is lost: a function has jumped away from
 * it, or written over what the slot knows.  A process that begins nothing, or
 * does not say that it has dropped what was taken back, has been stopped. */
static void check_lost(struct nanny *n, struct seat *seat)
{
    struct live_slot *w = seat->slot;
    uint64_t id = list_is_empty(&w->given)
                      ? 0
                      : run_id(LIST_ENTRY(w->given.next, struct run, node));
    bool begun = id && page_begun(w->page) > w->answered;
    uint64_t time = lost_for(n, w, id, begun);

    w->check_at = n->now + STARTED_MS;
    if (begun && time >= LOST_MS && empty_outbox(n, seat, id))
        nanny_slot_mistrust(n, seat,
                            "it says that a run has ended, and gave no result");
    else if (!begun && !w->thread && time >= HOOK_MS)
        nanny_slot_mistrust(n, seat, "it does not begin what it is given");
}

static void check_grace(struct nanny *n, struct seat *seat)
{
    struct live_slot *w = seat->slot;
    struct run *r = run_batches_find(&n->batches, w->grace_id);
    enum run_doom doom = r ? (enum run_doom)r->doom : DOOM_NONE;

    w->grace_at = UINT64_MAX;
    if (!r || r->state != RUN_GIVEN || r->seat != seat->number ||
        w->phase != SLOT_SERVING)
        return;
    if (!nanny_slot_runs(w, r)) {
        w->grace_at = n->now + 1; /* until it runs, or is answered ... */
        if (w->check_at > n->now + STARTED_MS)
            w->check_at = n->now + STARTED_MS; /* ... or is found lost */
    } else if (w->thread) {
        nanny_say_error(n, run_id(r), PAR_NOT_KILLABLE, false,
                        "it is in a thread slot and does not look at the wish "
                        "to stop: it runs on");
    } else {
        nanny_end_run(n, r, doom, CANCEL_KILL, 0);
    }
}

void nanny_slot_check(struct nanny *n, struct seat *seat)
{
    struct live_slot *w = seat->slot;
    uint64_t since_us = 0;
    struct run *r;

    if (w->phase == SLOT_OVER)
        return;
    if (n->now >= w->due && w->phase == SLOT_KILLED) {
        w->phase = SLOT_OVER;
        return;
    }
    if (n->now >= w->due) {
        if (w->mute)
            snprintf(w->words, sizeof w->words,
                     "it closed its pipe, and was killed");
        else if (w->phase == SLOT_SETTING)
            snprintf(w->words, sizeof w->words, "its set-up took too long");
        else if (w->phase == SLOT_CLOSING)
            snprintf(w->words, sizeof w->words,
                     "its closing functions took longer than %d s",
                     HOOK_MS / 1000);
        w->due = UINT64_MAX;
        nanny_slot_kill(n, seat);
        return;
    }
    if (n->now >= w->grace_at)
        check_grace(n, seat);
    if (n->now < w->check_at)
        return;
    w->check_at = UINT64_MAX;
    if (w->phase != SLOT_SERVING ||
        (list_is_empty(&w->given) && !w->book_closed))
        return;
    r = running(n, w, &since_us);
    if (!r) {
        check_lost(n, seat);
        return;
    }
    w->lost_since = 0;
    check_running(n, seat, r, since_us / 1000);
}
