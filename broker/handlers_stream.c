/* handlers_stream.c - messages about a run, passed on under the other id */
#include "config.h"

#include "handlers_stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "meta_keys.h"
#include "out.h"
#include "say.h"

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

/* Hand octets on under another id.  Those of one stream that follow each other
 * in a turn share a message. */
static void pass_on(struct broker *b,
                    struct peer *to,
                    const struct wire_msg *w,
                    uint64_t id,
                    int stream)
{
    struct batch *out = &to->out;
    struct meta_writer *meta = &b->words;

    if (out->head.count == 0 || out->head.type != WIRE_STREAM ||
        out->head.id != id || to->out_stream != stream ||
        out->frame.len + w->items_len > WIRE_BATCH_BYTES) {
        struct wire_header head = {
            .type = WIRE_STREAM, .id = id, .ref = w->head.ref};

        meta_writer_reset(meta);
        meta_put_map(meta, 1);
        meta_pair_int(meta, KEY_STREAM_NUMBER, stream);
        out_open(b, to, &head, meta->data, meta->len);
        out->frame.failed |= meta->failed;
        to->out_stream = stream;
        batch_add_bare(out, w->items, w->items_len);
    } else {
        meta_put_raw(&out->frame, w->items, w->items_len);
    }
    out->head.flags |= w->head.flags & WIRE_FINAL;
}

/* What the reader has granted, if it is time to say so: not while a client has
 * so much unread.  (A worker grants no more than it has room for.)  What a run
 * may say without a grant is charged to nobody: so no more of them begin. */
static void tell_grant(struct broker *b,
                       struct peer *reader,
                       struct feed *feed,
                       int stream,
                       struct peer *writer,
                       uint64_t id)
{
    struct meta_writer *w = &b->words;
    uint64_t total;

    if (stream > 0 && out_is_behind(b, reader)) {
        out_waits(b, reader);
        sched_client_pause(b->sched, b->now, reader->number, true);
        return;
    }
    if (!feed_due(feed, stream, &total))
        return;
    meta_writer_reset(w);
    meta_put_map(w, 2);
    meta_put_uint(w, KEY_CREDIT_GRANTS);
    meta_put_array(w, 1);
    meta_put_array(w, 3);
    meta_put_uint(w, CREDIT_STREAM);
    meta_put_uint(w, total);
    meta_put_uint(w, total);
    meta_pair_int(w, KEY_CREDIT_STREAM, stream);
    say(b, writer, WIRE_CREDIT, 0, id, 0, w);
}

/* One end of a stream, and where the other one is. */
struct ends {
    struct peer *writer, *reader;
    uint64_t write_id, read_id;
};

/* No more than what the reader has granted: whoever relays or reads it would
 * have to keep the rest.  What says nothing goes no further. */
static int relay(struct broker *b,
                 const struct ends *ends,
                 struct feed *feed,
                 int stream,
                 const struct wire_msg *w,
                 struct par_error *err)
{
    bool final = w->head.flags & WIRE_FINAL;

    if (!feed) {
        par_fail(err, ENOMEM, "out of memory");
        return PAR_OVERLOADED;
    }
    if (feed_is_finished(feed, stream) || (w->items_len == 0 && !final))
        return PAR_OK;
    if (!feed_send(feed, stream, w->head.ref, w->items_len)) {
        par_fail(err, EDQUOT,
                 "stream %d: more than its reader has granted, or out of "
                 "order",
                 stream);
        return PAR_NO_CREDIT;
    }
    pass_on(b, ends->reader, w, ends->read_id, stream);
    if (final)
        feed_finish(feed, stream);
    tell_grant(b, ends->reader, feed, stream, ends->writer, ends->write_id);
    return PAR_OK;
}

int on_client_stream(struct broker *b,
                     struct peer *from,
                     struct link_msg *m,
                     struct par_error *err)
{
    const struct wire_msg *w = &m->wire;
    struct ends ends = {.writer = from, .write_id = w->head.id};

    if (meta_int(w->meta, w->head.meta_len, KEY_STREAM_NUMBER, 0) != 0) {
        par_fail(err, EPERM, "a client writes stream 0, and no other");
        return PAR_FORBIDDEN;
    }
    ends.reader = worker_of(b, from, w, &ends.read_id);
    if (!ends.reader)
        return PAR_OK;
    return relay(b, &ends, feeds_of(&from->feeds, w->head.id, ends.read_id), 0,
                 w, err);
}

int on_worker_stream(struct broker *b,
                     struct peer *from,
                     struct link_msg *m,
                     struct par_error *err)
{
    const struct wire_msg *w = &m->wire;
    int64_t stream = meta_int(w->meta, w->head.meta_len, KEY_STREAM_NUMBER, 0);
    struct ends ends = {.writer = from, .write_id = w->head.id};

    if (stream < 1 || stream >= FEED_STREAMS) {
        par_fail(err, EPERM, "a worker writes streams 1 and 2, and no other");
        return PAR_FORBIDDEN;
    }
    ends.reader = client_of(b, from, w, &ends.read_id);
    if (!ends.reader)
        return PAR_OK;
    return relay(b, &ends,
                 feeds_of(&ends.reader->feeds, ends.read_id, ends.write_id),
                 (int)stream, w, err);
}

/* Of the grants [[channel, items, octets, ...], ...] those of one channel, if
 * there are any: then items is not UINT64_MAX. */
static struct credit find_grant(const struct wire_msg *w, int64_t channel)
{
    struct credit none = {.granted_items = UINT64_MAX}, found = none;
    struct meta_value v;
    struct meta_reader in;
    int64_t n[3];

    if (!meta_find(w->meta, w->head.meta_len, KEY_CREDIT_GRANTS, &v, &in) ||
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

/* For a stream, to who writes it. */
static void relay_grant(struct broker *b, struct peer *from, struct link_msg *m)
{
    const struct wire_msg *w = &m->wire;
    bool of_worker = from->role == ROLE_WORKER;
    int64_t stream = meta_int(w->meta, w->head.meta_len, KEY_CREDIT_STREAM, -1);
    struct credit grant = find_grant(w, CREDIT_STREAM);
    struct feed *feed;
    struct peer *to;
    uint64_t id;

    if (stream < 0 || stream >= FEED_STREAMS || of_worker != (stream == 0) ||
        grant.granted_items == UINT64_MAX)
        return;
    to = of_worker ? client_of(b, from, w, &id) : worker_of(b, from, w, &id);
    if (!to)
        return;
    feed = of_worker ? feeds_of(&to->feeds, id, w->head.id)
                     : feeds_of(&from->feeds, w->head.id, id);
    if (!feed) { /* its writer would wait for ever */
        out_break(b, to);
        return;
    }
    feed_grant(feed, (int)stream, grant.granted_bytes);
    tell_grant(b, from, feed, (int)stream, to, id);
}

void streams_go_on(struct broker *b, struct peer *client)
{
    struct feed *feed;
    uint64_t run, dispatch;
    uint32_t worker;

    for (uint32_t i = 0; (feed = feeds_at(&client->feeds, i, &run)); i++) {
        struct peer *writer = NULL;

        if (sched_dispatch_of(b->sched, client->number, run, &worker,
                              &dispatch))
            writer = peers_by_number(&b->peers, worker);
        for (int stream = 1; writer && stream < FEED_STREAMS; stream++)
            tell_grant(b, client, feed, stream, writer, dispatch);
    }
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
