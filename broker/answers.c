/* answers.c - results in batches, with our words where a worker gave none
 *
 * An answer that is held keeps its payload, charged to its account; beyond what
 * that may keep the value is dropped, and the answer says so.
 */
#include "config.h"

#include "answers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "meta_keys.h"
#include "out.h"
#include "say.h"

/* Our own words of a failure: a map of the common keys. */
static void put_words(struct broker *b,
                      const struct decision *d,
                      const char *text)
{
    struct meta_writer *w = &b->words;

    meta_writer_reset(w);
    meta_put_map(w, 2u + (d->attempt > 0) + (d->worker > 0));
    meta_pair_int(w, KEY_ANY_EXECUTED, d->executed);
    meta_pair_str(w, KEY_ANY_TEXT, text);
    if (d->attempt > 0) /* else it was never given to a worker */
        meta_pair_int(w, KEY_ANY_ATTEMPT, d->attempt);
    if (d->worker > 0) {
        meta_put_str(w, FACT_WORKER);
        meta_put_str(w, sched_worker_name(b->sched, d->worker));
    }
}

/* "; WORKER: why its set-up failed", of the first one that said. */
static void add_failure(struct broker *b,
                        uint32_t target,
                        char *text,
                        size_t size)
{
    struct payload_ref words;
    uint32_t worker;
    size_t len = strlen(text);

    if (!sched_target_failure(b->sched, target, &worker, &words))
        return;
    snprintf(text + len, size - len, "; %s: %.*s",
             sched_worker_name(b->sched, worker),
             (int)(words.len < size ? words.len : size),
             (const char *)payload_data(&b->payloads, words));
}

static void fail_words(struct broker *b, const struct decision *d)
{
    char text[PAR_ERROR_TEXT];

    sched_reason(b->sched, d, text, sizeof text);
    if (d->target)
        add_failure(b, d->target, text, sizeof text);
    put_words(b, d, text);
}

void answers_count(struct broker *b, struct peer *client, uint32_t count)
{
    client->answered += count;
    if (peer_grant_runs(client))
        say_credit(b, client);
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

        out_open(b, client, &head, NULL, 0);
    }
    batch_add_result(&client->out, (uint32_t)(d->run - client->out.head.id),
                     (unsigned)d->status, d->executed, d->wall_us, data,
                     large ? WIRE_SECOND_FRAME : len);
    if (large)
        out_send_with(b, client, d->payload);
    credit_use(&client->results, 1, len);
    answers_count(b, client, 1);
}

static bool may_send(struct broker *b,
                     struct peer *client,
                     const struct decision *d)
{
    if (!credit_allows(&client->results, 1, d->payload.len, true))
        return false;
    if (!out_is_behind(b, client))
        return true;
    out_waits(b, client);
    return false;
}

/* What the payload of a result that waits will be: the worker's, unless the
 * account keeps too much already; else our words, now, because the names that
 * a reason quotes are gone after this turn. */
static struct payload_ref keep_result(struct broker *b,
                                      struct peer *client,
                                      struct decision *d)
{
    uint64_t held = payload_charged(&b->payloads, client->account);
    struct payload_ref kept = {0};

    if (d->status == PAR_OK && d->payload.len == 0)
        return kept;
    if (d->payload.block && held + d->payload.len <= b->limits.max_queued_bytes)
        kept = payload_keep(&b->payloads, d->payload, client->account);
    if (kept.block)
        return kept;
    if (d->status == PAR_OK)
        d->status = PAR_VALUE_LOST;
    if (d->payload.block)
        put_words(b, d,
                  "the value is dropped: results that wait for their client "
                  "are over max_queued_bytes");
    else
        fail_words(b, d);
    kept.block = payload_copy(&b->payloads, b->words.data, b->words.len, 1);
    kept.len = kept.block ? (uint32_t)b->words.len : 0;
    return kept;
}

static void hold(struct broker *b,
                 struct peer *client,
                 const struct decision *d)
{
    struct held_result *held = malloc(sizeof *held);

    if (!held) { /* better beyond the credit than lost */
        put_result(b, client, d);
        return;
    }
    held->decision = *d;
    held->decision.payload = keep_result(b, client, &held->decision);
    list_append(&client->held, &held->node);
    client->held_count++;
}

void answers_give(struct broker *b, const struct decision *d)
{
    struct peer *client = peers_by_number(&b->peers, d->client);

    if (!client)
        return;
    feeds_end(&client->feeds, d->run);
    if (list_is_empty(&client->held) && may_send(b, client, d))
        put_result(b, client, d);
    else
        hold(b, client, d);
}

void answers_drop(struct broker *b, struct peer *client)
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

void answers_go_on(struct broker *b, struct peer *client)
{
    while (!list_is_empty(&client->held)) {
        struct held_result *held =
            LIST_ENTRY(client->held.next, struct held_result, node);

        if (!may_send(b, client, &held->decision))
            return;
        put_result(b, client, &held->decision);
        payload_forget(&b->payloads, held->decision.payload);
        list_remove(&held->node);
        client->held_count--;
        free(held);
    }
}
