/* runs.c - batches of runs, and where each run is */
#include "config.h"

#include <stdlib.h>

#include <par/error.h>

#include "meta.h"
#include "meta_keys.h"
#include "runs.h"

enum { GRACE_MS = 500 };

/* The broker has refused what is not allowed; what still is not what we
 * expect counts as absent. */
static void read_terms(struct run_batch *b, const struct wire_msg *w)
{
    size_t len = w->head.meta_len;
    struct meta_value v;
    int64_t n;

    if (meta_find(w->meta, len, KEY_RUN_CLASS, &v, NULL) && meta_is(&v, "io"))
        b->class = SLOTS_IO;
    if (meta_find(w->meta, len, KEY_RUN_CANCEL, &v, NULL)) {
        if (meta_is(&v, "kill"))
            b->cancel = CANCEL_KILL;
        else if (meta_is(&v, "never"))
            b->cancel = CANCEL_NEVER;
    }
    n = meta_int(w->meta, len, KEY_RUN_TIMEOUT_MS, 0);
    b->timeout_ms = n > 0 ? (uint64_t)n : 0;
    n = meta_int(w->meta, len, KEY_RUN_GRACE_MS, GRACE_MS);
    b->grace_ms = n >= 0 ? (uint64_t)n : GRACE_MS;
    n = meta_int(w->meta, len, KEY_ANY_ATTEMPT, 1);
    b->attempt = n > 0 && n <= UINT32_MAX ? (uint32_t)n : 1;
    b->input = meta_bool(w->meta, len, KEY_RUN_INPUT, false);
}

/* The grants' own bytes, for handing on. */
static void find_grants(struct run_batch *b, const struct wire_msg *w)
{
    struct meta_reader r = meta_read(w->meta, w->head.meta_len);
    struct meta_value key;

    if (!meta_next(&r, &key) || key.kind != META_MAP)
        return;
    while (meta_next(&r, &key)) {
        const uint8_t *raw;
        size_t len;

        if (!meta_skip(&r, &raw, &len))
            return;
        if (key.kind == META_INT && key.i == KEY_RUN_GRANTS) {
            b->grants = raw;
            b->grants_len = len;
            return;
        }
    }
}

static void fill(struct run_batch *b, const struct wire_msg *w)
{
    struct wire_item item;
    size_t cursor = 0;

    for (uint32_t i = 0; i < b->count; i++) {
        struct run *r = &b->runs[i];

        list_init(&r->node);
        r->batch = b;
        r->place = i;
        if (!wire_next(w, &cursor, &item))
            continue;
        r->data = item.data;
        r->len = (uint32_t)item.len;
        r->origin = item.origin;
    }
}

struct run_batch *run_batch_create(struct link_msg *m)
{
    uint32_t count = m->wire.head.count;
    struct run_batch *b = calloc(1, sizeof *b + count * sizeof *b->runs);
    struct wire_msg w;

    if (!b)
        return NULL;
    zmq_msg_init(&b->first_frame);
    zmq_msg_init(&b->second_frame);
    zmq_msg_move(&b->first_frame, &m->first);
    zmq_msg_move(&b->second_frame, &m->second);
    list_init(&b->node);
    /* Its octets may have moved with it: look again. */
    if (wire_decode(&w, zmq_msg_data(&b->first_frame),
                    zmq_msg_size(&b->first_frame),
                    m->wire.second ? zmq_msg_data(&b->second_frame) : NULL,
                    zmq_msg_size(&b->second_frame)) != PAR_OK) {
        run_batch_destroy(b);
        return NULL;
    }
    b->first = w.head.id;
    b->count = b->open = count;
    b->handle = (uint32_t)(w.head.ref >> 32);
    b->function = (uint32_t)w.head.ref;
    read_terms(b, &w);
    find_grants(b, &w);
    fill(b, &w);
    return b;
}

void run_batch_destroy(struct run_batch *b)
{
    list_remove(&b->node);
    zmq_msg_close(&b->first_frame);
    zmq_msg_close(&b->second_frame);
    free(b);
}

struct run *run_batches_find(const struct list *batches, uint64_t id)
{
    for (struct list *n = batches->next; n != batches; n = n->next) {
        struct run_batch *b = LIST_ENTRY(n, struct run_batch, node);

        if (id >= b->first && id - b->first < b->count) {
            struct run *r = &b->runs[id - b->first];

            /* A former broker may have used the same number. */
            if (r->state != RUN_ANSWERED)
                return r;
        }
    }
    return NULL;
}
