/* batch.h - one outgoing message in the making: header, metadata, items
 *
 * Whoever sends keeps one per receiver, adds items while its loop has work,
 * and takes the frame when the loop is about to sleep.  Nothing is copied
 * twice: items are written where they will be sent from.
 */
#ifndef PAR_BATCH_H
#define PAR_BATCH_H

#include "meta.h"
#include "wire.h"

struct batch {
    struct wire_header head;
    struct meta_writer frame; /* 28 octets, metadata, items */
};

void batch_clear(struct batch *b); /* frees */

/* Begin a message; what was in it is dropped.  `meta` may be NULL. */
void batch_begin(struct batch *b,
                 const struct wire_header *head,
                 const void *meta,
                 size_t meta_len);

/* Append items.  data == NULL with len == WIRE_SECOND_FRAME announces the
 * payload in the second frame (then it must be the only item). */
void batch_add_run(struct batch *b,
                   uint32_t origin,
                   const void *data,
                   uint32_t len);
void batch_add_result(struct batch *b,
                      uint32_t index,
                      unsigned status,
                      unsigned executed,
                      uint32_t wall_us,
                      const void *data,
                      uint32_t len);
void batch_add_bare(struct batch *b, const void *data, size_t len);

/* True when no further item of `len` octets may join: too many, or too long. */
bool batch_is_full(const struct batch *b, size_t len);

/* The finished frame, header written; NULL if out of memory.  Owned by the
 * batch until the next begin or clear. */
const uint8_t *batch_frame(struct batch *b, size_t *len);

/* The same with the memory handed over: the caller frees it. */
uint8_t *batch_take(struct batch *b, size_t *len);

#endif
