/* handlers_ask.c - PING and STATUS, and errors on their way back
 *
 * A PING for a worker is passed on under a nonce of ours, which says where the
 * one who asked stands.
 */
#include "config.h"

#include "handlers_ask.h"

#include <errno.h>
#include <stdio.h>

#include "meta_keys.h"
#include "out.h"
#include "say.h"
#include "status.h"

enum {
    PEER_RELAYS = 64,    /* pings of one session on their way to workers */
    ROWS_MAX = 100000,   /* rows of one answer */
    ROWS_A_MESSAGE = 100 /* looking at so many costs like one message */
};

/* A nonce says where its relay is; those of heartbeats fit none. */
uint64_t next_nonce(struct broker *b, unsigned relay)
{
    return WIRE_NONCE_ID | ++b->last_nonce * BROKER_RELAYS | relay;
}

static int relay_ping(struct broker *b,
                      struct peer *from,
                      const struct wire_msg *m,
                      const char *worker,
                      struct par_error *err)
{
    uint32_t number = sched_worker_find(b->sched, worker);
    struct peer *to = peers_by_number(&b->peers, number);
    struct relayed_ping *free_place = NULL;
    unsigned own = 0;

    if (!to) {
        par_fail(err, ENOENT, "no worker is called %s", worker);
        return PAR_UNKNOWN_WORKER;
    }
    for (unsigned i = 0; i < BROKER_RELAYS; i++)
        if (!b->relays[i].nonce)
            free_place = &b->relays[i];
        else
            own += b->relays[i].client == from->number;
    if (!free_place || own >= PEER_RELAYS) {
        par_fail(err, EBUSY, "%u pings are on their way",
                 free_place ? own : BROKER_RELAYS);
        return PAR_OVERLOADED;
    }
    *free_place = (struct relayed_ping){
        .nonce = next_nonce(b, (unsigned)(free_place - b->relays)),
        .worker = number,
        .client = from->number,
        .id = m->head.id};
    say(b, to, WIRE_PING, 0, free_place->nonce, m->head.ref, NULL);
    return PAR_OK;
}

int on_ping(struct broker *b,
            struct peer *from,
            struct link_msg *m,
            struct par_error *err)
{
    const struct wire_header *head = &m->wire.head;
    char worker[PEER_NAME];

    if (from->role == ROLE_CLIENT && head->ref &&
        (head->ref > UINT32_MAX ||
         !sched_target_allows(b->sched, (uint32_t)head->ref, from->account))) {
        par_fail(err, ENOENT, "handle %llu is not set up",
                 (unsigned long long)head->ref);
        return PAR_UNKNOWN_HANDLE;
    }
    if (from->role == ROLE_CLIENT &&
        meta_text(m->wire.meta, head->meta_len, KEY_PING_WORKER, worker,
                  sizeof worker) > 0)
        return relay_ping(b, from, &m->wire, worker, err);
    say(b, from, WIRE_PONG, 0, head->id, head->ref, NULL);
    return PAR_OK;
}

static struct relayed_ping *find_relay(struct broker *b,
                                       uint32_t worker,
                                       uint64_t nonce)
{
    struct relayed_ping *relay = &b->relays[nonce % BROKER_RELAYS];

    return nonce && relay->nonce == nonce && relay->worker == worker ? relay
                                                                     : NULL;
}

int on_pong(struct broker *b,
            struct peer *from,
            struct link_msg *m,
            struct par_error *err)
{
    struct relayed_ping *relay = find_relay(b, from->number, m->wire.head.id);
    struct peer *asker;

    (void)err;
    if (!relay)
        return PAR_OK;
    asker = peers_by_number(&b->peers, relay->client);
    if (asker)
        say(b, asker, WIRE_PONG, 0, relay->id, m->wire.head.ref, NULL);
    relay->nonce = 0;
    return PAR_OK;
}

/* What a worker says, as a payload. */
static struct payload_ref keep_text(struct broker *b, const struct wire_msg *w)
{
    struct payload_ref text = {0};
    struct meta_value v;

    if (meta_find(w->meta, w->head.meta_len, KEY_ANY_TEXT, &v, NULL) &&
        v.kind == META_STR && v.len) {
        text.block = payload_copy(&b->payloads, v.data, v.len, 1);
        text.len = text.block ? (uint32_t)v.len : 0;
    }
    return text;
}

/* Nobody takes an ERROR for a success, whatever number a worker puts there. */
static int status_of(const struct wire_msg *w)
{
    return w->head.ref == PAR_OK || w->head.ref > UINT16_MAX ? PAR_INTERNAL
                                                             : (int)w->head.ref;
}

/* A remark about a run, or the refusal of a relayed PING: to its client. */
static bool relay_error(struct broker *b,
                        struct peer *from,
                        const struct wire_msg *w)
{
    struct relayed_ping *relay = find_relay(b, from->number, w->head.id);
    char words[PAR_ERROR_TEXT];
    struct peer *to;
    uint32_t client;
    uint64_t id;

    if (relay) {
        client = relay->client;
        id = relay->id;
        relay->nonce = 0;
    } else if (!sched_run_of(b->sched, from->number, w->head.id, &client,
                             &id)) {
        return false;
    } else if (rate_take(&from->control, &control_limit, b->now) !=
               RATE_WITHIN) {
        return true; /* a client asks for some, not for thousands a second */
    }
    to = peers_by_number(&b->peers, client);
    meta_text(w->meta, w->head.meta_len, KEY_ANY_TEXT, words, sizeof words);
    if (to)
        say_error(b, to, id, 0, status_of(w), relay != NULL, words);
    return true;
}

/* It takes none of these runs, the refusal says how many.  What it refuses has
 * not begun, unless it said so before. */
static void refuse_runs(struct broker *b,
                        struct peer *from,
                        const struct wire_msg *w)
{
    struct meta_writer facts = {0};
    unsigned count =
        w->head.count < WIRE_ITEMS_MAX ? w->head.count : WIRE_ITEMS_MAX;
    struct payload_ref words = {0};
    char text[PAR_ERROR_TEXT];

    meta_text(w->meta, w->head.meta_len, KEY_ANY_TEXT, text, sizeof text);
    meta_put_map(&facts, 3);
    meta_pair_int(&facts, KEY_ANY_EXECUTED, WIRE_NOT_EXECUTED);
    meta_pair_str(&facts, KEY_ANY_TEXT, text);
    meta_put_str(&facts, FACT_WORKER);
    meta_put_str(&facts, from->name);
    if (!facts.failed)
        words.block = payload_copy(&b->payloads, facts.data, facts.len, count);
    words.len = words.block ? (uint32_t)facts.len : 0;
    for (unsigned i = 0; i < count; i++) {
        struct job_outcome outcome = {.status = status_of(w),
                                      .executed = WIRE_NOT_EXECUTED,
                                      .payload = words};

        if (!sched_result(b->sched, b->now, from->number, w->head.id + i,
                          &outcome))
            payload_forget(&b->payloads, words);
    }
    meta_writer_clear(&facts);
}

/* ERROR from a worker: about a relayed PING, a run, a request; or, with id 0,
 * about a computation that it gives up.  One without a count refuses no
 * RUN, whatever its flags say: another message about a run, a CANCEL say. */
int on_worker_error(struct broker *b,
                    struct peer *from,
                    struct link_msg *m,
                    struct par_error *err)
{
    const struct wire_msg *w = &m->wire;
    int64_t handle = meta_int(w->meta, w->head.meta_len, KEY_ANY_HANDLE, 0);

    (void)err;
    if (w->head.id == 0) {
        if (handle > 0 && handle <= UINT32_MAX)
            sched_target_failed(b->sched, b->now, from->number,
                                (uint32_t)handle, keep_text(b, w));
        return PAR_OK;
    }
    if (wire_is_dispatch(w->head.id) && w->head.flags & WIRE_FINAL &&
        w->head.count > 0)
        refuse_runs(b, from, w);
    else if (!relay_error(b, from, w))
        sched_request_done(b->sched, b->now, from->number, w->head.id,
                           status_of(w), keep_text(b, w));
    return PAR_OK;
}

static void say_page(struct broker *b,
                     struct peer *to,
                     uint64_t id,
                     const struct status_walk *walk,
                     const struct meta_writer *rows)
{
    struct wire_header head = {.type = WIRE_STATUS, .id = id};
    struct meta_writer meta = {0};
    struct batch answer = {0};
    uint8_t *frame;
    size_t len;

    if (walk->over)
        head.flags = WIRE_FINAL;
    if (walk->cut) {
        meta_put_map(&meta, 1);
        meta_pair_int(&meta, KEY_STATUS_MORE, 1);
    }
    batch_begin(&answer, &head, meta.data, meta.len);
    batch_add_bare(&answer, rows->data, rows->len);
    frame = batch_take(&answer, &len);
    out_send(b, to, frame, len, NULL);
    batch_clear(&answer);
    meta_writer_clear(&meta);
}

int on_status(struct broker *b,
              struct peer *from,
              struct link_msg *m,
              struct par_error *err)
{
    const struct wire_msg *w = &m->wire;
    struct meta_writer rows = {0};
    struct status_walk walk;
    char what[32];
    int64_t limit;
    int status;

    if (out_is_behind(b, from)) {
        par_fail(err, EBUSY,
                 "STATUS: the session has too much unread; read it first");
        return PAR_OVERLOADED;
    }
    if (meta_text(w->meta, w->head.meta_len, KEY_STATUS_WHAT, what,
                  sizeof what) < 0)
        snprintf(what, sizeof what, "self");
    limit = meta_int(w->meta, w->head.meta_len, KEY_STATUS_LIMIT, 1000);
    if (limit < 0 || limit > ROWS_MAX)
        limit = ROWS_MAX;
    status = status_begin(&walk, from, what, (uint64_t)limit, err);
    if (status != PAR_OK)
        return status;
    do {
        meta_writer_reset(&rows);
        status_page(b, &walk, &rows);
        if (rows.failed) {
            par_fail(err, ENOMEM, "STATUS: the broker has no memory for it");
            status = PAR_INTERNAL;
            break;
        }
        say_page(b, from, w->head.id, &walk, &rows);
    } while (!walk.over);
    rate_charge(&from->control, &control_limit, walk.cursor / ROWS_A_MESSAGE);
    meta_writer_clear(&rows);
    return status;
}
