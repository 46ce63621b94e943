/* handlers_stream.c - streams of runs, and CREDIT for them and for results */
#include "config.h"

#include "engine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "out.h"

/* Hand a message on under another id.  Its frames are moved. */
static void forward(struct broker *b,
                    struct peer *to,
                    struct link_msg *m,
                    uint64_t id)
{
    size_t len = zmq_msg_size(&m->first);
    uint8_t *frame = malloc(len);

    if (!frame)
        return;
    memcpy(frame, zmq_msg_data(&m->first), len);
    wire_put_u64(frame + 12, id);
    out_send(b, to, frame, len, m->wire.second ? &m->second : NULL);
}

/* The client of a worker's run, under which id; NULL if it is not open. */
static struct peer *client_of(struct broker *b,
                              struct peer *worker,
                              const struct wire_msg *w,
                              uint64_t *run)
{
    uint32_t number;

    if (sched_run_of(b->sched, worker->number, w->head.id, &number, run))
        return peers_by_number(&b->peers, number);
    b->late++;
    return NULL;
}

/* The worker that has a client's run now, under which id; or NULL. */
static struct peer *worker_of(struct broker *b,
                              struct peer *client,
                              const struct wire_msg *w,
                              uint64_t *dispatch)
{
    uint32_t number;

    if (sched_dispatch_of(b->sched, client->number, w->head.id, &number,
                          dispatch))
        return peers_by_number(&b->peers, number);
    return NULL;
}

/* Only what the command has granted: the worker would have to keep the rest. */
int on_client_stream(struct broker *b,
                     struct peer *from,
                     struct link_msg *m,
                     struct par_error *err)
{
    const struct wire_msg *w = &m->wire;
    uint64_t id;
    struct peer *to = worker_of(b, from, w, &id);

    if (meta_int(w->meta, w->head.meta_len, 1, 0) != 0) {
        par_fail(err, EPERM, "a client writes stream 0, and no other");
        return PAR_FORBIDDEN;
    }
    if (!to)
        return PAR_OK;
    if (!feeds_send(&from->feeds, w->head.id, w->items_len)) {
        par_fail(err, EDQUOT, "more input than the command has granted");
        return PAR_NO_CREDIT;
    }
    forward(b, to, m, id);
    return PAR_OK;
}

int on_worker_stream(struct broker *b,
                     struct peer *from,
                     struct link_msg *m,
                     struct par_error *err)
{
    uint64_t id;
    struct peer *to = client_of(b, from, &m->wire, &id);

    (void)err;
    if (to)
        forward(b, to, m, id);
    return PAR_OK;
}

/* Of the grants [[channel, items, octets, ...], ...] those of one channel, if
 * there are any: then items is not UINT64_MAX. */
static struct credit find_grant(const struct wire_msg *w, int64_t channel)
{
    struct credit none = {.granted_items = UINT64_MAX}, found = none;
    struct meta_value v;
    struct meta_reader in;
    int64_t n[3];

    if (!meta_find(w->meta, w->head.meta_len, 1, &v, &in) ||
        v.kind != META_ARRAY)
        return none;
    for (size_t i = v.len; i > 0; i--) {
        if (!meta_next(&in, &v) || v.kind != META_ARRAY || v.len < 3)
            return found;
        for (size_t k = 0, all = v.len; k < all; k++) {
            if (!meta_next(&in, &v) || v.kind != META_INT || v.i < 0)
                return found;
            if (k < 3)
                n[k] = v.i;
        }
        if (n[0] == channel)
            found = (struct credit){.granted_items = (uint64_t)n[1],
                                    .granted_bytes = (uint64_t)n[2]};
    }
    return found;
}

/* For a stream, to who writes it; what a worker grants we keep in mind. */
static void relay_grant(struct broker *b, struct peer *from, struct link_msg *m)
{
    const struct wire_msg *w = &m->wire;
    bool of_worker = from->role == ROLE_WORKER;
    struct credit grant;
    struct peer *to;
    uint64_t id;

    to = of_worker ? client_of(b, from, w, &id) : worker_of(b, from, w, &id);
    if (!to)
        return;
    if (of_worker) {
        grant = find_grant(w, CREDIT_STREAM);
        if (grant.granted_items == UINT64_MAX ||
            meta_int(w->meta, w->head.meta_len, 2, -1) != 0 ||
            feeds_grant(&to->feeds, id, grant.granted_bytes))
            return;
    }
    forward(b, to, m, id);
}

int on_credit(struct broker *b,
              struct peer *from,
              struct link_msg *m,
              struct par_error *err)
{
    struct credit grant;

    (void)err;
    if (m->wire.head.id) {
        relay_grant(b, from, m);
        return PAR_OK;
    }
    grant = find_grant(&m->wire, CREDIT_RESULT);
    if (grant.granted_items != UINT64_MAX)
        credit_hear(&from->results, grant.granted_items, grant.granted_bytes);
    answers_go_on(b, from);
    return PAR_OK;
}
