/* nanny_setup.c - from SETUP to a slot that is ready (comp.h has the states) */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "log.h"
#include "meta_keys.h"
#include "nanny_answer.h"
#include "nanny_build.h"
#include "nanny_files.h"
#include "nanny_mend.h"
#include "nanny_retire.h"
#include "nanny_say.h"
#include "nanny_setup.h"
#include "nanny_slot_begin.h"
#include "nanny_starts.h"

enum { SEAT_WAIT_MS = 1000 };

/* ---- failing ---- */

/* The broker must not send runs of what the program registered here again:
 * each would come back at once. */
static void say_unregister(struct nanny *n)
{
    struct wire_header head = {.type = WIRE_UNREGISTER, .id = ++n->last_id};
    struct meta_writer meta = {0};
    size_t mark;
    uint32_t count = 0;

    meta_put_map(&meta, 1);
    meta_put_uint(&meta, KEY_REGISTER_HANDLES);
    mark = meta_open_array(&meta);
    for (size_t i = 0; i < n->offer_count; i++)
        if (n->offers[i].handle) {
            meta_put_uint(&meta, n->offers[i].handle);
            count++;
        }
    meta_close_array(&meta, mark, count);
    nanny_say(n, &head, &meta, NULL, 0);
    meta_writer_clear(&meta);
}

/* Its slots, files and transfers end; then it goes. */
static void give_up(struct nanny *n, struct comp *c)
{
    c->state = COMP_REMOVING;
    c->handle = 0;
    c->setup_seat = COMP_NO_SEAT;
    nanny_fetch_cancel(n, c);
    nanny_build_cancel(n, c);
    for (unsigned i = 0; i < n->seat_count; i++)
        if (n->seats[i].slot && n->seats[i].comp == c) {
            n->seats[i].slot->willed = true;
            nanny_slot_kill(n, &n->seats[i]);
        }
}

static void retire_idle(struct nanny *n, struct comp *c)
{
    for (unsigned i = 0; i < n->seat_count; i++) {
        struct seat *seat = &n->seats[i];

        if (seat->slot && seat->comp == c && list_is_empty(&seat->slot->given))
            nanny_slot_retire(n, seat, 8, NULL);
    }
}

void nanny_comp_break(struct nanny *n, struct comp *c, const char *text)
{
    struct wire_header head = {.type = WIRE_ERROR, .ref = PAR_SETUP_FAILED};
    struct meta_writer meta = {0};

    c->state = COMP_BROKEN;
    snprintf(c->words, sizeof c->words, "%s", text);
    retire_idle(n, c);
    if (c->registered) {
        say_unregister(n);
        return;
    }
    meta_put_map(&meta, 2);
    meta_pair_str(&meta, KEY_ANY_TEXT, text);
    meta_pair_int(&meta, KEY_ANY_HANDLE, c->handle);
    nanny_say(n, &head, &meta, NULL, 0);
    meta_writer_clear(&meta);
}

/* It was READY once: runs wait, slots serve, but none can be started now. */
static void spoil(struct nanny *n, struct comp *c, const char *why)
{
    char text[PAR_ERROR_TEXT];

    nanny_fetch_cancel(n, c);
    snprintf(text, sizeof text,
             "its files were removed on %.60s, and cannot be had again: %s; "
             "set it up again",
             n->name, why);
    log_line(LOG_WARN, "a computation: %s", text);
    nanny_comp_break(n, c, text);
}

/* It cannot be set up: answer who asked, and remove it. */
static void fail(struct nanny *n, struct comp *c)
{
    char *text = c->failure_text;
    const char *why = text ? text : "out of memory";
    int status = c->failure;
    struct comp_request *r;

    c->failure_text = NULL;
    c->failure = 0;
    while ((r = comp_first_request(c))) {
        if (r->close)
            nanny_say_ready(n, c, r->id); /* it is closed indeed */
        else
            nanny_say_error(n, r->id, status, true, why);
        comp_request_done(r);
    }
    if (c->host_is_set_up)
        spoil(n, c, why);
    else
        give_up(n, c);
    free(text);
}

void nanny_comp_adrift(struct nanny *n, struct comp *c)
{
    struct comp_request *r;

    while ((r = comp_first_request(c)))
        comp_request_done(r);
    c->handle = 0;
    if (c->registered) {
        if (c->state == COMP_BROKEN) { /* registered anew, it is tried anew */
            c->state = COMP_READY;
            c->deaths = (struct deaths){0};
        }
        return;
    }
    c->orphan_since = n->now;
    if (c->state < COMP_READY)
        give_up(n, c);
}

/* ---- a slot for a request ---- */

static bool begin_extra(struct nanny *n, struct comp *c)
{
    for (unsigned i = slots_count(n->slots); i < n->seat_count; i++)
        if (!n->seats[i].comp) {
            nanny_slot_begin(n, c, i, true);
            return true;
        }
    return false;
}

/* An empty seat; else one that an idle slot leaves; else, where all are busy,
 * one beside them, for a job of an hour must not hold up a set-up. */
void nanny_setup_begin(struct nanny *n, struct comp *c)
{
    struct slots_need need = {.work = c->number,
                              .class = SLOTS_CPU,
                              .queued = 1,
                              .window = &c->unknown,
                              .now = n->now,
                              .modest = true};
    struct slots_step step;

    if (nanny_starts_wait(n)) {
        if (c->seat_due && c->seat_due < n->starts.at)
            c->seat_due = n->starts.at;
        return;
    }
    step = slots_next(n->slots, &need);
    if (step.move == SLOTS_BEGIN) {
        c->seat_due = 0;
        nanny_slot_begin(n, c, step.seat, true);
    } else if (step.move == SLOTS_RETIRE && !c->seat_due) {
        struct seat *seat = &n->seats[step.seat];

        c->seat_due = n->now + SEAT_WAIT_MS;
        if (seat->slot) {
            nanny_slot_retire(n, seat, 8, NULL);
        } else {
            slots_end(n->slots, step.seat);
            slots_empty(n->slots, step.seat);
            n->more = true;
        }
    } else if (!c->seat_due || n->now >= c->seat_due) {
        if (begin_extra(n, c))
            c->seat_due = 0;
    }
}

void nanny_setup_done(struct nanny *n, struct comp *c, const char *text)
{
    struct comp_request *r = comp_first_request(c);
    unsigned seat = (unsigned)c->setup_seat;

    c->setup_seat = COMP_NO_SEAT;
    if (text && c->state == COMP_STARTING) {
        comp_fail(c, PAR_SETUP_FAILED, text);
    } else if (text && r && !r->close) {
        nanny_say_error(n, r->id, PAR_SETUP_FAILED, true, text);
        comp_request_done(r);
    }
    if (text && c->state == COMP_CLOSING) {
        c->host_is_closed = true; /* as far as it goes */
        comp_close_failed(c, text);
    }
    if (text)
        return;
    c->host_is_set_up = true;
    if (c->state == COMP_STARTING)
        c->state = COMP_READY;
    if (r && !r->close && c->state == COMP_READY) {
        nanny_say_ready(n, c, r->id);
        comp_request_done(r);
    }
    if (seat >= slots_count(n->slots) && c->state == COMP_READY)
        nanny_slot_retire(n, &n->seats[seat], 8, NULL);
}

/* ---- step by step ---- */

/* READY: requests one after the other; those with a call need a slot. */
static void serve_requests(struct nanny *n, struct comp *c)
{
    struct comp_request *r;

    while (c->setup_seat == COMP_NO_SEAT && (r = comp_first_request(c)) &&
           c->state == COMP_READY) {
        if (r->call && !comp_is_exec(c)) {
            if (!nanny_mend(n, c))
                nanny_setup_begin(n, c);
            return;
        }
        nanny_say_ready(n, c, r->id);
        comp_request_done(r);
    }
}

static void step_removing(struct nanny *n, struct comp *c)
{
    if (c->slots || c->held || c->disk_is_busy || c->gone)
        return;
    if (c->folder[0] || c->object[0])
        nanny_remove_files(n, c);
    else
        c->gone = true;
}

static void advance(struct nanny *n, struct comp *c)
{
    switch (c->state) {
    case COMP_FETCHING:
        nanny_fetch(n, c);
        break;
    case COMP_STARTING:
        if (c->setup_seat == COMP_NO_SEAT && !nanny_mend(n, c))
            nanny_setup_begin(n, c);
        break;
    case COMP_READY:
        serve_requests(n, c);
        break;
    case COMP_BROKEN: /* also what slots that live on give back */
        nanny_empty_queue(n, c, PAR_WORKER_LOST, c->words);
        break;
    case COMP_REMOVING:
        step_removing(n, c);
        break;
    default: /* somebody else's turn */
        break;
    }
}

void nanny_setup_step(struct nanny *n, struct comp *c)
{
    if (c->cancelled && c->state < COMP_READY)
        comp_fail(c, PAR_CANCELLED, "it was closed meanwhile");
    do {
        if (c->failure)
            fail(n, c);
        advance(n, c);
    } while (c->failure);
}

/* ---- SETUP ---- */

static int status_of(const struct par_error *err)
{
    switch (err->code) {
    case EINVAL:
        return PAR_MALFORMED;
    case ENOTSUP:
        return PAR_UNSUPPORTED;
    case E2BIG:
        return PAR_TOO_LARGE;
    default:
        return PAR_SETUP_FAILED;
    }
}

/* Files that this worker does not take: nothing of it is kept (DI-05). */
static int check_sizes(const struct nanny *n,
                       const struct comp *c,
                       struct par_error *err)
{
    struct meta_reader files = c->bundle.files;
    struct bundle_file f;
    uint64_t most = n->settings->max_file_size;
    bool ours = true;

    if (c->bundle.max_file_size && c->bundle.max_file_size < most) {
        most = c->bundle.max_file_size;
        ours = false;
    }
    while (bundle_next_file(&files, &f))
        if (f.size > most)
            return par_fail(err, EFBIG,
                            "file %.*s has %llu octets; %s takes at most %llu "
                            "(%s)",
                            (int)(f.path.len < 200 ? f.path.len : 200),
                            f.path.data, (unsigned long long)f.size, n->name,
                            (unsigned long long)most,
                            ours ? "parworker --max-file-size"
                                 : "the computation's max_file_size");
    return 0;
}

static bool take_owner(struct digest *owner, const struct wire_msg *m)
{
    struct meta_value v;

    if (!meta_find(m->meta, m->head.meta_len, KEY_SETUP_OWNER, &v, NULL) ||
        v.kind != META_BIN || v.len != sizeof owner->bytes)
        return false;
    memcpy(owner->bytes, v.data, v.len);
    return true;
}

/* One that a former session left, with everything set up.  What its functions
 * keep in memory is for its owner alone. */
static struct comp *find_orphan(struct nanny *n,
                                const struct wire_item *item,
                                const struct digest *owner)
{
    for (struct list *i = n->comps.next; i != &n->comps; i = i->next) {
        struct comp *c = LIST_ENTRY(i, struct comp, node);

        if (c->handle == 0 && !c->registered && c->state == COMP_READY &&
            c->has_owner && digest_equal(&c->owner, owner) &&
            c->manifest_len == item->len &&
            !memcmp(c->manifest, item->data, item->len))
            return c;
    }
    return NULL;
}

static struct comp *create(struct nanny *n,
                           uint64_t id,
                           const struct wire_item *item)
{
    struct comp *c = comp_create(++n->last_number);
    struct par_error err = {0};

    if (!c) {
        nanny_say_error(n, id, PAR_INTERNAL, true, "out of memory");
        return NULL;
    }
    if (comp_take_manifest(c, item->data, item->len, &err) ||
        check_sizes(n, c, &err)) {
        nanny_say_error(n, id, status_of(&err), true, err.text);
        comp_destroy(c);
        return NULL;
    }
    cache_mend(n->cache);
    rundir_mend(n->run_dir, n->run_fd);
    c->state = COMP_FETCHING;
    c->files_left = c->bundle.files;
    list_append(&n->comps, &c->node);
    return c;
}

struct comp_request *nanny_ask(struct nanny *n,
                               struct comp *c,
                               const struct wire_msg *m)
{
    struct comp_request *r = comp_ask(c, m);

    if (!r)
        nanny_say_error(n, m->head.id, PAR_INTERNAL, true, "out of memory");
    return r;
}

void nanny_on_setup(struct nanny *n, const struct wire_msg *m)
{
    uint32_t handle = (uint32_t)m->head.ref;
    struct wire_item item = {0};
    struct digest owner = {{0}};
    bool owned = take_owner(&owner, m);
    size_t cursor = 0;
    struct comp *c;

    if (!handle || m->head.ref > UINT32_MAX || !wire_next(m, &cursor, &item)) {
        nanny_say_error(n, m->head.id, PAR_MALFORMED, true,
                        "SETUP: no handle, or no manifest");
        return;
    }
    if (n->state == NANNY_DRAINING) {
        nanny_say_error(n, m->head.id, PAR_DRAINING, true,
                        "this worker is about to end");
        return;
    }
    c = comp_find(&n->comps, handle);
    if (c && c->state > COMP_BROKEN) {
        nanny_say_error(n, m->head.id, PAR_CLOSING, true, "it is being closed");
        return;
    }
    if (!c && owned)
        c = find_orphan(n, &item, &owner);
    if (!c)
        c = create(n, m->head.id, &item);
    if (!c || !nanny_ask(n, c, m))
        return;
    c->handle = handle;
    c->has_owner = owned;
    c->owner = owner;
    c->orphan_since = 0;
    if (c->state == COMP_BROKEN) { /* somebody wants to try it again */
        c->state = comp_is_exec(c) ? COMP_READY : COMP_STARTING;
        c->deaths = (struct deaths){0};
    }
}
