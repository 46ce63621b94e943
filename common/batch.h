/* batch.h - one outgoing message in the making: header, metadata, items
 *
 * Whoever sends keeps one per receiver, adds items while its loop has work,
 * and takes the frame when the loop is about to sleep.  Nothing is copied
 * twice: items are written where they will be sent from.
 */
#ifndef PAR_COMMON_BATCH_H
#define PAR_COMMON_BATCH_H

#include "meta.h"
#include "wire.h"

struct batch {
    struct wire_header head;
    struct meta_writer frame; /* 28 octets, metadata, items */
    size_t usual; /* octets of the last one taken: the next gets room for as
                     many at once, instead of growing step by step */
};

void batch_clear(struct batch *b); /* frees */

/* Begin a message; what was in it is dropped.  `meta` may be NULL if meta_len
 * is 0.  head->count and head->meta_len are not looked at. */
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

/* True when no further item of `len` octets may join: there are too many, or
 * together they would be too long, or one of the two must be alone (a bare
 * item, and one over WIRE_PACKED_MAX).  An empty batch is never full. */
bool batch_is_full(const struct batch *b, size_t len);

/* The finished frame, header written; NULL if out of memory or if it would be
 * longer than the wire allows.  Owned by the batch until the next begin or
 * clear; more items may be added after. */
const uint8_t *batch_frame(struct batch *b, size_t *len);

/* The same with the memory handed over: the caller frees it, and the batch is
 * as after batch_clear(). */
uint8_t *batch_take(struct batch *b, size_t *len);

#endif
