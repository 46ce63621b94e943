/* beneath.h - files below a folder, and never anywhere else
 *
 * Names come from a manifest: relative, without `..`, `.`, empty parts or
 * NUL, and no symlink on the way, whoever planted it.
 */
#ifndef PAR_WORKER_BENEATH_H
#define PAR_WORKER_BENEATH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <par/error.h>

enum { BENEATH_NAME = 255, BENEATH_PATH = 4096 };

/* Create a file for writing below `folder`, with its missing folders (0700).
 * EEXIST if it is there.  Returns its descriptor, or -1. */
int beneath_create(int folder,
                   const char *path,
                   mode_t mode,
                   struct par_error *err);

/* Open one for reading: a regular file, ENOENT, ELOOP ... or -1. */
int beneath_open(int folder, const char *path, struct par_error *err);

#endif
