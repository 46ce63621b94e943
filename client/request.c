/* request.c - open questions by their number, and what has been answered */
#include "config.h"

#include "request.h"

#include <errno.h>
#include <string.h>

#include "handle.h"
#include "wire.h"

enum {
    WORDS = 8192 /* of it that are looked through */
};

void request_open(struct par_client *c, struct request *q)
{
    *q = (struct request){.id = c->next_id++};
    list_append(&c->requests, &q->node);
}

void request_close(struct request *q)
{
    list_remove(&q->node);
    meta_writer_clear(&q->meta);
    meta_writer_clear(&q->body);
}

struct request *request_find(const struct par_client *c, uint64_t id)
{
    for (const struct list *n = c->requests.next; n != &c->requests;
         n = n->next) {
        struct request *q = LIST_ENTRY(n, struct request, node);

        if (q->id == id)
            return q;
    }
    return NULL;
}

void request_answer(struct request *q, const struct wire_msg *msg)
{
    struct wire_item item;
    size_t cursor = 0;
    bool more =
        msg->head.type == WIRE_STATUS && !(msg->head.flags & WIRE_FINAL);

    if (q->done)
        return;
    q->ref = msg->head.ref;
    meta_writer_reset(&q->meta);
    meta_put_raw(&q->meta, msg->meta, msg->head.meta_len);
    if (msg->head.type == WIRE_ERROR) {
        q->status = msg->head.ref > 0 && msg->head.ref < 1000
                        ? (int)msg->head.ref
                        : PAR_INTERNAL;
    } else {
        while (wire_next(msg, &cursor, &item))
            meta_put_raw(&q->body, item.data, item.len);
    }
    q->done = !more;
}
