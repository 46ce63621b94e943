/* nanny_close.c - CLOSE, and clients that are gone */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "engine.h"
#include "log.h"
#include "meta_keys.h"
#include "nanny_answer.h"
#include "nanny_build.h"
#include "nanny_close.h"
#include "nanny_files.h"
#include "nanny_retire.h"
#include "nanny_run.h"
#include "nanny_say.h"
#include "nanny_setup.h"

enum { HOOK_CLIENT_CLOSE = 4, HOOK_SLOT_CLOSE = 8, HOOK_HOST_CLOSE = 16 };

/* The request whose call runs before the closing functions, or NULL. */
static struct comp_request *closing_call(struct comp *c)
{
    for (struct list *i = c->requests.next; i != &c->requests; i = i->next) {
        struct comp_request *r = LIST_ENTRY(i, struct comp_request, node);

        if (r->close && r->call)
            return r;
    }
    return NULL;
}

static bool has_slot(const struct nanny *n, const struct comp *c, unsigned i)
{
    return n->seats[i].slot && n->seats[i].comp == c;
}

/* Every slot but the last one ends after its slot_close; the last one runs
 * the call and host_close as well. */
static void close_slots(struct nanny *n, struct comp *c)
{
    unsigned slots = c->slots;

    for (unsigned i = 0; i < n->seat_count; i++) {
        struct seat *seat = &n->seats[i];

        if (!has_slot(n, c, i) || seat->slot->phase != SLOT_SERVING)
            continue;
        if (slots-- > 1) {
            nanny_slot_retire(n, seat, HOOK_SLOT_CLOSE, NULL);
        } else if (c->slots == 1) {
            unsigned hooks =
                c->closer ? HOOK_HOST_CLOSE : HOOK_SLOT_CLOSE | HOOK_HOST_CLOSE;

            nanny_slot_retire(n, seat, hooks, closing_call(c));
            c->host_is_closed = true;
        }
    }
}

/* True when no closing function is left to run. */
static bool is_closed(const struct comp *c)
{
    return comp_is_exec(c) || !c->host_is_set_up || c->host_is_closed;
}

static void say_closed(struct nanny *n, struct comp *c)
{
    struct comp_request *r;

    if (c->close_failure) /* at the end of a session nobody reads the answer */
        log_line(LOG_WARN, "closing: %.*s",
                 (int)strcspn(c->close_failure, "\n"), c->close_failure);
    while ((r = comp_first_request(c))) {
        if (!r->close)
            nanny_say_error(n, r->id, PAR_CANCELLED, true,
                            "it was closed meanwhile");
        else if (c->close_failure)
            nanny_say_error(n, r->id, PAR_SETUP_FAILED, true, c->close_failure);
        else
            nanny_say_ready(n, c, r->id);
        comp_request_done(r);
    }
}

void nanny_close_step(struct nanny *n, struct comp *c)
{
    if (c->terminate) {
        nanny_end_running(n, c, DOOM_CLOSE);
        nanny_empty_queue(n, c, PAR_CANCELLED,
                          "cancelled: its computation was closed");
    }
    if (c->queued[SLOTS_CPU] || c->queued[SLOTS_IO] || c->held)
        return;
    if (c->slots) {
        close_slots(n, c);
        return;
    }
    if (!is_closed(c)) { /* host_close needs a slot to run in */
        c->closer = true;
        nanny_setup_begin(n, c);
        return;
    }
    if (c->disk_is_busy)
        return;
    if ((c->folder[0] || c->object[0]) && c->bundle.cleanup) {
        nanny_remove_files(n, c); /* and comes back here */
        return;
    }
    say_closed(n, c);
    c->handle = 0;
    c->state = COMP_REMOVING;
    c->gone = true;
}

static void begin_closing(struct nanny *n, struct comp *c)
{
    if (c->state < COMP_READY && !c->host_is_set_up) {
        c->cancelled = true;
    } else if (c->state != COMP_REMOVING) {
        nanny_fetch_cancel(n, c);
        nanny_build_cancel(n, c);
        c->state = COMP_CLOSING;
    }
}

void nanny_close_comp(struct nanny *n, struct comp *c)
{
    c->terminate = true;
    begin_closing(n, c);
}

void nanny_on_close(struct nanny *n, const struct wire_msg *m)
{
    struct comp *c = m->head.ref <= UINT32_MAX
                         ? comp_find(&n->comps, (uint32_t)m->head.ref)
                         : NULL;
    struct comp_request *r;

    if (!c) {
        nanny_say_error(n, m->head.id, PAR_UNKNOWN_HANDLE, true,
                        "that computation is not set up here");
        return;
    }
    r = nanny_ask(n, c, m);
    if (!r)
        return;
    r->close = true;
    c->terminate |= meta_int(m->meta, m->head.meta_len, KEY_CLOSE_MODE, 0) == 1;
    begin_closing(n, c);
}

/* One client's state, or NULL: that of all.  A slot that is busy reads nothing,
 * so it is told of those alone whom it has met. */
static void close_clients(struct nanny *n, const uint32_t *origin)
{
    for (unsigned i = 0; i < n->seat_count; i++) {
        struct live_slot *w = n->seats[i].slot;
        struct wire_header head = {.type = WIRE_CLOSE};
        struct meta_writer meta = {0};

        if (!w || w->phase != SLOT_SERVING || !live_slot_part(w, origin))
            continue;
        head.id = ++n->last_id;
        head.ref = n->seats[i].comp->number;
        meta_put_map(&meta, origin ? 2 : 1);
        meta_pair_int(&meta, KEY_PIPE_RUN_HOOKS, HOOK_CLIENT_CLOSE);
        if (origin)
            meta_pair_int(&meta, KEY_PIPE_ORIGIN, *origin);
        if (live_slot_send(w, &head, &meta, NULL) == 0)
            w->closes++;
        else
            nanny_slot_mistrust(n, &n->seats[i], "its pipe takes no more");
        meta_writer_clear(&meta);
    }
}

void nanny_client_gone(struct nanny *n, uint32_t origin)
{
    close_clients(n, &origin);
}

void nanny_clients_gone(struct nanny *n)
{
    close_clients(n, NULL);
}
