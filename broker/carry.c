/* carry.c - do what the scheduler decided: one batch per receiver
 *
 * Decisions that follow each other to one receiver share a message; it leaves
 * when it is full, when something else must be said to that receiver, or at
 * the end of the turn.  Never on a timer.
 */
#include "config.h"

#include "engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- batches ---- */

void carry_flush_peer(struct broker *b, struct peer *peer)
{
    uint8_t *frame;
    size_t len;

    if (peer->out.head.count == 0)
        return;
    list_remove(&peer->dirty);
    frame = batch_take(&peer->out, &len);
    peer->out.head.count = 0;
    peer->messages_out++;
    b->messages_out++;
    link_server_send(b->link, peer->conn, frame, len, NULL);
}

void carry_flush(struct broker *b)
{
    while (!list_is_empty(&b->peers.dirty))
        carry_flush_peer(b,
                         LIST_ENTRY(b->peers.dirty.next, struct peer, dirty));
}

static void open_batch(struct broker *b,
                       struct peer *peer,
                       const struct wire_header *head,
                       const void *meta,
                       size_t meta_len)
{
    carry_flush_peer(b, peer);
    batch_begin(&peer->out, head, meta, meta_len);
    list_append(&b->peers.dirty, &peer->dirty);
}

/* The one item that has just been put in is the second frame: send both. */
static void send_with(struct broker *b,
                      struct peer *peer,
                      struct payload_ref payload)
{
    uint8_t *frame;
    size_t len;
    zmq_msg_t second;

    list_remove(&peer->dirty);
    frame = batch_take(&peer->out, &len);
    peer->out.head.count = 0;
    if (payload_frame(&b->payloads, payload, &second)) {
        free(frame);
        return;
    }
    peer->messages_out++;
    b->messages_out++;
    link_server_send(b->link, peer->conn, frame, len, &second);
    zmq_msg_close(&second);
}

/* ---- towards workers ---- */

/* {"gpu": "0,2", ...}: grants of one resource follow each other. */
static void put_grants(struct broker *b, struct meta_writer *w, uint32_t grant)
{
    const char *name, *last = NULL;
    char list[256] = "";
    uint32_t index, pairs = 0;
    size_t mark = meta_open_map(w), n = 0;

    for (size_t i = 0; sched_grant(b->sched, grant, i, &name, &index); i++) {
        if (!last || strcmp(name, last)) {
            if (last)
                meta_put_str(w, list);
            meta_put_str(w, name);
            last = name;
            pairs++;
            n = 0;
        }
        if (n < sizeof list)
            n += (size_t)snprintf(list + n, sizeof list - n, "%s%u",
                                  n ? "," : "", index);
    }
    if (last)
        meta_put_str(w, list);
    meta_close_map(w, mark, pairs);
}

/* The RUN's metadata as the client sent it, with what only we know: the
 * grants (31) and the attempt (69). */
static void run_meta(struct broker *b,
                     const struct decision *d,
                     const void **meta,
                     size_t *len)
{
    struct meta_writer *w = &b->words;
    struct meta_reader in;
    struct meta_value map = {0};

    *meta = sched_spec_meta(b->sched, d->spec, len);
    if (d->attempt <= 1 && !d->grant)
        return;
    meta_writer_reset(w);
    in = meta_read(*meta, *len);
    if (*len)
        meta_next(&in, &map);
    meta_put_map(w, (uint32_t)map.len + (d->grant ? 2 : 1));
    meta_put_raw(w, in.p, (size_t)(in.end - in.p));
    if (d->grant) {
        meta_put_uint(w, 31);
        put_grants(b, w, d->grant);
    }
    meta_pair_int(w, 69, d->attempt);
    *meta = w->data;
    *len = w->len;
}

static void assign(struct broker *b, const struct decision *d)
{
    struct peer *worker = peers_by_number(&b->peers, d->worker);
    bool plain = d->attempt <= 1 && !d->grant;
    bool large = d->payload.len > WIRE_PACKED_MAX;
    uint64_t ref = (uint64_t)d->target << 32 | d->function;
    const void *meta;
    size_t len;

    if (!worker)
        return; /* it left in this very turn; the scheduler will hear */
    if (large || !plain || worker->out.head.count == 0 ||
        worker->out.head.type != WIRE_RUN || worker->out.head.ref != ref ||
        worker->out_spec != d->spec || worker->out_next != d->dispatch ||
        batch_is_full(&worker->out, d->payload.len)) {
        struct wire_header head = {
            .type = WIRE_RUN, .id = d->dispatch, .ref = ref};

        run_meta(b, d, &meta, &len);
        open_batch(b, worker, &head, meta, len);
        worker->out_spec = plain ? d->spec : UINT32_MAX;
    }
    worker->out_next = d->dispatch + 1;
    if (large) {
        batch_add_run(&worker->out, d->client, NULL, WIRE_SECOND_FRAME);
        send_with(b, worker, d->payload);
    } else {
        batch_add_run(&worker->out, d->client,
                      payload_data(&b->payloads, d->payload), d->payload.len);
    }
}

static void abort_run(struct broker *b, const struct decision *d)
{
    struct peer *worker = peers_by_number(&b->peers, d->worker);
    struct meta_writer *w = &b->words;

    if (!worker)
        return;
    meta_writer_reset(w);
    meta_put_map(w, 1);
    meta_pair_int(w, 21, d->grace_ms);
    say(b, worker, WIRE_CANCEL, 0, d->dispatch, d->mode, w);
}

/* The pair 16 of a SETUP or CLOSE. */
static void put_call(struct broker *b,
                     struct meta_writer *w,
                     struct payload_ref call)
{
    meta_put_uint(w, 16);
    meta_put_raw(w, payload_data(&b->payloads, call), call.len);
}

static void order_setup(struct broker *b, const struct decision *d)
{
    struct peer *worker = peers_by_number(&b->peers, d->worker);
    struct computation *c = computations_by_target(&b->computations, d->target);
    struct meta_writer w = {0};
    struct batch out = {0};
    struct wire_header head = {
        .type = WIRE_SETUP, .id = d->request, .ref = d->target};
    uint8_t *frame;
    size_t len;

    if (!worker || !c)
        return;
    if (d->payload.block) {
        meta_put_map(&w, 1);
        put_call(b, &w, d->payload);
    }
    batch_begin(&out, &head, w.data, w.len);
    batch_add_bare(&out, c->manifest, c->manifest_len);
    carry_flush_peer(b, worker);
    frame = batch_take(&out, &len);
    b->messages_out++;
    link_server_send(b->link, worker->conn, frame, len, NULL);
    batch_clear(&out);
    meta_writer_clear(&w);
}

static void order_close(struct broker *b, const struct decision *d)
{
    struct peer *worker = peers_by_number(&b->peers, d->worker);
    struct meta_writer w = {0};

    if (!worker)
        return;
    meta_put_map(&w, d->payload.block ? 2 : 1);
    if (d->payload.block)
        put_call(b, &w, d->payload);
    meta_pair_int(&w, 26, d->mode);
    say(b, worker, WIRE_CLOSE, 0, d->request, d->target, &w);
    meta_writer_clear(&w);
}

/* ---- towards clients ---- */

/* Our own words of a failure: a map of the common keys. */
static void fail_words(struct broker *b, const struct decision *d)
{
    struct meta_writer *w = &b->words;
    const char *worker = sched_worker_name(b->sched, d->worker);
    char text[PAR_ERROR_TEXT];

    meta_writer_reset(w);
    meta_put_map(w, worker ? 4 : 3);
    meta_pair_int(w, 69, d->attempt);
    meta_pair_int(w, 70, d->executed);
    meta_pair_str(w, 72, sched_reason(b->sched, d, text, sizeof text));
    if (worker) {
        meta_put_str(w, "worker");
        meta_put_str(w, worker);
    }
}

static void put_result(struct broker *b,
                       struct peer *client,
                       const struct decision *d)
{
    bool large = d->payload.block && d->payload.len > WIRE_PACKED_MAX;
    bool ours = d->status != PAR_OK && !d->payload.block;
    const uint8_t *data = NULL;
    uint32_t len = d->payload.len;

    if (ours) {
        fail_words(b, d);
        data = b->words.data;
        len = (uint32_t)b->words.len;
    } else if (!large) {
        data = payload_data(&b->payloads, d->payload);
    }
    if (large || client->out.head.count == 0 ||
        client->out.head.type != WIRE_RESULT || d->run < client->out.head.id ||
        d->run - client->out.head.id > UINT32_MAX ||
        batch_is_full(&client->out, len)) {
        /* Runs end in any order: leave room below for earlier ones. */
        struct wire_header head = {
            .type = WIRE_RESULT,
            .id = d->run > UINT16_MAX ? d->run - UINT16_MAX : 0};

        open_batch(b, client, &head, NULL, 0);
    }
    batch_add_result(&client->out, (uint32_t)(d->run - client->out.head.id),
                     (unsigned)d->status, d->executed, d->wall_us, data,
                     large ? WIRE_SECOND_FRAME : len);
    if (large)
        send_with(b, client, d->payload);
    credit_use(&client->results, 1, len);
}

static bool may_send(const struct peer *client, const struct decision *d)
{
    return credit_allows(&client->results, 1, d->payload.len, true);
}

/* A client that does not read gets no more than it granted; the rest waits
 * here, and with it the grants for its runs. */
static void hold(struct broker *b,
                 struct peer *client,
                 const struct decision *d)
{
    struct held_result *held = malloc(sizeof *held);

    if (!held) { /* better beyond the credit than lost */
        put_result(b, client, d);
        return;
    }
    payload_retain(&b->payloads, d->payload);
    held->decision = *d;
    list_append(&client->held, &held->node);
    client->held_count++;
}

static void tell_result(struct broker *b, const struct decision *d)
{
    struct peer *client = peers_by_number(&b->peers, d->client);
    struct decision later = *d;

    if (!client)
        return;
    if (list_is_empty(&client->held) && may_send(client, d)) {
        put_result(b, client, d);
        return;
    }
    if (d->status == PAR_OK || d->payload.block) {
        hold(b, client, d);
        return;
    }
    /* The names that the reason quotes are gone after this turn. */
    fail_words(b, d);
    later.payload = (struct payload_ref){
        payload_copy(&b->payloads, b->words.data, b->words.len, 1), 0, 0};
    later.payload.len = later.payload.block ? (uint32_t)b->words.len : 0;
    hold(b, client, &later);
    payload_forget(&b->payloads, later.payload);
}

void carry_drop_held(struct broker *b, struct peer *client)
{
    while (!list_is_empty(&client->held)) {
        struct held_result *held =
            LIST_ENTRY(client->held.next, struct held_result, node);

        payload_forget(&b->payloads, held->decision.payload);
        list_remove(&held->node);
        free(held);
    }
    client->held_count = 0;
}

void carry_held(struct broker *b, struct peer *client)
{
    while (!list_is_empty(&client->held)) {
        struct held_result *held =
            LIST_ENTRY(client->held.next, struct held_result, node);

        if (!may_send(client, &held->decision))
            return;
        put_result(b, client, &held->decision);
        payload_forget(&b->payloads, held->decision.payload);
        list_remove(&held->node);
        client->held_count--;
        free(held);
    }
}

static void tell_refused(struct broker *b, const struct decision *d)
{
    struct peer *client = peers_by_number(&b->peers, d->client);
    char text[PAR_ERROR_TEXT];

    if (!client)
        return;
    if (d->payload.block) {
        struct wire_header head = {.type = WIRE_ERROR,
                                   .flags = WIRE_FINAL,
                                   .id = d->run,
                                   .ref = (uint64_t)d->status};
        struct meta_writer w = {0};

        meta_put_map(&w, 1);
        meta_put_uint(&w, 72);
        meta_put_strn(&w, (const char *)payload_data(&b->payloads, d->payload),
                      d->payload.len);
        say(b, client, head.type, head.flags, head.id, head.ref, &w);
        meta_writer_clear(&w);
    } else {
        say_error(b, client, d->run, 0, d->status, true,
                  sched_reason(b->sched, d, text, sizeof text));
    }
}

static void tell_started(struct broker *b, const struct decision *d)
{
    struct peer *client = peers_by_number(&b->peers, d->client);

    if (client)
        say(b, client, WIRE_STARTED, 0, d->run, d->attempt, NULL);
}

static void tell_ready(struct broker *b, const struct decision *d)
{
    struct peer *client = peers_by_number(&b->peers, d->client);

    if (!client)
        return;
    if (d->kind == DECIDE_READY)
        say_ready(b, client, d->run, d->target);
    else
        say(b, client, WIRE_READY, 0, d->run, d->target, NULL);
}

void carry_decisions(struct broker *b)
{
    struct decision d;

    while (sched_next(b->sched, &d))
        switch (d.kind) {
        case DECIDE_ASSIGN:
            assign(b, &d);
            break;
        case DECIDE_ABORT:
            abort_run(b, &d);
            break;
        case DECIDE_RESULT:
            tell_result(b, &d);
            break;
        case DECIDE_STARTED:
            tell_started(b, &d);
            break;
        case DECIDE_SETUP:
            order_setup(b, &d);
            break;
        case DECIDE_CLOSE:
            order_close(b, &d);
            break;
        case DECIDE_READY:
        case DECIDE_CLOSED:
            tell_ready(b, &d);
            break;
        case DECIDE_REFUSED:
            tell_refused(b, &d);
            break;
        case DECIDE_FORGET:
            payload_forget(&b->payloads, d.payload);
            break;
        case DECIDE_RETIRE:
            setup_retire(b, d.target);
            break;
        }
    sched_settle(b->sched);
}
