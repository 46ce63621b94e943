/* slot_send.c - what a slot says to its nanny
 *
 * It blocks: a slot has nothing to do while its nanny does not read.
 */
#include "config.h"

#include "slot_inside.h"

int slot_send_frame(struct slot *s,
                    const uint8_t *frame,
                    size_t len,
                    struct call *payload)
{
    const void *second = payload ? payload->out.data : NULL;
    size_t second_len = payload ? payload->out.len : 0;

    if (!frame ||
        pipe_write(s->pipe, frame, len, second, second_len, &s->error) != 0)
        return -1;
    return pipe_flush(s->pipe, PIPE_WAIT) < 0 ? -1 : 0;
}

int slot_send_results(struct slot *s)
{
    size_t len;
    const uint8_t *frame = page_frame(s->page, &len);

    if (!frame)
        return 0;
    if (slot_send_frame(s, frame, len, NULL) != 0)
        return -1;
    page_sent(s->page);
    return 0;
}

int slot_send_message(struct slot *s,
                      enum wire_type type,
                      const struct wire_header *to,
                      uint64_t ref,
                      const struct meta_writer *meta)
{
    struct wire_header head = {.type = (uint8_t)type, .id = to->id, .ref = ref};
    const uint8_t *frame;
    size_t len;

    batch_begin(&s->batch, &head, meta ? meta->data : NULL,
                meta ? meta->len : 0);
    frame = batch_frame(&s->batch, &len);
    if (slot_send_results(s) != 0)
        return -1;
    return slot_send_frame(s, frame, len, NULL);
}

int slot_send_failure(struct slot *s,
                      const struct wire_header *to,
                      uint64_t ref)
{
    call_explain(&s->call);
    return slot_send_message(s, WIRE_ERROR, to, ref, &s->call.out);
}
