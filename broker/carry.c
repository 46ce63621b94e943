/* carry.c - one function for each kind of decision
 *
 * A decision about who has left in this very turn is passed over: the
 * scheduler will hear of it.
 */
#include "config.h"

#include "carry.h"

#include <stdio.h>
#include <string.h>

#include "answers.h"
#include "log.h"
#include "meta_keys.h"
#include "out.h"
#include "say.h"
#include "setup.h"

/* ---- towards workers ---- */

/* A worker has 256 indexes at most, each of 10 digits. */
enum { GRANT_TEXT = 256 * 11 };

/* {"gpu": "0,2", ...}: grants of one resource follow each other. */
static void put_grants(struct broker *b, struct meta_writer *w, uint32_t grant)
{
    const char *name, *last = NULL;
    char list[GRANT_TEXT] = "";
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
        meta_put_uint(w, KEY_RUN_GRANTS);
        put_grants(b, w, d->grant);
    }
    meta_pair_int(w, KEY_ANY_ATTEMPT, d->attempt);
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
        out_open(b, worker, &head, meta, len);
        worker->out.frame.failed |= meta == b->words.data && b->words.failed;
        worker->out_spec = plain ? d->spec : UINT32_MAX;
    }
    worker->out_next = d->dispatch + 1;
    if (large) {
        batch_add_run(&worker->out, d->client, NULL, WIRE_SECOND_FRAME);
        out_send_with(b, worker, d->payload);
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
    meta_pair_int(w, KEY_CANCEL_GRACE_MS, d->grace_ms);
    say(b, worker, WIRE_CANCEL, 0, d->dispatch, d->mode, w);
}

/* The pair 16 of a SETUP or CLOSE. */
static void put_call(struct broker *b,
                     struct meta_writer *w,
                     struct payload_ref call)
{
    meta_put_uint(w, KEY_SETUP_CALL);
    meta_put_raw(w, payload_data(&b->payloads, call), call.len);
}

/* No memory for the message: the worker is not asked. */
static void order_failed(struct broker *b, const struct decision *d)
{
    static const char why[] = "the broker has no memory to ask the worker";
    struct payload_ref text = {
        payload_copy(&b->payloads, why, sizeof why - 1, 1), 0, 0};

    text.len = text.block ? sizeof why - 1 : 0;
    log_line(LOG_ERROR, "%s", why);
    b->has_lost = true;
    sched_request_done(b->sched, b->now, d->worker, d->request, PAR_INTERNAL,
                       text);
}

/* Whose it is, in words that say nothing else: what a worker keeps warm while
 * it has no broker is for them alone, whichever broker it comes back to.  A
 * broker without a key is none that it could know again. */
static void put_owner(struct broker *b,
                      struct meta_writer *w,
                      const struct computation *c)
{
    char text[KEY_TEXT + KEY_NAME];
    struct digest owner;

    snprintf(text, sizeof text, "%s %s", b->public_key,
             peers_account_name(&b->peers, c->account));
    digest_of(&owner, text, strlen(text));
    meta_pair_bin(w, KEY_SETUP_OWNER, owner.bytes, sizeof owner.bytes);
}

static void order_setup(struct broker *b, const struct decision *d)
{
    struct peer *worker = peers_by_number(&b->peers, d->worker);
    struct computation *c = computations_by_target(&b->computations, d->target);
    struct meta_writer w = {0};
    struct batch out = {0};
    struct wire_header head = {
        .type = WIRE_SETUP, .id = d->request, .ref = d->target};
    uint8_t *frame = NULL;
    size_t len;

    if (!worker || !c)
        return;
    meta_put_map(&w,
                 (b->public_key[0] ? 1u : 0u) + (d->payload.block ? 1u : 0u));
    if (b->public_key[0])
        put_owner(b, &w, c);
    if (d->payload.block)
        put_call(b, &w, d->payload);
    batch_begin(&out, &head, w.data, w.len);
    batch_add_bare(&out, c->manifest, c->manifest_len);
    if (!w.failed)
        frame = batch_take(&out, &len);
    if (frame)
        out_send(b, worker, frame, len, NULL);
    else
        order_failed(b, d);
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
    meta_pair_int(&w, KEY_CLOSE_MODE, d->mode);
    if (w.failed)
        order_failed(b, d);
    else
        say(b, worker, WIRE_CLOSE, 0, d->request, d->target, &w);
    meta_writer_clear(&w);
}

/* ---- towards clients ---- */

static void tell_refused(struct broker *b, const struct decision *d)
{
    struct peer *client = peers_by_number(&b->peers, d->client);
    char text[PAR_ERROR_TEXT];

    if (!client)
        return;
    client->requests--;
    if (d->payload.block) {
        struct wire_header head = {.type = WIRE_ERROR,
                                   .flags = WIRE_FINAL,
                                   .id = d->run,
                                   .ref = (uint64_t)d->status};
        struct meta_writer w = {0};

        meta_put_map(&w, 1);
        meta_put_uint(&w, KEY_ANY_TEXT);
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
    client->requests--;
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
            answers_give(b, &d);
            payload_forget(&b->payloads, d.payload);
            payload_forget(&b->payloads, d.spent);
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
