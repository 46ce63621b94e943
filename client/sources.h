/* sources.h - the files of a computation, here */
#ifndef PAR_CLIENT_SOURCES_H
#define PAR_CLIENT_SOURCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <par/client.h>

#include "digest.h"

struct source {
    char *path; /* as the worker will see it */
    char *here; /* an absolute path on this host */
    int fd;     /* -1: opened when it is asked for */
    struct digest hash;
    uint64_t size;
    uint32_t mode;
};

struct sources {
    struct source *all;
    size_t count;
};

void sources_clear(struct sources *s);

/* Open and hash one; blocks for as long as the disk takes.  `keep` leaves it
 * open, for a file that may be removed or replaced meanwhile. */
int sources_add(struct sources *s,
                const char *path,
                const char *here,
                bool keep,
                struct par_error *err);

/* NULL if there is none with that hash. */
struct source *sources_find(const struct sources *s, const struct digest *hash);

/* Read `len` octets from `offset`.  Fails if the file has become another one
 * (EBUSY) or cannot be read. */
int source_read(const struct source *s,
                uint64_t offset,
                void *to,
                size_t len,
                struct par_error *err);

#endif
