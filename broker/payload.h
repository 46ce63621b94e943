/* payload.h - the bytes of jobs and results on their way through
 *
 * A block holds the items of one message: copied once (small items, so that
 * one of them does not pin the network's buffer), or the frame itself, moved.
 * Its count says how many payloads of it are still needed.  The scheduler
 * moves references; only here is it known where the bytes are, and nobody
 * reads them.
 */
#ifndef PAR_PAYLOAD_H
#define PAR_PAYLOAD_H

#include <stddef.h>
#include <stdint.h>
#include <zmq.h>

#include "sched.h"

/* All zero is an empty store. */
struct payload_store {
    struct payload_block *blocks;
    uint32_t size;
    uint32_t free;  /* the first free block, 0 if none */
    uint64_t bytes; /* held in all */
};

void payload_clear(struct payload_store *s);

/* A block with a copy of the bytes, or with the frame (moved out of msg, which
 * is left empty).  `count` payloads refer to it.  Returns its number, 0 if out
 * of memory. */
uint32_t payload_copy(struct payload_store *s,
                      const void *data,
                      size_t len,
                      uint32_t count);
uint32_t payload_move(struct payload_store *s, zmq_msg_t *msg, uint32_t count);

/* The bytes of one payload; valid until it is forgotten. */
const uint8_t *payload_data(const struct payload_store *s,
                            struct payload_ref ref);

/* The whole block as a frame that shares its memory, for a payload that fills
 * its block.  `msg` is initialised.  Returns -1 if out of memory. */
int payload_frame(struct payload_store *s,
                  struct payload_ref ref,
                  zmq_msg_t *msg);

/* One more needs this payload. */
void payload_retain(struct payload_store *s, struct payload_ref ref);

/* One payload less; the last one frees the block.  Block 0 is no payload. */
void payload_forget(struct payload_store *s, struct payload_ref ref);

#endif
