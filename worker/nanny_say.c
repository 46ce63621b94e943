/* nanny_say.c - what is said to the broker, in the order in which it happens */
#include "config.h"

#include <string.h>

#include "engine.h"
#include "meta_keys.h"
#include "nanny_say.h"

/* results_f: an answer that cannot be sent would be a run that is never
 * answered, so the session ends instead: the broker then knows. */
void nanny_send_frame(void *nanny,
                      uint8_t *frame,
                      size_t len,
                      zmq_msg_t *second)
{
    struct nanny *n = nanny;

    if (frame)
        uplink_send(n->uplink, frame, len, second);
    else
        uplink_give_up(n->uplink, n->now);
}

void nanny_say(struct nanny *n,
               const struct wire_header *head,
               const struct meta_writer *meta,
               const void *data,
               size_t len)
{
    struct batch b = {0};
    uint8_t *frame = NULL;
    size_t frame_len = 0;

    results_flush(&n->results);
    batch_begin(&b, head, meta ? meta->data : NULL, meta ? meta->len : 0);
    if (data)
        batch_add_bare(&b, data, len);
    else
        b.head.count = head->count;
    if (!meta || !meta->failed)
        frame = batch_take(&b, &frame_len);
    batch_clear(&b);
    nanny_send_frame(n, frame, frame_len, NULL);
}

void nanny_say_error(
    struct nanny *n, uint64_t id, int status, bool final, const char *text)
{
    struct wire_header head = {.type = WIRE_ERROR,
                               .flags = final ? WIRE_FINAL : 0,
                               .id = id,
                               .ref = (uint64_t)status};
    struct meta_writer meta = {0};

    meta_put_map(&meta, 1);
    meta_put_uint(&meta, KEY_ANY_TEXT);
    meta_put_strn(&meta, text, strnlen(text, WORDS_MAX));
    nanny_say(n, &head, &meta, NULL, 0);
    meta_writer_clear(&meta);
}

void nanny_say_goodbye(struct nanny *n, enum wire_reason reason)
{
    struct wire_header head = {.type = WIRE_GOODBYE, .ref = reason};

    if (uplink_is_open(n->uplink))
        nanny_say(n, &head, NULL, NULL, 0);
}

void nanny_say_ready(struct nanny *n, struct comp *c, uint64_t id)
{
    struct wire_header head = {.type = WIRE_READY, .id = id, .ref = c->handle};
    struct meta_writer meta = {0};

    meta_put_map(&meta, 1);
    meta_put_uint(&meta, KEY_READY_FUNCTIONS);
    if (c->functions.len)
        meta_put_raw(&meta, c->functions.data, c->functions.len);
    else
        meta_put_array(&meta, 0);
    nanny_say(n, &head, &meta, NULL, 0);
    meta_writer_clear(&meta);
}
