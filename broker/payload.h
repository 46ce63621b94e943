/* payload.h - the bytes of jobs and results on their way through
 *
 * A block holds the items of one message: copied once, or the frame itself,
 * moved.  Its count says how many payloads of it are still needed.  The
 * scheduler moves references; only here is it known where the bytes are, and
 * nobody reads them.
 *
 * A block is freed as a whole, so one small payload can keep a large block.
 * Whoever has to answer for the memory therefore owns blocks, not payloads:
 * an owner is charged with a block until that is freed.
 */
#ifndef PAR_BROKER_PAYLOAD_H
#define PAR_BROKER_PAYLOAD_H

#include <stddef.h>
#include <stdint.h>
#include <zmq.h>

#include "sched.h"

/* A frame up to this size may lie in the buffer in which libzmq received it
 * (8 KiB and its bookkeeping), and would keep all of that:
 * doc/decisions/005-payload-copies.md. */
enum { PAYLOAD_MOVED_MIN = 8 * 1024 + 1 };

/* All zero is an empty store. */
struct payload_store {
    struct payload_block *blocks;
    uint32_t size;
    uint32_t free;     /* the first free block, 0 if none */
    uint64_t bytes;    /* held in all */
    uint64_t *charges; /* of owner n: charges[n] */
    uint32_t owners;
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

/* The same for one payload that is a frame and stays for long: copied or
 * moved, so that it keeps no more than its bytes. */
uint32_t payload_take(struct payload_store *s, zmq_msg_t *msg);

/* The bytes of one payload; valid until it is forgotten. */
const uint8_t *payload_data(const struct payload_store *s,
                            struct payload_ref ref);

/* The whole block as a frame that shares its memory, for a payload that fills
 * its block.  `msg` is initialised.  Returns -1 if out of memory. */
int payload_frame(struct payload_store *s,
                  struct payload_ref ref,
                  zmq_msg_t *msg);

/* Keep a payload for long, for `owner`: a reference of its own, to be
 * forgotten once, that keeps no more than its bytes.  A reference to nothing
 * if out of memory, or if it is one. */
struct payload_ref payload_keep(struct payload_store *s,
                                struct payload_ref ref,
                                uint32_t owner);

/* Charge a block to an owner (small numbers, from 1) until it is freed.
 * Returns -1 if out of memory. */
int payload_charge(struct payload_store *s, uint32_t block, uint32_t owner);
uint64_t payload_charged(const struct payload_store *s, uint32_t owner);

/* One payload less; the last one frees the block.  Block 0 is no payload. */
void payload_forget(struct payload_store *s, struct payload_ref ref);

#endif
