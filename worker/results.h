/* results.h - answers on their way to the broker, many in a message
 *
 * They are gathered while the loop has work and sent when it is about to
 * sleep, or earlier when a message is full.  `send` takes a finished frame.
 */
#ifndef PAR_WORKER_RESULTS_H
#define PAR_WORKER_RESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zmq.h>

#include "batch.h"
#include "wire.h"

struct results {
    struct batch batch;
    bool open; /* it holds something */
    void *owner;
    /* Takes `frame` (NULL: out of memory); moves from `second` if not NULL. */
    void (*send)(void *owner, uint8_t *frame, size_t len, zmq_msg_t *second);
};

void results_clear(struct results *r); /* drops what is left, frees */

/* Answer the run `id` with what `item` says of status, executed, wall_us and
 * payload; its index does not count. */
void results_add(struct results *r, uint64_t id, const struct wire_item *item);

void results_flush(struct results *r);

#endif
