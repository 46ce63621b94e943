/* computations.h - what was set up: manifests, by content and by name
 *
 * A computation is known by its account and the hash of its manifest, and to
 * the scheduler by its target.  Until its files are all here it has none, and
 * SETUPs wait with it; handlers_files.c fetches the files.
 */
#ifndef PAR_BROKER_COMPUTATIONS_H
#define PAR_BROKER_COMPUTATIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "bundle.h"
#include "digest.h"
#include "idmap.h"
#include "list.h"
#include "payload.h"
#include "pool.h"
#include "sched.h"

enum {
    COMPUTATION_NAME = 129,
    COMPUTATIONS_MAX = 4096,       /* of an account */
    COMPUTATIONS_BYTES = 64 << 20, /* of its manifests */
    COMPUTATIONS_TABLE = 60 * 1024 /* octets of a table of functions */
};

struct computation_file {
    struct digest hash;
    uint64_t size;
};

struct computation {
    struct list node;
    uint32_t place;
    uint32_t account;
    uint32_t target; /* 0 while its files are on their way */
    struct digest identity;
    char name[COMPUTATION_NAME];
    char kind[16];
    uint8_t *manifest;
    size_t manifest_len;
    struct computation_file *files;
    size_t file_count;
    size_t needed;  /* files counted in blobs so far */
    uint8_t *table; /* the functions, as the first worker told them */
    size_t table_len;
    size_t fetching;     /* the first file that is not known to be whole */
    uint64_t transfer;   /* the BLOB-NEED for it; 0: none, or another's */
    struct list asked;   /* linked while there is a transfer, by age */
    uint32_t source;     /* the client it went to */
    uint64_t asked_at;   /* ms: when the next chunk of it was due from */
    uint64_t next_chunk; /* when that much is here, the next one is */
    uint64_t window_end; /* when that much is here, ask for more */
    struct list waiting; /* of waiting_setup */
};

/* A SETUP that waits for files. */
struct waiting_setup {
    struct list node;
    struct setup_order order; /* where points to `where`, or is NULL */
    char where[256];
};

struct computations {
    struct list all;   /* newest first */
    struct list asked; /* those with a transfer, the longest asked first */
    uint64_t last_transfer;
    struct pool pool;
    struct idmap by_target;
};

void computations_open(struct computations *c);
void computations_clear(struct computations *c);

struct computation *computations_find(const struct computations *c,
                                      uint32_t account,
                                      const struct digest *identity);
/* The newest of that name, set up and not in the making; NULL if none. */
struct computation *computations_by_name(const struct computations *c,
                                         uint32_t account,
                                         const char *name);
/* Of each job in a list: a look-up, where the others walk all. */
struct computation *computations_by_target(const struct computations *c,
                                           uint32_t target);
struct computation *computations_by_transfer(const struct computations *c,
                                             uint64_t transfer);

/* Has the account room for one more, with a manifest of `len` octets? */
bool computations_fit(const struct computations *c,
                      uint32_t account,
                      size_t len);

/* The path of its i-th file, for people; cut to fit. */
void computations_path(const struct computation *c,
                       size_t i,
                       char *to,
                       size_t size);

/* Keep a manifest that has been checked; its bytes are copied.  NULL if out of
 * memory. */
struct computation *computations_add(struct computations *c,
                                     uint32_t account,
                                     const struct bundle *bundle,
                                     const struct digest *identity,
                                     const void *manifest,
                                     size_t len);
/* It is the scheduler's target of this number, which is not 0. */
void computations_set_target(struct computations *c,
                             struct computation *it,
                             uint32_t target);

/* Keep what READY's metadata says under key 2: [[name, signature], ...].  Fails
 * if it is something else, too long to be told to a client, or not what another
 * worker has said: function numbers must mean the same to all. */
int computations_keep_table(struct computation *c,
                            const void *meta,
                            size_t len,
                            struct par_error *err);

/* A file that a computation which is set up has, and that computation. */
const struct computation_file *computations_file(
    const struct computations *c,
    const struct digest *hash,
    const struct computation **owner);
void computations_remove(struct computations *c, struct computation *it);

#endif
