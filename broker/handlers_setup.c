/* handlers_setup.c - SETUP, CLOSE, RESOLVE */
#include "config.h"

#include "engine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

/* ---- orders ---- */

/* What SETUP and CLOSE have in common; `where` gets the target's name. */
static int read_order(struct broker *b,
                      struct peer *from,
                      const struct wire_msg *w,
                      struct setup_order *order,
                      char where[256],
                      struct par_error *err)
{
    struct meta_value v;
    struct meta_reader in;
    const uint8_t *raw;
    size_t len;

    *order = (struct setup_order){
        .client = from->number,
        .id = w->head.id,
        .unplaceable_ms = meta_int(w->meta, w->head.meta_len, 19, 10000),
        .wait = (uint32_t)meta_int(w->meta, w->head.meta_len, 9, 1),
        .keep = meta_int(w->meta, w->head.meta_len, 10, 0) == 1,
        .terminate = meta_int(w->meta, w->head.meta_len, 26, 0) == 1,
        .timeout_ms = meta_int(w->meta, w->head.meta_len, 27, -1)};
    if (meta_text(w->meta, w->head.meta_len, 17, where, 256) > 0)
        order->where = where;
    if (!meta_find(w->meta, w->head.meta_len, 16, &v, &in))
        return PAR_OK;
    in.p = v.raw;
    if (v.kind != META_ARRAY || v.len != 2 || !meta_skip(&in, &raw, &len)) {
        par_fail(err, EINVAL, "call (16) wants [function, arguments]");
        return PAR_MALFORMED;
    }
    order->call.block = payload_copy(&b->payloads, raw, len, 1);
    order->call.len = order->call.block ? (uint32_t)len : 0;
    return PAR_OK;
}

void setup_refuse(struct broker *b,
                  struct waiting_setup *wait,
                  int status,
                  const char *text)
{
    struct peer *client = peers_by_number(&b->peers, wait->order.client);

    if (client)
        say_error(b, client, wait->order.id, 0, status, true, text);
    payload_forget(&b->payloads, wait->order.call);
    list_remove(&wait->node);
    free(wait);
}

void setup_drop(struct broker *b, struct computation *c)
{
    for (size_t i = 0; i < c->needed; i++)
        blobs_drop(b->blobs, c->account, &c->files[i].hash);
    while (!list_is_empty(&c->waiting))
        setup_refuse(b, LIST_ENTRY(c->waiting.next, struct waiting_setup, node),
                     PAR_CLOSING, "the computation was dropped");
    computations_remove(&b->computations, c);
}

void setup_retire(struct broker *b, uint32_t target)
{
    struct computation *c = computations_by_target(&b->computations, target);

    if (c)
        setup_drop(b, c);
}

/* ---- SETUP ---- */

void setup_finish(struct broker *b, struct computation *c)
{
    if (!c->target) /* it may be set up again */
        c->target = sched_target_add(b->sched, c->account, c->name);
    while (!list_is_empty(&c->waiting)) {
        struct waiting_setup *wait =
            LIST_ENTRY(c->waiting.next, struct waiting_setup, node);
        int status = PAR_OVERLOADED;

        wait->order.target = c->target;
        if (c->target)
            status = sched_setup(b->sched, b->now, &wait->order);
        if (status != PAR_OK) {
            setup_refuse(b, wait, status, "the set-up was refused");
            continue;
        }
        list_remove(&wait->node);
        free(wait);
    }
    if (!c->target)
        setup_drop(b, c);
}

static struct computation *known(struct broker *b,
                                 struct peer *from,
                                 const struct wire_item *item,
                                 int *status,
                                 struct par_error *err)
{
    struct computation *c;
    struct bundle bundle;
    struct digest identity;

    if (bundle_decode(&bundle, item->data, item->len, err)) {
        *status = err->code == ENOTSUP ? PAR_UNSUPPORTED
                  : err->code == E2BIG ? PAR_TOO_LARGE
                                       : PAR_MALFORMED;
        return NULL;
    }
    digest_of(&identity, item->data, item->len);
    c = computations_find(&b->computations, from->account, &identity);
    if (!c) {
        *status = PAR_OVERLOADED;
        c = computations_add(&b->computations, from->account, &bundle,
                             &identity, item->data, item->len);
        if (!c)
            par_fail(err, ENOMEM, "out of memory");
    }
    return c;
}

int on_setup(struct broker *b,
             struct peer *from,
             struct link_msg *m,
             struct par_error *err)
{
    const struct wire_msg *w = &m->wire;
    struct waiting_setup *wait;
    struct wire_item item = {0};
    struct computation *c;
    size_t cursor = 0;
    int status;

    if (b->draining) {
        par_fail(err, ESHUTDOWN, "the broker is shutting down");
        return PAR_DRAINING;
    }
    if (!wire_next(w, &cursor, &item)) {
        par_fail(err, EINVAL, "SETUP wants a manifest as its item");
        return PAR_MALFORMED;
    }
    c = known(b, from, &item, &status, err);
    if (!c)
        return status;
    wait = calloc(1, sizeof *wait);
    if (!wait) {
        par_fail(err, ENOMEM, "out of memory");
        return PAR_OVERLOADED;
    }
    status = read_order(b, from, w, &wait->order, wait->where, err);
    if (status != PAR_OK) {
        free(wait);
        if (!c->target && list_is_empty(&c->waiting))
            setup_drop(b, c);
        return status;
    }
    list_append(&c->waiting, &wait->node);
    if (c->target)
        setup_finish(b, c);
    else
        files_advance(b);
    return PAR_OK;
}

int on_close(struct broker *b,
             struct peer *from,
             struct link_msg *m,
             struct par_error *err)
{
    const struct wire_msg *w = &m->wire;
    struct setup_order order;
    char where[256];
    int status;

    if (w->head.ref > UINT32_MAX || !w->head.ref ||
        !sched_target_allows(b->sched, (uint32_t)w->head.ref, from->account)) {
        par_fail(err, ENOENT, "handle %llu is not set up",
                 (unsigned long long)w->head.ref);
        return PAR_UNKNOWN_HANDLE;
    }
    status = read_order(b, from, w, &order, where, err);
    if (status != PAR_OK)
        return status;
    order.target = (uint32_t)w->head.ref;
    status = sched_close(b->sched, b->now, &order);
    if (status != PAR_OK) {
        payload_forget(&b->payloads, order.call);
        par_fail(err, EBUSY, "handle %u cannot be closed: %s", order.target,
                 par_status_name(status));
    }
    return status;
}

/* ---- RESOLVE ---- */

static void list_names(struct broker *b,
                       struct peer *from,
                       uint64_t id,
                       const char *prefix)
{
    struct meta_writer *w = &b->words;
    struct target_view view;
    size_t cursor = 0, mark;
    uint32_t n = 0;

    meta_writer_reset(w);
    meta_put_map(w, 1);
    meta_put_uint(w, 3);
    mark = meta_open_array(w);
    while (sched_target_next(b->sched, &cursor, &view))
        if (!strncmp(view.name, prefix, strlen(prefix)) &&
            (view.is_path ? view.ready > 0 : view.account == from->account) &&
            w->len < WIRE_META_MAX - 1024) {
            meta_put_str(w, view.name);
            n++;
        }
    meta_close_array(w, mark, n);
    say(b, from, WIRE_READY, 0, id, 0, w);
}

/* A name (1): its newest computation.  A prefix (2): the names, of this
 * account's computations and of the paths that live workers offer. */
int on_resolve(struct broker *b,
               struct peer *from,
               struct link_msg *m,
               struct par_error *err)
{
    const struct wire_msg *w = &m->wire;
    char name[256];
    struct computation *c;

    if (meta_text(w->meta, w->head.meta_len, 2, name, sizeof name) >= 0) {
        list_names(b, from, w->head.id, name);
        return PAR_OK;
    }
    if (meta_text(w->meta, w->head.meta_len, 1, name, sizeof name) < 0) {
        par_fail(err, EINVAL, "RESOLVE wants a name (1) or a prefix (2)");
        return PAR_MALFORMED;
    }
    c = computations_by_name(&b->computations, from->account, name);
    if (!c) {
        par_fail(err, ENOENT, "nothing called %s is set up", name);
        return PAR_UNKNOWN_HANDLE;
    }
    say_ready(b, from, w->head.id, c->target);
    return PAR_OK;
}
