/* nanny_turn.c - the turn of a nanny, and what it waits for */
#include "config.h"

#include <errno.h>

#include "engine.h"
#include "log.h"
#include "nanny_build.h"
#include "nanny_close.h"
#include "nanny_command.h"
#include "nanny_death.h"
#include "nanny_dispatch.h"
#include "nanny_drain.h"
#include "nanny_session.h"
#include "nanny_setup.h"
#include "nanny_slot.h"
#include "nanny_slot_begin.h"
#include "nanny_starts.h"
#include "nanny_watch.h"
#include "poller.h"

enum { EVENTS_MAX = 128 };

static void on_spawner(struct nanny *n)
{
    char text[PAR_ERROR_TEXT];
    struct par_error err;
    int r;

    while ((r = spawner_next(n->spawner, text, sizeof text)) > 0)
        log_line(LOG_WARN, "%s", text);
    if (r < 0) {
        poller_forget(n->poller, spawner_fd(n->spawner));
        par_fail(&err, ECHILD, "parspawn is gone: it was killed");
        nanny_fail(n, &err);
    }
}

static void on_event(struct nanny *n, uint64_t tag)
{
    struct seat *seat = &n->seats[tag / WATCHES];
    enum watch watch = (enum watch)(tag % WATCHES);

    if (watch == WATCH_DISK)
        disk_turn(n->disk);
    else if (watch == WATCH_SPAWNER)
        on_spawner(n);
    else if (watch == WATCH_BUILD)
        nanny_build_event(n);
    else if (seat->slot)
        nanny_slot_event(n, seat, watch);
    else if (seat->command)
        nanny_command_event(n, seat, watch);
    else if (seat->keeper && watch == WATCH_KEEPER)
        nanny_keeper_idle(n, seat);
}

static void events(struct nanny *n)
{
    uint64_t tags[EVENTS_MAX];
    int count = poller_ready(n->poller, tags, EVENTS_MAX);

    for (int i = 0; i < count; i++)
        on_event(n, tags[i]);
    n->more |= count == EVENTS_MAX;
}

static void timers(struct nanny *n)
{
    for (unsigned i = 0; i < n->seat_count; i++) {
        struct seat *seat = &n->seats[i];

        if (seat->slot)
            nanny_slot_check(n, seat);
        if (seat_is_over(seat))
            nanny_slot_over(n, seat);
        else if (seat->command)
            nanny_command_check(n, seat);
    }
    nanny_build_tick(n);
}

/* When it is to be closed because nobody has asked for it since the broker was
 * lost. */
static uint64_t orphan_deadline(const struct nanny *n, const struct comp *c)
{
    if (!c->orphan_since || n->settings->give_up_ms < 0 ||
        (c->state != COMP_READY && c->state != COMP_BROKEN))
        return UINT64_MAX;
    return c->orphan_since + (uint64_t)n->settings->give_up_ms;
}

static void step_comps(struct nanny *n)
{
    struct list *i, *next;

    for (i = n->comps.next; i != &n->comps; i = i->next) {
        struct comp *c = LIST_ENTRY(i, struct comp, node);

        if (n->now >= orphan_deadline(n, c))
            nanny_close_comp(n, c);
        if (c->state == COMP_CLOSING)
            nanny_close_step(n, c);
        else
            nanny_setup_step(n, c);
    }
    /* Freed here alone, where nobody holds one. */
    for (i = n->comps.next; i != &n->comps; i = next) {
        struct comp *c = LIST_ENTRY(i, struct comp, node);

        next = i->next;
        if (!c->gone)
            continue;
        if (c == n->offered)
            n->offered = NULL;
        comp_destroy(c);
    }
}

static void flush(struct nanny *n)
{
    for (unsigned i = 0; i < n->seat_count; i++)
        if (n->seats[i].slot && n->seats[i].slot->dirty)
            nanny_slot_flush(n, &n->seats[i]);
    results_flush(&n->results);
}

void nanny_turn(struct nanny *n, uint64_t now)
{
    n->now = now;
    n->more = false;
    nanny_session_turn(n);
    events(n);
    timers(n);
    step_comps(n);
    nanny_drain_step(n);
    nanny_dispatch(n);
    flush(n);
}

/* ---- waiting ---- */

size_t nanny_poll(struct nanny *n, zmq_pollitem_t *items, size_t size)
{
    zmq_pollitem_t all[LINK_POLL + 1];
    size_t count = (size_t)uplink_poll(n->uplink, all);

    all[count++] = (zmq_pollitem_t){.fd = n->poller, .events = ZMQ_POLLIN};
    for (size_t i = 0; i < count && i < size; i++)
        items[i] = all[i];
    return count;
}

static uint64_t seat_deadline(const struct seat *seat)
{
    const struct live_slot *w = seat->slot;
    uint64_t due;

    if (seat->command)
        return nanny_command_deadline(seat);
    if (seat_is_over(seat))
        return 0;
    if (!w)
        return UINT64_MAX;
    due = w->due < w->check_at ? w->due : w->check_at;
    return w->grace_at < due ? w->grace_at : due;
}

static uint64_t comp_deadline(const struct nanny *n, const struct comp *c)
{
    return c->seat_due ? c->seat_due : orphan_deadline(n, c);
}

uint64_t nanny_deadline(const struct nanny *n)
{
    uint64_t due = n->more ? 0 : uplink_deadline(n->uplink);
    uint64_t build = nanny_build_deadline(n);
    uint64_t starts = nanny_starts_deadline(n);

    if (build < due)
        due = build;
    if (starts < due)
        due = starts;
    if (n->drain_at < due)
        due = n->drain_at;
    for (unsigned i = 0; i < n->seat_count; i++) {
        uint64_t d = seat_deadline(&n->seats[i]);

        if (d < due)
            due = d;
    }
    for (struct list *i = n->comps.next; i != &n->comps; i = i->next) {
        uint64_t d = comp_deadline(n, LIST_ENTRY(i, const struct comp, node));

        if (d < due)
            due = d;
    }
    return due;
}

/* ---- questions ---- */

enum nanny_state nanny_state(const struct nanny *n)
{
    return n->state;
}

const struct par_error *nanny_error(const struct nanny *n)
{
    return &n->error;
}

const char *nanny_name(const struct nanny *n)
{
    return n->welcomed ? n->name : "";
}

unsigned nanny_slots(const struct nanny *n)
{
    return n->settings->slots;
}
