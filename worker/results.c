/* results.c - one RESULT message in the making */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "results.h"

void results_clear(struct results *r)
{
    batch_clear(&r->batch);
    r->open = false;
}

void results_flush(struct results *r)
{
    uint8_t *frame;
    size_t len;

    if (!r->open)
        return;
    r->open = false;
    frame = batch_take(&r->batch, &len);
    r->send(r->owner, frame, len, NULL);
}

static void begin(struct results *r, uint64_t id)
{
    struct wire_header head = {.type = WIRE_RESULT, .id = id};

    batch_begin(&r->batch, &head, NULL, 0);
    r->open = true;
}

static void add(struct results *r,
                uint64_t id,
                const struct wire_item *item,
                const void *data,
                uint32_t len)
{
    batch_add_result(&r->batch, (uint32_t)(id - r->batch.head.id), item->status,
                     item->executed, item->wall_us, data, len);
}

/* A payload over WIRE_PACKED_MAX goes in a frame of its own, which the broker
 * passes on untouched. */
static void send_alone(struct results *r,
                       uint64_t id,
                       const struct wire_item *item)
{
    zmq_msg_t second;
    uint8_t *frame;
    size_t len;

    begin(r, id);
    r->open = false;
    if (zmq_msg_init_size(&second, item->len)) {
        zmq_msg_init(&second);
        r->send(r->owner, NULL, 0, &second);
        return;
    }
    memcpy(zmq_msg_data(&second), item->data, item->len);
    add(r, id, item, NULL, WIRE_SECOND_FRAME);
    frame = batch_take(&r->batch, &len);
    r->send(r->owner, frame, len, &second);
    zmq_msg_close(&second);
}

void results_add(struct results *r, uint64_t id, const struct wire_item *item)
{
    if (r->open &&
        (id < r->batch.head.id || id - r->batch.head.id > UINT32_MAX ||
         item->len > WIRE_PACKED_MAX || batch_is_full(&r->batch, item->len)))
        results_flush(r);
    if (item->len > WIRE_PACKED_MAX) {
        send_alone(r, id, item);
        return;
    }
    if (!r->open)
        begin(r, id);
    add(r, id, item, item->data, (uint32_t)item->len);
}
