/* manifest.h - a computation as SETUP carries it */
#ifndef PAR_CLIENT_MANIFEST_H
#define PAR_CLIENT_MANIFEST_H

#include <par/client.h>

#include "meta.h"
#include "sources.h"

/* A computation's manifest in the making, its files hashed. */
struct manifest {
    struct meta_writer bytes;
    struct sources sources;
    char name[129];
};

/* Check what is asked for, read the files, write the manifest.  Blocks for as
 * long as the disk takes, and needs no handle. */
int manifest_make(struct manifest *m,
                  const struct par_setup *setup,
                  struct par_error *err);
void manifest_clear(struct manifest *m);

#endif
