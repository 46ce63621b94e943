/* build.h - C source becomes an object, once per source, flags and compiler
 *
 * What runs the compiler is the nanny's (nanny_build.c); this says which one,
 * with which words, and under which key the result is kept.
 */
#ifndef PAR_WORKER_BUILD_H
#define PAR_WORKER_BUILD_H

#include <stdbool.h>
#include <stddef.h>

#include <par/error.h>

#include "bundle.h"
#include "cache.h"

enum {
    BUILD_PATH = 4096,
    BUILD_CPU_S = 60,       /* the compiler may use */
    BUILD_WALL_MS = 120000, /* and take */
};

#define BUILD_FSIZE (UINT64_C(256) << 20) /* octets of a file it writes */

/* Find cc, gcc or clang in `path` (as PATH is written).  ENOENT with what to
 * install. */
int build_compiler(const char *path,
                   char *compiler,
                   size_t size,
                   struct par_error *err);

/* The folder that has par/task.h: beside the running program, where Par was
 * installed, or where it was built. */
int build_include(char *folder, size_t size, struct par_error *err);

/* The compiler's words, to be run in the folder that has the files; freed by
 * build_words_free().  NULL if out of memory. */
char **build_words(const struct bundle *b,
                   const char *compiler,
                   const char *include,
                   const char *object);
void build_words_free(char **words);

/* ---- these may wait for the disk ---- */

/* Copy a finished object to `object`: *found says whether there was one.
 * `path` is where a compiler is looked for. */
int build_look(struct cache *cache,
               const struct bundle *b,
               const char *path,
               const char *object,
               bool *found,
               struct par_error *err);

/* Keep the one that was made. */
int build_keep(struct cache *cache,
               const struct bundle *b,
               const char *path,
               const char *object,
               struct par_error *err);

#endif
