/* out.c - take a batch and send it, or account for its loss
 *
 * Peers with a batch in the making are linked (peers.dirty), so the end of a
 * turn costs nothing for the others.
 */
#include "config.h"

#include "out.h"

#include <errno.h>
#include <stdlib.h>

#include "log.h"
#include "meta_keys.h"

/* Why a run ends that could not be sent; block 0 if even that is too much. */
static struct payload_ref words_of_loss(struct broker *b)
{
    struct meta_writer w = {0};
    struct payload_ref words = {0};

    meta_put_map(&w, 2);
    meta_pair_int(&w, KEY_ANY_EXECUTED, WIRE_NOT_EXECUTED);
    meta_pair_str(&w, KEY_ANY_TEXT,
                  "the broker has no memory to send it to a worker");
    if (!w.failed)
        words.block = payload_copy(&b->payloads, w.data, w.len, 1);
    words.len = words.block ? (uint32_t)w.len : 0;
    meta_writer_clear(&w);
    return words;
}

void out_break(struct broker *b, struct peer *peer)
{
    if (!peer->is_broken)
        log_line(LOG_ERROR, "out of memory for what session %u has to hear",
                 peer->number);
    peer->is_broken = true;
    b->has_lost = true;
}

/* There is no message of what was in this batch.  Its runs have not begun, and
 * never will.  A client that misses answers would wait for ever: it is cut off,
 * and knows that they are lost. */
static void lose(struct broker *b,
                 struct peer *peer,
                 const struct wire_header *head)
{
    if (head->type != WIRE_RUN) {
        out_break(b, peer);
        return;
    }
    log_line(LOG_ERROR, "out of memory: %u runs for session %u are lost",
             head->count, peer->number);
    b->has_lost = true;
    for (unsigned i = 0; i < head->count; i++) {
        struct job_outcome outcome = {.status = PAR_INTERNAL,
                                      .executed = WIRE_NOT_EXECUTED,
                                      .payload = words_of_loss(b)};

        if (!sched_result(b->sched, b->now, peer->number, head->id + i,
                          &outcome))
            payload_forget(&b->payloads, outcome.payload);
    }
}

/* The batch is over: its frame, or NULL after it was lost. */
static uint8_t *take(struct broker *b, struct peer *peer, size_t *len)
{
    struct wire_header head = peer->out.head;
    uint8_t *frame = batch_take(&peer->out, len);

    list_remove(&peer->dirty);
    peer->out.head.count = 0;
    if (!frame)
        lose(b, peer, &head);
    return frame;
}

static void post(struct broker *b,
                 struct peer *peer,
                 uint8_t *frame,
                 size_t len,
                 zmq_msg_t *second)
{
    peer->messages_out++;
    b->messages_out++;
    if (link_server_send(b->link, peer->conn, frame, len, second) == ENOMEM)
        out_break(b, peer);
}

void out_flush(struct broker *b, struct peer *peer)
{
    uint8_t *frame;
    size_t len;

    if (peer->out.head.count == 0)
        return;
    frame = take(b, peer, &len);
    if (frame)
        post(b, peer, frame, len, NULL);
}

void out_send(struct broker *b,
              struct peer *peer,
              uint8_t *frame,
              size_t len,
              zmq_msg_t *second)
{
    out_flush(b, peer);
    post(b, peer, frame, len, second);
}

void out_flush_all(struct broker *b)
{
    while (!list_is_empty(&b->peers.dirty))
        out_flush(b, LIST_ENTRY(b->peers.dirty.next, struct peer, dirty));
}

bool out_is_behind(const struct broker *b, const struct peer *peer)
{
    return link_server_unread(b->link, peer->conn) > PEER_BEHIND;
}

bool out_has_caught_up(const struct broker *b, const struct peer *peer)
{
    return link_server_unread(b->link, peer->conn) <= PEER_BEHIND / 2;
}

void out_waits(struct broker *b, struct peer *peer)
{
    peer->was_behind = true;
    if (list_is_empty(&peer->behind))
        list_append(&b->peers.behind, &peer->behind);
}

void out_open(struct broker *b,
              struct peer *peer,
              const struct wire_header *head,
              const void *meta,
              size_t meta_len)
{
    out_flush(b, peer);
    batch_begin(&peer->out, head, meta, meta_len);
    list_append(&b->peers.dirty, &peer->dirty);
}

void out_send_with(struct broker *b,
                   struct peer *peer,
                   struct payload_ref payload)
{
    struct wire_header head = peer->out.head;
    uint8_t *frame;
    size_t len;
    zmq_msg_t second;

    frame = take(b, peer, &len);
    if (!frame)
        return;
    if (payload_frame(&b->payloads, payload, &second)) {
        free(frame);
        lose(b, peer, &head);
        return;
    }
    post(b, peer, frame, len, &second);
    zmq_msg_close(&second);
}
