/* frame.c - a count of holders, in front of the octets or the messages */
#include "config.h"

#include "frame.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* A short message is copied: libzmq hands it out as a piece of its 8 KiB
 * receive buffer, which one untaken result would keep alive. */
enum { COPY_BELOW = 4096 };

struct frame {
    atomic_uint holders;
    zmq_msg_t first; /* both empty if the bytes are in `copy` */
    zmq_msg_t second;
    uint8_t copy[];
};

static struct frame *create(size_t len)
{
    struct frame *f = malloc(sizeof *f + len);

    if (!f)
        return NULL;
    atomic_init(&f->holders, 1);
    zmq_msg_init(&f->first);
    zmq_msg_init(&f->second);
    return f;
}

struct frame *frame_make(const void *data, size_t len, const uint8_t **copy)
{
    struct frame *f = create(len);

    if (!f)
        return NULL;
    memcpy(f->copy, data, len);
    *copy = f->copy;
    return f;
}

static const uint8_t *moved(const uint8_t *at,
                            const uint8_t *old_base,
                            const uint8_t *new_base)
{
    return at ? new_base + (at - old_base) : NULL;
}

struct frame *frame_take(struct link_msg *m)
{
    const uint8_t *old_base = zmq_msg_data(&m->first);
    const uint8_t *new_base;
    size_t len = zmq_msg_size(&m->first);
    bool copies = len < COPY_BELOW;
    struct frame *f = create(copies ? len : 0);

    if (!f)
        return NULL;
    if (copies) {
        memcpy(f->copy, old_base, len);
        new_base = f->copy;
    } else {
        zmq_msg_move(&f->first, &m->first);
        new_base = zmq_msg_data(&f->first);
    }
    m->wire.meta = moved(m->wire.meta, old_base, new_base);
    m->wire.items = moved(m->wire.items, old_base, new_base);
    if (m->wire.second) {
        /* A very short message lies inside zmq_msg_t itself. */
        zmq_msg_move(&f->second, &m->second);
        m->wire.second = zmq_msg_data(&f->second);
    }
    return f;
}

void frame_hold(struct frame *f)
{
    atomic_fetch_add_explicit(&f->holders, 1, memory_order_relaxed);
}

void frame_drop(struct frame *f)
{
    if (!f ||
        atomic_fetch_sub_explicit(&f->holders, 1, memory_order_acq_rel) != 1)
        return;
    zmq_msg_close(&f->first);
    zmq_msg_close(&f->second);
    free(f);
}
