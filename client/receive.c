/* receive.c - what the broker says, and what becomes of it */
#include "config.h"

#include <errno.h>

#include "blob.h"
#include "grants.h"
#include "handle.h"
#include "meta_keys.h"
#include "receive.h"
#include "request.h"
#include "send.h"
#include "session.h"
#include "stream.h"

static void say_more_results(struct par_client *c)
{
    struct wire_header head = {.type = WIRE_CREDIT};
    struct meta_writer meta = {0};

    meta_put_map(&meta, 1);
    meta_put_uint(&meta, KEY_CREDIT_GRANTS);
    client_put_grant(c, &meta);
    client_say(c, &head, &meta, NULL, 0, NULL);
    meta_writer_clear(&meta);
}

static void on_welcome(struct par_client *c, struct link_msg *m)
{
    client_welcomed(c, &m->wire);
}

static void on_goodbye(struct par_client *c, struct link_msg *m)
{
    char why[200];
    const char *reason = wire_reason_name(m->wire.head.ref);

    if (m->wire.head.ref == WIRE_DRAINING) /* a warning: running jobs finish */
        return;
    if (meta_text(m->wire.meta, m->wire.head.meta_len, KEY_ANY_TEXT, why,
                  sizeof why) <= 0)
        snprintf(why, sizeof why, "it said goodbye (%s)%s",
                 reason ? reason : "no reason known here",
                 m->wire.head.ref == WIRE_REVOKED
                     ? ": this key may not come in any more"
                     : "");
    client_lose(c, ECONNRESET, why);
}

static void on_ping(struct par_client *c, struct link_msg *m)
{
    struct wire_header head = {
        .type = WIRE_PONG, .id = m->wire.head.id, .ref = m->wire.head.ref};

    client_say(c, &head, NULL, NULL, 0, NULL);
}

static void on_answer(struct par_client *c, struct link_msg *m)
{
    struct request *q = request_find(c, m->wire.head.id);

    if (q)
        request_answer(q, &m->wire);
}

/* Some runs were refused before they were accepted. */
static void refuse_runs(struct par_client *c, struct link_msg *m)
{
    const struct wire_header *h = &m->wire.head;
    struct frame *f = frame_take(m);
    struct run_outcome o = {
        .status = h->ref > 0 && h->ref < 1000 ? (int)h->ref : PAR_INTERNAL,
        .frame = f,
        .data = m->wire.meta,
        .len = f ? h->meta_len : 0};

    for (uint64_t i = 0; i < h->count; i++) {
        struct run *run = runs_find(&c->runs, h->id + i);

        if (run && !run->done)
            runs_finish(&c->runs, run, &o);
    }
    frame_drop(f);
}

static void on_error(struct par_client *c, struct link_msg *m)
{
    const struct wire_header *h = &m->wire.head;
    struct request *q = request_find(c, h->id);
    struct run *run;

    if (q) {
        request_answer(q, &m->wire);
    } else if (c->state == CLIENT_CONNECTING && h->ref == PAR_UNAUTHENTICATED) {
        client_refused(c); /* revoked since the handshake */
    } else if (c->state == CLIENT_CONNECTING) {
        char why[200];

        if (meta_text(m->wire.meta, h->meta_len, KEY_ANY_TEXT, why,
                      sizeof why) <= 0)
            snprintf(why, sizeof why, "it answers %s",
                     par_status_name((int)h->ref));
        client_lose(c, PAR_CODE(h->ref), why);
    } else if (h->flags & WIRE_FINAL) {
        refuse_runs(c, m);
    } else if (h->ref == PAR_NOT_KILLABLE) {
        run = runs_find(&c->runs, h->id);
        if (run)
            run->runs_on = true;
    } else if (h->ref == PAR_UNKNOWN_SESSION) {
        client_lose(c, ECONNRESET, "it does not know this session");
    }
}

static void on_credit(struct par_client *c, struct link_msg *m)
{
    if (m->wire.head.id != 0)
        client_stream_credit(c, &m->wire);
    else
        client_hear_credit(c, &m->wire, KEY_CREDIT_GRANTS);
}

static bool has_values(const struct wire_msg *msg)
{
    return msg->second ||
           msg->items_len > (size_t)msg->head.count * WIRE_RESULT_ITEM;
}

static void on_result(struct par_client *c, struct link_msg *m)
{
    bool values = has_values(&m->wire);
    struct frame *f = values ? frame_take(m) : NULL;
    struct wire_item item;
    size_t cursor = 0;
    uint64_t bytes = 0;

    while (wire_next(&m->wire, &cursor, &item)) {
        struct run *run = runs_find(&c->runs, m->wire.head.id + item.index);
        struct run_outcome o = {.status = item.status,
                                .executed = item.executed,
                                .wall_us = item.wall_us,
                                .frame = f,
                                .data = item.data,
                                .len = item.len};

        bytes += item.len;
        if (values && !f) /* out of memory: the value cannot be kept */
            o = (struct run_outcome){.status = PAR_VALUE_LOST,
                                     .executed = item.executed};
        if (run && !run->done)
            runs_finish(&c->runs, run, &o);
    }
    frame_drop(f);
    credit_use(&c->result_credit, m->wire.head.count, bytes);
    if (credit_renew(&c->result_credit, RESULT_ITEMS, RESULT_BYTES))
        say_more_results(c);
}

static void on_stream(struct par_client *c, struct link_msg *m)
{
    client_stream_piece(c, m);
}

static void on_blob_need(struct par_client *c, struct link_msg *m)
{
    client_blob_need(c, &m->wire);
}

/* A type without a handler is none of our business (STARTED, PROGRESS,
 * events, and what later versions say). */
static const struct handler {
    bool before_welcome;
    void (*handle)(struct par_client *c, struct link_msg *m);
} handlers[WIRE_TYPES] = {
    [WIRE_WELCOME] = {true, on_welcome},
    [WIRE_GOODBYE] = {true, on_goodbye},
    [WIRE_ERROR] = {true, on_error},
    [WIRE_PING] = {true, on_ping},
    [WIRE_PONG] = {false, on_answer},
    [WIRE_READY] = {false, on_answer},
    [WIRE_STATUS] = {false, on_answer},
    [WIRE_CREDIT] = {false, on_credit},
    [WIRE_RESULT] = {false, on_result},
    [WIRE_STREAM] = {false, on_stream},
    [WIRE_BLOB_NEED] = {false, on_blob_need},
};

void client_take(struct par_client *c, struct link_msg *m)
{
    const struct handler *h;

    if (m->status != PAR_OK || m->wire.head.type >= WIRE_TYPES)
        return;
    h = &handlers[m->wire.head.type];
    if (h->handle && (h->before_welcome || c->state == CLIENT_OPEN))
        h->handle(c, m);
}
