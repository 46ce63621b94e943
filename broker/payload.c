/* payload.c - blocks in a table, free ones chained through it */
#include "config.h"

#include "payload.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct payload_block {
    uint32_t count; /* 0: the block is free */
    union {
        uint32_t next;  /* of the free ones */
        uint32_t owner; /* 0: nobody */
    };
    uint32_t len;
    uint8_t *copy; /* NULL: the bytes are the frame's */
    zmq_msg_t frame;
};

static void release(struct payload_block *b)
{
    if (b->copy)
        free(b->copy);
    else
        zmq_msg_close(&b->frame);
    b->copy = NULL;
    b->count = 0;
}

void payload_clear(struct payload_store *s)
{
    for (uint32_t i = 1; i < s->size; i++)
        if (s->blocks[i].count)
            release(&s->blocks[i]);
    free(s->blocks);
    free(s->charges);
    memset(s, 0, sizeof *s);
}

/* The table grows into new memory, not by realloc(): a zmq_msg_t may only be
 * moved by zmq_msg_move(). */
static int grow(struct payload_store *s)
{
    uint32_t size = s->size ? s->size * 2 : 64;
    struct payload_block *b = calloc(size, sizeof *b);

    if (!b)
        return -1;
    for (uint32_t i = 1; i < s->size; i++) {
        b[i] = s->blocks[i];
        if (b[i].count && !b[i].copy) {
            zmq_msg_init(&b[i].frame);
            zmq_msg_move(&b[i].frame, &s->blocks[i].frame);
        }
    }
    for (uint32_t i = size; i-- > (s->size ? s->size : 1);) {
        b[i].next = s->free;
        s->free = i;
    }
    free(s->blocks);
    s->blocks = b;
    s->size = size;
    return 0;
}

static uint32_t claim(struct payload_store *s, size_t len, uint32_t count)
{
    uint32_t block;

    assert(count > 0);
    if (len > UINT32_MAX || (!s->free && grow(s)))
        return 0;
    block = s->free;
    s->free = s->blocks[block].next;
    s->blocks[block].count = count;
    s->blocks[block].owner = 0;
    s->blocks[block].len = (uint32_t)len;
    s->bytes += len;
    return block;
}

uint32_t payload_copy(struct payload_store *s,
                      const void *data,
                      size_t len,
                      uint32_t count)
{
    uint8_t *copy = malloc(len ? len : 1);
    uint32_t block = copy ? claim(s, len, count) : 0;

    if (!block) {
        free(copy);
        return 0;
    }
    if (len)
        memcpy(copy, data, len);
    s->blocks[block].copy = copy;
    return block;
}

uint32_t payload_move(struct payload_store *s, zmq_msg_t *msg, uint32_t count)
{
    uint32_t block = claim(s, zmq_msg_size(msg), count);

    if (!block)
        return 0;
    zmq_msg_init(&s->blocks[block].frame);
    zmq_msg_move(&s->blocks[block].frame, msg);
    return block;
}

uint32_t payload_take(struct payload_store *s, zmq_msg_t *msg)
{
    size_t len = zmq_msg_size(msg);

    if (len < PAYLOAD_MOVED_MIN)
        return payload_copy(s, zmq_msg_data(msg), len, 1);
    return payload_move(s, msg, 1);
}

static struct payload_block *find(const struct payload_store *s,
                                  struct payload_ref ref)
{
    struct payload_block *b;

    assert(ref.block > 0 && ref.block < s->size);
    b = &s->blocks[ref.block];
    assert(b->count > 0);
    assert((uint64_t)ref.offset + ref.len <= b->len);
    return b;
}

const uint8_t *payload_data(const struct payload_store *s,
                            struct payload_ref ref)
{
    static const uint8_t nothing[1];
    struct payload_block *b;

    if (!ref.block)
        return nothing;
    b = find(s, ref);
    return (b->copy ? b->copy : (uint8_t *)zmq_msg_data(&b->frame)) +
           ref.offset;
}

int payload_frame(struct payload_store *s,
                  struct payload_ref ref,
                  zmq_msg_t *msg)
{
    struct payload_block *b = find(s, ref);

    if (!b->copy && ref.offset == 0 && ref.len == b->len) {
        zmq_msg_init(msg);
        return zmq_msg_copy(msg, &b->frame);
    }
    if (zmq_msg_init_size(msg, ref.len))
        return -1;
    memcpy(zmq_msg_data(msg), payload_data(s, ref), ref.len);
    return 0;
}

static int more_owners(struct payload_store *s, uint32_t owner)
{
    uint32_t owners = s->owners ? s->owners : 8;
    uint64_t *charges;

    while (owners <= owner)
        owners *= 2;
    charges = realloc(s->charges, owners * sizeof *charges);
    if (!charges)
        return -1;
    memset(charges + s->owners, 0, (owners - s->owners) * sizeof *charges);
    s->charges = charges;
    s->owners = owners;
    return 0;
}

int payload_charge(struct payload_store *s, uint32_t block, uint32_t owner)
{
    struct payload_block *b = &s->blocks[block];

    assert(block > 0 && block < s->size && b->count > 0 && b->owner == 0);
    assert(owner > 0 && owner <= INT32_MAX);
    if (owner >= s->owners && more_owners(s, owner))
        return -1;
    b->owner = owner;
    s->charges[owner] += b->len;
    return 0;
}

uint64_t payload_charged(const struct payload_store *s, uint32_t owner)
{
    return owner < s->owners ? s->charges[owner] : 0;
}

struct payload_ref payload_keep(struct payload_store *s,
                                struct payload_ref ref,
                                uint32_t owner)
{
    struct payload_ref none = {0}, kept = {.len = ref.len};
    struct payload_block *b;

    if (!ref.block)
        return none;
    b = find(s, ref);
    if (ref.len == b->len && ref.len >= PAYLOAD_MOVED_MIN && !b->owner) {
        b->count++;
        kept.block = ref.block;
    } else {
        kept.block = payload_copy(s, payload_data(s, ref), ref.len, 1);
    }
    if (kept.block && payload_charge(s, kept.block, owner)) {
        payload_forget(s, kept);
        kept.block = 0;
    }
    return kept.block ? kept : none;
}

void payload_forget(struct payload_store *s, struct payload_ref ref)
{
    struct payload_block *b;

    if (!ref.block)
        return;
    b = find(s, ref);
    if (--b->count)
        return;
    s->bytes -= b->len;
    if (b->owner)
        s->charges[b->owner] -= b->len;
    release(b);
    b->next = s->free;
    s->free = ref.block;
}
