/* environ.h - the environment of slots and commands
 *
 * User code does not see the worker's own environment: only a few names of
 * it, and what the manifest says.  All arrays are NULL-ended, strings and
 * arrays are the caller's to free with environ_free().
 */
#ifndef PAR_WORKER_ENVIRON_H
#define PAR_WORKER_ENVIRON_H

#include <stdint.h>

#include "bundle.h"

/* A growing array of NAME=VALUE; a failed allocation sticks. */
struct env {
    char **at;
    size_t used;
    size_t size;
    bool failed;
};

/* Set one; replaces an earlier value. */
void env_put(struct env *e, const char *name, const char *value);
/* All of a list of NAME=VALUE / of a manifest's map. */
void env_copy(struct env *e, char *const *from);
void env_pairs(struct env *e, struct meta_reader pairs, size_t count);
/* PAR_GPU=0,2 and the like, from a msgpack map {"gpu": "0,2"}; for gpu
 * CUDA_VISIBLE_DEVICES as well. */
void env_grants(struct env *e, const uint8_t *grants, size_t len);
/* The array, NULL if a step failed; e is empty then. */
char **env_take(struct env *e);

void environ_free(char **env); /* NULL is allowed */

/* The value of a name, or "". */
const char *environ_get(char *const *env, const char *name);

/* Those of `from` that user code may see: PATH HOME LANG USER and a few. */
char **environ_base(char *const *from);

/* What a slot gets: the base, the manifest's (NULL: none), PAR_SLOT_FD=3. */
char **environ_of_slot(char *const *base, const struct bundle *b);

#endif
