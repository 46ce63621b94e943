/* blobs.h - files on their way from clients to workers, by content
 *
 * They lie in one unlinked temporary file: nothing is left behind however we
 * end, and however many there are, they cost one descriptor.  A blob belongs to
 * an account: another account that names its hash does not learn that it is
 * here.  Chunks arrive in order; the hash is taken as they do, and a blob is
 * whole only if it fits.  One that nobody needs any more stays until its room
 * is wanted: who sets the same up again sends nothing.
 */
#ifndef PAR_BROKER_BLOBS_H
#define PAR_BROKER_BLOBS_H

#include <stdbool.h>
#include <stdint.h>

#include <par/error.h>

#include "digest.h"

struct blobs;

/* `dir` is where they lie; at most `cap` octets in all and `share` for one
 * account, in blocks of 16 KiB.  `seed`: anything hard to guess.  NULL if out
 * of memory. */
struct blobs *blobs_create(const char *dir,
                           uint64_t cap,
                           uint64_t share,
                           uint64_t seed);
void blobs_destroy(struct blobs *b); /* NULL allowed */

enum blob_state { BLOB_NONE, BLOB_PART, BLOB_WHOLE };

enum blob_state blobs_state(const struct blobs *b,
                            uint32_t account,
                            const struct digest *hash);

/* Begin to keep a blob of `size` octets, or count one more who needs it.
 * What nobody needs makes room.  Fails with ENOSPC beyond the cap or the
 * account's share. */
int blobs_need(struct blobs *b,
               uint32_t account,
               const struct digest *hash,
               uint64_t size,
               struct par_error *err);

/* One less needs it.  After the last one it is idle, or gone if not whole. */
void blobs_drop(struct blobs *b, uint32_t account, const struct digest *hash);

/* It will come from somebody else: forget what is here, unless that is whole.
 * Whose octets were wrong is then never in doubt. */
void blobs_restart(struct blobs *b,
                   uint32_t account,
                   const struct digest *hash);

/* How much of it is here: where the next chunk must begin. */
uint64_t blobs_have(const struct blobs *b,
                    uint32_t account,
                    const struct digest *hash);

/* Take a chunk; what of it is here already is passed over.  Returns BLOB_PART,
 * BLOB_WHOLE (it is complete and its hash fits), or -1: it does not, or does
 * not belong there.  After octets that do not fit their hash, and after a full
 * disk, the blob starts over from nothing. */
int blobs_add(struct blobs *b,
              uint32_t account,
              const struct digest *hash,
              uint64_t offset,
              const void *data,
              size_t len,
              struct par_error *err);

/* Read up to `len` octets of a whole blob.  Returns how many; 0 past its end;
 * -1 if it is not here. */
ptrdiff_t blobs_read(const struct blobs *b,
                     uint32_t account,
                     const struct digest *hash,
                     uint64_t offset,
                     void *to,
                     size_t len);

/* Its size; 0 if it is not here. */
uint64_t blobs_size(const struct blobs *b,
                    uint32_t account,
                    const struct digest *hash);

/* Promised in all, idle ones included. */
uint64_t blobs_bytes(const struct blobs *b);

/* Nobody needs any.  For tests. */
bool blobs_are_idle(const struct blobs *b);

#endif
