/* send.c - what leaves, and what becomes of it when the connection ends */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "call.h"
#include "handle.h"
#include "line.h"
#include "meta_keys.h"
#include "request.h"
#include "send.h"

/* A message that waits until the socket is ours again. */
struct parcel {
    struct list node;
    uint8_t *frame;
    size_t len;
    zmq_msg_t second;
    bool has_second;
};

static void parcel_destroy(struct parcel *p)
{
    list_remove(&p->node);
    free(p->frame);
    if (p->has_second)
        zmq_msg_close(&p->second);
    free(p);
}

void client_drop_outbox(struct par_client *c)
{
    while (!list_is_empty(&c->outbox))
        parcel_destroy(LIST_ENTRY(c->outbox.next, struct parcel, node));
}

/* What is known of a job when its connection ends, as its result. */
static void last_word(const struct par_client *c,
                      const char *more,
                      struct run_outcome *o)
{
    struct meta_writer words = {0};
    const uint8_t *copy = NULL;
    char text[PAR_ERROR_TEXT + 64];

    snprintf(text, sizeof text, "%s; %s", c->trouble.text, more);
    meta_put_map(&words, 1);
    meta_pair_str(&words, KEY_ANY_TEXT, text);
    o->status = PAR_LOST;
    o->frame = words.failed ? NULL : frame_make(words.data, words.len, &copy);
    o->data = copy;
    o->len = o->frame ? words.len : 0;
    meta_writer_clear(&words);
}

/* Nobody else can answer the runs that are open. */
static void answer_open_runs(struct par_client *c)
{
    struct run_outcome never = {.executed = WIRE_NOT_EXECUTED};
    struct run_outcome maybe = {.executed = WIRE_MAYBE_EXECUTED};
    size_t cursor = 0;
    struct run *run;

    if (c->runs.open_count == 0)
        return;
    last_word(c, "this job was not sent", &never);
    last_word(c, "this job may have run", &maybe);
    while ((run = runs_next_open(&c->runs, &cursor))) {
        bool unsent = c->batch.head.count > 0 && run->id >= c->batch.head.id;

        runs_finish(&c->runs, run, unsent ? &never : &maybe);
    }
    frame_drop(never.frame);
    frame_drop(maybe.frame);
    line_tell(c);
}

void client_lose(struct par_client *c, int code, const char *why)
{
    par_fail(&c->trouble, code, "broker %s: %s", c->endpoint, why);
    line_end(c);
    c->next_try = 0;
    c->state = CLIENT_LOST;
    client_drop_outbox(c);
    answer_open_runs(c);
    batch_clear(&c->batch);
    for (struct list *n = c->requests.next; n != &c->requests; n = n->next) {
        struct request *q = LIST_ENTRY(n, struct request, node);

        q->status = -1;
        q->done = true;
    }
}

static int enqueue(struct par_client *c,
                   uint8_t *frame,
                   size_t len,
                   zmq_msg_t *second,
                   struct par_error *err)
{
    struct parcel *p = calloc(1, sizeof *p);

    if (!p) {
        free(frame);
        return par_fail(err, ENOMEM, "out of memory");
    }
    p->frame = frame;
    p->len = len;
    if (second) {
        zmq_msg_init(&p->second);
        zmq_msg_move(&p->second, second);
        p->has_second = true;
    }
    list_append(&c->outbox, &p->node);
    client_poke(c);
    return 0;
}

static int lost(struct par_client *c, struct par_error *err)
{
    return par_fail(err, c->trouble.code, "%s", c->trouble.text);
}

static int send_now(struct par_client *c,
                    uint8_t *frame,
                    size_t len,
                    zmq_msg_t *second,
                    struct par_error *err)
{
    if (link_client_send(c->link, frame, len, second) == 0) {
        line_sent(c);
        return 0;
    }
    client_lose(c, ECONNRESET, "the connection broke");
    return lost(c, err);
}

int client_send(struct par_client *c,
                uint8_t *frame,
                size_t len,
                zmq_msg_t *second,
                struct par_error *err)
{
    if (!frame)
        return par_fail(err, ENOMEM, "out of memory");
    if (!c->link || c->state == CLIENT_LOST) {
        free(frame);
        return lost(c, err);
    }
    if (c->polling)
        return enqueue(c, frame, len, second, err);
    return send_now(c, frame, len, second, err);
}

int client_say(struct par_client *c,
               const struct wire_header *head,
               const struct meta_writer *meta,
               const void *item,
               size_t len,
               struct par_error *err)
{
    struct batch b = {0};
    uint8_t *frame;
    size_t size;

    if (meta && meta->failed)
        return par_fail(err, ENOMEM, "out of memory");
    batch_begin(&b, head, meta ? meta->data : NULL, meta ? meta->len : 0);
    if (item)
        batch_add_bare(&b, item, len);
    frame = batch_take(&b, &size);
    batch_clear(&b);
    return client_send(c, frame, size, NULL, err);
}

/* A batch that cannot be made leaves its runs unsent: they are answered. */
static void answer_unsent(struct par_client *c)
{
    struct run_outcome o = {.status = PAR_INTERNAL,
                            .executed = WIRE_NOT_EXECUTED};

    for (uint64_t i = 0; i < c->batch.head.count; i++) {
        struct run *run = runs_find(&c->runs, c->batch.head.id + i);

        if (run && !run->done)
            runs_finish(&c->runs, run, &o);
    }
}

int client_end_batch(struct par_client *c, struct par_error *err)
{
    uint8_t *frame;
    size_t len;

    if (c->batch.head.count == 0)
        return 0;
    if (!batch_frame(&c->batch, &len))
        answer_unsent(c);
    frame = batch_take(&c->batch, &len);
    batch_clear(&c->batch);
    return client_send(c, frame, len, NULL, err);
}

void client_flush(struct par_client *c)
{
    while (c->link && !list_is_empty(&c->outbox)) {
        struct parcel *p = LIST_ENTRY(c->outbox.next, struct parcel, node);
        uint8_t *frame = p->frame;

        p->frame = NULL;
        list_remove(&p->node);
        send_now(c, frame, p->len, p->has_second ? &p->second : NULL, NULL);
        parcel_destroy(p);
    }
    client_end_batch(c, NULL);
}
