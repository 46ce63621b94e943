/* handlers_setup.c - orders are read and checked: SETUP, CLOSE; RESOLVE */
#include "config.h"

#include "handlers_setup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "handlers_files.h"
#include "meta_keys.h"
#include "say.h"
#include "sched_view.h"
#include "setup.h"

enum { SETUPS_MAX = 256 }; /* of a session: held; and not answered */

/* A thousand years; sums of a few stay far from overflow. */
#define ORDER_MS_MAX INT64_C(31536000000000)

/* ---- orders ---- */

/* [function, arguments], whole; block 0 if it is something else (or if out of
 * memory, which is as good as that). */
static struct payload_ref keep_call(struct broker *b,
                                    const struct meta_value *v,
                                    struct meta_reader in)
{
    struct payload_ref call = {0};
    struct meta_value part;
    const uint8_t *raw;
    size_t len;

    if (v->kind != META_ARRAY || v->len != 2 || !meta_next(&in, &part) ||
        part.kind != META_STR || !meta_next(&in, &part) ||
        (part.kind != META_BIN && part.kind != META_STR))
        return call;
    in.p = v->raw;
    if (!meta_skip(&in, &raw, &len))
        return call;
    call.block = payload_copy(&b->payloads, raw, len, 1);
    call.len = call.block ? (uint32_t)len : 0;
    return call;
}

enum order_number { WAIT, LIFETIME, UNPLACEABLE, MODE, TIMEOUT, NUMBERS };

static const struct {
    uint64_t key;
    const char *name;
    int64_t fallback, min, max;
} order_numbers[NUMBERS] = {
    [WAIT] = {KEY_SETUP_WAIT, "wait", 1, 0, UINT32_MAX},
    [LIFETIME] = {KEY_SETUP_LIFETIME, "lifetime", 0, 0, 1},
    [UNPLACEABLE] = {KEY_SETUP_UNPLACEABLE_MS, "unplaceable_ms", 10000, -1,
                     ORDER_MS_MAX},
    [MODE] = {KEY_CLOSE_MODE, "mode", 0, 0, 1},
    [TIMEOUT] = {KEY_CLOSE_TIMEOUT_MS, "timeout_ms", -1, 0, ORDER_MS_MAX},
};

static int read_numbers(const struct wire_msg *w,
                        int64_t n[NUMBERS],
                        struct par_error *err)
{
    struct meta_value v;
    char value[64];

    for (int i = 0; i < NUMBERS; i++) {
        n[i] = order_numbers[i].fallback;
        if (!meta_find(w->meta, w->head.meta_len, order_numbers[i].key, &v,
                       NULL) ||
            v.kind == META_NIL)
            continue;
        n[i] = meta_int(w->meta, w->head.meta_len, order_numbers[i].key,
                        INT64_MIN);
        if (n[i] >= order_numbers[i].min && n[i] <= order_numbers[i].max)
            continue;
        meta_show(&v, value, sizeof value);
        par_fail(err, EINVAL, "%s (%d): %s is not an integer from %lld to %lld",
                 order_numbers[i].name, (int)order_numbers[i].key, value,
                 (long long)order_numbers[i].min,
                 (long long)order_numbers[i].max);
        return PAR_MALFORMED;
    }
    return PAR_OK;
}

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
    int64_t n[NUMBERS];
    ptrdiff_t named;
    int status = read_numbers(w, n, err);

    if (status != PAR_OK)
        return status;
    *order = (struct setup_order){.client = from->number,
                                  .id = w->head.id,
                                  .unplaceable_ms = n[UNPLACEABLE],
                                  .wait = (uint32_t)n[WAIT],
                                  .keep = n[LIFETIME] == 1,
                                  .terminate = n[MODE] == 1,
                                  .timeout_ms = n[TIMEOUT]};
    named = meta_text(w->meta, w->head.meta_len, KEY_SETUP_TARGET, where, 256);
    if (named > 0 && strlen(where) != (size_t)named) {
        par_fail(err, EINVAL, "target (17): a name of 1 to 255 octets");
        return PAR_MALFORMED;
    }
    if (named > 0)
        order->where = where;
    if (!meta_find(w->meta, w->head.meta_len, KEY_SETUP_CALL, &v, &in))
        return PAR_OK;
    order->call = keep_call(b, &v, in);
    if (order->call.block)
        return PAR_OK;
    par_fail(err, EINVAL, "call (16) wants [function, arguments]");
    return PAR_MALFORMED;
}

/* ---- SETUP ---- */

/* Is one more too many for this session, or this account? */
static int within_quota(struct broker *b,
                        const struct peer *from,
                        const struct computation *c,
                        size_t manifest_len,
                        struct par_error *err)
{
    bool held =
        c && c->target && sched_holds(b->sched, from->number, c->target);

    if (from->requests >= SETUPS_MAX ||
        (!held && sched_hold_count(b->sched, from->number) >= SETUPS_MAX)) {
        par_fail(err, EDQUOT,
                 "a session may have %d computations set up, and as many "
                 "requests not answered",
                 SETUPS_MAX);
        return PAR_QUOTA;
    }
    if (!c &&
        !computations_fit(&b->computations, from->account, manifest_len)) {
        par_fail(err, EDQUOT,
                 "an account may have %d computations, with manifests of %d "
                 "octets",
                 COMPUTATIONS_MAX, COMPUTATIONS_BYTES);
        return PAR_QUOTA;
    }
    return PAR_OK;
}

static int check_manifest(const struct wire_item *item,
                          struct bundle *bundle,
                          struct par_error *err)
{
    if (!bundle_decode(bundle, item->data, item->len, err))
        return PAR_OK;
    return err->code == ENOTSUP ? PAR_UNSUPPORTED
           : err->code == E2BIG ? PAR_TOO_LARGE
                                : PAR_MALFORMED;
}

/* The computation that a SETUP is about, made if it is new. */
static int know(struct broker *b,
                struct peer *from,
                const struct wire_item *item,
                struct computation **c,
                struct par_error *err)
{
    struct bundle bundle;
    struct digest identity;
    int status = check_manifest(item, &bundle, err);

    if (status != PAR_OK)
        return status;
    digest_of(&identity, item->data, item->len);
    *c = computations_find(&b->computations, from->account, &identity);
    status = within_quota(b, from, *c, item->len, err);
    if (status != PAR_OK || *c)
        return status;
    *c = computations_add(&b->computations, from->account, &bundle, &identity,
                          item->data, item->len);
    if (*c)
        return PAR_OK;
    par_fail(err, ENOMEM, "out of memory");
    return PAR_OVERLOADED;
}

/* Its order waits for the files of c, if any are missing. */
static int wait_for_files(struct broker *b,
                          struct peer *from,
                          const struct wire_msg *w,
                          struct computation *c,
                          struct par_error *err)
{
    struct waiting_setup *wait = calloc(1, sizeof *wait);
    int status = PAR_OVERLOADED;

    if (wait)
        status = read_order(b, from, w, &wait->order, wait->where, err);
    else
        par_fail(err, ENOMEM, "out of memory");
    if (status != PAR_OK) {
        free(wait);
        return status;
    }
    from->requests++;
    list_append(&c->waiting, &wait->node);
    return PAR_OK;
}

int on_setup(struct broker *b,
             struct peer *from,
             struct link_msg *m,
             struct par_error *err)
{
    const struct wire_msg *w = &m->wire;
    struct wire_item item = {0};
    struct computation *c = NULL;
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
    status = know(b, from, &item, &c, err);
    if (status == PAR_OK)
        status = wait_for_files(b, from, w, c, err);
    if (c && c->target && status == PAR_OK)
        setup_finish(b, c);
    else
        files_advance(b); /* one that nobody waits for goes */
    return status;
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

    if (from->requests >= SETUPS_MAX) {
        par_fail(err, EDQUOT, "%d requests of the session are not answered yet",
                 SETUPS_MAX);
        return PAR_QUOTA;
    }
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
    if (status == PAR_OK) {
        from->requests++;
    } else {
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
    uint32_t n = 0, more = 0;

    meta_writer_reset(w);
    meta_put_map(w, 2);
    meta_put_uint(w, KEY_READY_NAMES);
    mark = meta_open_array(w);
    while (sched_target_next(b->sched, &cursor, &view)) {
        if (strncmp(view.name, prefix, strlen(prefix)) ||
            !(view.is_path ? view.ready > 0 : view.account == from->account))
            continue;
        if (w->len < WIRE_META_MAX - 1024) {
            meta_put_str(w, view.name);
            n++;
        } else {
            more++;
        }
    }
    meta_close_array(w, mark, n);
    meta_pair_int(w, KEY_READY_MORE, more);
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

    if (meta_text(w->meta, w->head.meta_len, KEY_RESOLVE_PREFIX, name,
                  sizeof name) >= 0) {
        list_names(b, from, w->head.id, name);
        return PAR_OK;
    }
    if (meta_text(w->meta, w->head.meta_len, KEY_RESOLVE_NAME, name,
                  sizeof name) < 0) {
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
