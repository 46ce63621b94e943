/* stream.c - output and errors of commands, and credit for their input */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "call.h"
#include "cancel.h"
#include "flow.h"
#include "handle.h"
#include "line.h"
#include "meta.h"
#include "meta_keys.h"
#include "send.h"
#include "stream.h"

enum { STREAM_IN = 0 };

static const char out_of_memory[] = "out of memory for what a job wrote";

/* What a job wrote, until the caller's function has seen it. */
struct piece {
    struct list node;
    uint64_t job;
    int stream;
    struct frame *frame;
    const void *data;
    size_t len;
    bool first_again; /* what was handed out before it counts no more */
    bool last;
    bool is_void; /* it was being handed out when its job began again */
};

struct flow *client_flow(struct run *run)
{
    if (!run->flow)
        run->flow = flow_create();
    return run->flow;
}

static void piece_destroy(struct piece *p)
{
    list_remove(&p->node);
    frame_drop(p->frame);
    free(p);
}

void client_stream_clear(struct par_client *c)
{
    while (!list_is_empty(&c->pieces))
        piece_destroy(LIST_ENTRY(c->pieces.next, struct piece, node));
}

/* Let the job write `len` octets more. */
static void say_credit(struct par_client *c,
                       struct run *run,
                       int stream,
                       size_t len)
{
    struct wire_header head = {.type = WIRE_CREDIT, .id = run->id};
    struct flow_side *side = &run->flow->out[stream - 1];
    struct meta_writer meta = {0};

    if (run->done || side->ended)
        return;
    /* Told at half, as every window. */
    side->consumed += len;
    if (side->granted - side->consumed > FLOW_WINDOW / 2)
        return;
    flow_grant(side, side->consumed + FLOW_WINDOW);
    meta_put_map(&meta, 2);
    meta_put_uint(&meta, KEY_CREDIT_GRANTS);
    meta_put_array(&meta, 1);
    meta_put_array(&meta, 3);
    meta_put_uint(&meta, CREDIT_STREAM);
    meta_put_uint(&meta, side->granted); /* items: not looked at */
    meta_put_uint(&meta, side->granted);
    meta_pair_int(&meta, KEY_CREDIT_STREAM, stream);
    client_say(c, &head, &meta, NULL, 0, NULL);
    meta_writer_clear(&meta);
}

/* What the attempt before wrote counts no more. */
static void begin_again(struct par_client *c, struct run *run, int stream)
{
    struct list *next;

    flow_begin(&run->flow->out[stream - 1]);
    for (struct list *n = c->pieces.next; n != &c->pieces; n = next) {
        struct piece *p = LIST_ENTRY(n, struct piece, node);

        next = n->next;
        if (p->job != run->id || p->stream != stream)
            continue;
        if (c->delivering && p->node.prev == &c->pieces) {
            p->is_void = true;
        } else {
            run->flow->pending--;
            piece_destroy(p);
        }
    }
}

/* Keep what has come.  NULL if out of memory. */
static struct piece *piece_create(struct link_msg *m, int stream)
{
    struct piece *p = calloc(1, sizeof *p);

    if (!p)
        return NULL;
    p->frame = frame_take(m);
    if (!p->frame) {
        free(p);
        return NULL;
    }
    p->job = m->wire.head.id;
    p->stream = stream;
    p->data = m->wire.items;
    p->len = m->wire.items_len;
    p->last = m->wire.head.flags & WIRE_FINAL;
    return p;
}

/* What is wrong with it; NULL: nothing. */
static const char *refusal(struct flow_side *side, const struct wire_msg *msg)
{
    if (msg->head.ref != side->used)
        return "output of a job is missing";
    if (!flow_use(side, msg->items_len) || side->ended)
        return "it sent more output than was granted";
    return NULL;
}

void client_stream_piece(struct par_client *c, struct link_msg *m)
{
    int64_t stream =
        meta_int(m->wire.meta, m->wire.head.meta_len, KEY_STREAM_NUMBER, -1);
    struct run *run = runs_find(&c->runs, m->wire.head.id);
    struct flow_side *side;
    struct piece *p = NULL;
    const char *why;
    bool again;

    if (!run || run->done || (stream != FLOW_OUT && stream != FLOW_ERR))
        return;
    if (!client_flow(run)) {
        client_lose(c, ENOMEM, out_of_memory);
        return;
    }
    side = &run->flow->out[stream - 1];
    /* The job is run again: a stream has one beginning, and one end. */
    again = m->wire.head.ref == 0 && (side->used > 0 || side->ended);
    if (again)
        begin_again(c, run, (int)stream);
    why = refusal(side, &m->wire);
    if (!why)
        p = piece_create(m, (int)stream);
    /* Better no broker than output with a hole in it. */
    if (!p) {
        client_lose(c, why ? EPROTO : ENOMEM, why ? why : out_of_memory);
        return;
    }
    p->first_again = again;
    side->ended = p->last;
    list_append(&c->pieces, &p->node);
    run->flow->pending++;
}

/* Without the lock: the caller's functions may call us. */
static int call_out(struct par_client *c, const struct piece *p)
{
    par_stream_f *on = c->on_stream;
    void *context = c->on_stream_context;
    par_restart_f *on_restart = c->on_restart;
    void *restart_context = c->on_restart_context;
    int rc = 0;

    pthread_mutex_unlock(&c->lock);
    if (p->first_again && on_restart)
        on_restart(restart_context, p->job, p->stream);
    if (on && p->len > 0)
        rc = on(context, p->job, p->stream, p->data, p->len);
    if (on && p->last && rc >= 0)
        rc = on(context, p->job, p->stream, NULL, 0);
    pthread_mutex_lock(&c->lock);
    return rc;
}

/* Hand one piece out. */
static void deliver(struct par_client *c, struct piece *p)
{
    struct run *run;
    int rc = 0;

    if (c->on_stream || c->on_restart)
        rc = call_out(c, p);
    run = runs_find(&c->runs, p->job);
    if (!run)
        return;
    if (run->flow) {
        run->flow->pending--;
        if (!p->is_void)
            say_credit(c, run, p->stream, p->len);
        if (run->done && run->flow->pending == 0)
            line_tell(c);
    }
    if (rc < 0)
        client_cancel(c, p->job, PAR_AS_THE_JOB_SAYS, NULL);
}

void client_stream_deliver(struct par_client *c)
{
    if (c->delivering)
        return;
    c->delivering = true;
    while (!list_is_empty(&c->pieces)) {
        struct piece *p = LIST_ENTRY(c->pieces.next, struct piece, node);

        deliver(c, p);
        piece_destroy(p);
        /* A result that waited for this piece may be taken now. */
        if (c->waiting > 0)
            pthread_cond_broadcast(&c->news);
        client_poke(c);
    }
    c->delivering = false;
}

void par_on_stream(struct par_client *c, par_stream_f *on, void *context)
{
    if (client_enter(c, NULL))
        return;
    c->on_stream = on;
    c->on_stream_context = context;
    client_leave(c);
}

void par_on_restart(struct par_client *c, par_restart_f *on, void *context)
{
    if (client_enter(c, NULL))
        return;
    c->on_restart = on;
    c->on_restart_context = context;
    client_leave(c);
}

void client_stream_credit(struct par_client *c, const struct wire_msg *msg)
{
    const uint8_t *meta = msg->meta;
    size_t len = msg->head.meta_len;
    struct run *run = runs_find(&c->runs, msg->head.id);
    struct meta_value v;
    struct meta_reader r;

    if (!run || run->done || !client_flow(run) ||
        meta_int(meta, len, KEY_CREDIT_STREAM, STREAM_IN) != STREAM_IN ||
        !meta_find(meta, len, KEY_CREDIT_GRANTS, &v, &r) ||
        v.kind != META_ARRAY || !meta_next(&r, &v) || v.kind != META_ARRAY ||
        v.len < 3)
        return;
    for (int i = 0; i < 3; i++)
        if (!meta_next(&r, &v) || v.kind != META_INT || v.i < 0)
            return;
    if (v.u > run->flow->in.granted)
        run->flow->in.granted = v.u;
}
