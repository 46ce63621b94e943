/* cache.h - files by content, kept between computations and between starts
 *
 *   DIR/objects/HASH   a file whose BLAKE2b-256 is HASH
 *   DIR/built/KEY      names the object that was compiled from KEY
 *   DIR/tmp/           files on their way in
 *
 * Several workers may share a folder: a file comes in by rename, whole or not
 * at all, and its octets are checked again whenever they are used, so a file
 * that somebody changed is thrown away and fetched again.  Beyond the cap the
 * files that were not used for longest go.
 */
#ifndef PAR_WORKER_CACHE_H
#define PAR_WORKER_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include <par/error.h>

#include "digest.h"

#define CACHE_CAP (UINT64_C(2) << 30)

/* Files used within so many seconds are never removed: somebody is setting
 * up with them. */
enum { CACHE_FRESH_S = 60, CACHE_STALE_TMP_S = 3600 };

struct cache;

/* Makes the folders if missing, 0700.  NULL on failure. */
struct cache *cache_open(const char *dir, uint64_t cap, struct par_error *err);
void cache_close(struct cache *c); /* NULL is allowed */

/* Make it anew, empty, if somebody has removed its folders meanwhile. */
void cache_mend(struct cache *c);

/* Is a file of this name and size there?  (Says nothing of its octets.) */
bool cache_has(const struct cache *c, const struct digest *d, uint64_t size);

/* ---- bringing a file in, piece by piece ---- */

struct cache_file;

struct cache_file *cache_begin(struct cache *c,
                               const struct digest *d,
                               uint64_t size,
                               struct par_error *err);

/* EFBIG: more than `size` octets. */
int cache_add(struct cache_file *f,
              const void *data,
              size_t len,
              struct par_error *err);

/* All has come: EILSEQ if it is not `size` octets with that hash; then, and
 * on every failure, nothing is left of it.  Frees f. */
int cache_finish(struct cache_file *f, struct par_error *err);
void cache_abandon(struct cache_file *f); /* NULL is allowed */

/* ---- the calls below may take as long as the disk does ---- */

/* Copy a file to `fd`, checking it on the way.  ENOENT: not there, or it was
 * spoilt and has been removed. */
int cache_copy(struct cache *c,
               const struct digest *d,
               uint64_t size,
               int fd,
               struct par_error *err);

/* Take in a finished file that `fd` reads, whatever its hash, which *d gets. */
int cache_take(struct cache *c,
               int fd,
               struct digest *d,
               uint64_t *size,
               struct par_error *err);

/* The object that was built from `key`: false if none is known. */
bool cache_built(struct cache *c,
                 const struct digest *key,
                 struct digest *d,
                 uint64_t *size);
int cache_note_built(struct cache *c,
                     const struct digest *key,
                     const struct digest *d,
                     struct par_error *err);

/* Remove what is beyond the cap.  `now_s`: seconds since 1970. */
int cache_trim(struct cache *c, int64_t now_s, struct par_error *err);

#endif
