/* batch.c - a frame that grows: header and metadata once, then items
 *
 * The counts in the header are filled in when the frame is taken.
 */
#include "config.h"

#include "batch.h"

#include <assert.h>
#include <string.h>

void batch_clear(struct batch *b)
{
    meta_writer_clear(&b->frame);
    b->head = (struct wire_header){0};
}

void batch_begin(struct batch *b,
                 const struct wire_header *head,
                 const void *meta,
                 size_t meta_len)
{
    meta_writer_reset(&b->frame);
    b->head = *head;
    b->head.count = 0;
    b->head.meta_len = (uint32_t)meta_len;
    if (meta_len > WIRE_META_MAX) {
        b->frame.failed = true;
        return;
    }
    meta_room(&b->frame, b->usual);
    /* The header is written last, when its count is known. */
    if (meta_room(&b->frame, WIRE_HEADER))
        b->frame.len += WIRE_HEADER;
    meta_put_raw(&b->frame, meta, meta_len);
}

/* Make room for an item and put its payload there, if it does not come in the
 * second frame.  Returns where the head goes, `head` octets; NULL if there is
 * no room. */
static uint8_t *add(struct batch *b,
                    size_t head,
                    const void *data,
                    uint32_t len)
{
    size_t payload = len == WIRE_SECOND_FRAME ? 0 : len;
    uint8_t *to;

    assert(b->head.count < WIRE_ITEMS_MAX);
    assert(len != WIRE_SECOND_FRAME || (!data && b->head.count == 0));
    b->head.count++;
    to = meta_room(&b->frame, head + payload);
    if (!to)
        return NULL;
    if (payload)
        memcpy(to + head, data, payload);
    b->frame.len += head + payload;
    if (b->frame.len > WIRE_FRAME_MAX)
        b->frame.failed = true;
    return to;
}

void batch_add_run(struct batch *b,
                   uint32_t origin,
                   const void *data,
                   uint32_t len)
{
    uint8_t *head = add(b, WIRE_RUN_ITEM, data, len);

    if (!head)
        return;
    wire_put_u32(head, origin);
    wire_put_u32(head + 4, len);
}

void batch_add_result(struct batch *b,
                      uint32_t index,
                      unsigned status,
                      unsigned executed,
                      uint32_t wall_us,
                      const void *data,
                      uint32_t len)
{
    uint8_t *head = add(b, WIRE_RESULT_ITEM, data, len);

    if (!head)
        return;
    wire_put_u32(head, index);
    wire_put_u16(head + 4, (uint16_t)status);
    head[6] = (uint8_t)executed;
    head[7] = 0;
    wire_put_u32(head + 8, wall_us);
    wire_put_u32(head + 12, len);
}

void batch_add_bare(struct batch *b, const void *data, size_t len)
{
    assert(b->head.count == 0);
    if (len > WIRE_ITEM_MAX)
        b->frame.failed = true;
    else
        add(b, 0, data, (uint32_t)len);
}

static size_t head_len(unsigned type)
{
    if (type == WIRE_RUN)
        return WIRE_RUN_ITEM;
    return type == WIRE_RESULT ? WIRE_RESULT_ITEM : 0;
}

/* Does it hold one item that wants to be alone: bare, or its payload in the
 * second frame?  That is what a len32 of all ones at the very end means; no
 * payload can look so, because there is none. */
static bool is_closed(const struct batch *b, size_t items_len)
{
    size_t head = head_len(b->head.type);

    if (head == 0)
        return true;
    return b->head.count == 1 && items_len == head &&
           wire_get_u32(b->frame.data + b->frame.len - 4) == WIRE_SECOND_FRAME;
}

bool batch_is_full(const struct batch *b, size_t len)
{
    size_t items_len;

    if (b->head.count == 0)
        return false;
    if (b->frame.failed)
        return true;
    items_len = b->frame.len - WIRE_HEADER - b->head.meta_len;
    return b->head.count == WIRE_ITEMS_MAX || len > WIRE_PACKED_MAX ||
           items_len + head_len(b->head.type) + len > WIRE_BATCH_BYTES ||
           is_closed(b, items_len);
}

const uint8_t *batch_frame(struct batch *b, size_t *len)
{
    if (b->frame.failed || b->frame.len < WIRE_HEADER)
        return NULL;
    wire_put_header(b->frame.data, &b->head);
    *len = b->frame.len;
    return b->frame.data;
}

uint8_t *batch_take(struct batch *b, size_t *len)
{
    uint8_t *frame;

    if (!batch_frame(b, len))
        return NULL;
    frame = b->frame.data;
    b->frame = (struct meta_writer){0};
    batch_clear(b);
    b->usual = *len;
    return frame;
}
