/* rundir.h - the folder of one worker's life, and those that the dead left
 *
 * parspawn removes the folder when all is over.  Where even that was killed
 * it stays, so the next worker clears it away: a folder that nobody holds a
 * lock on is nobody's.
 */
#ifndef PAR_WORKER_RUNDIR_H
#define PAR_WORKER_RUNDIR_H

#include <stddef.h>

#include <par/error.h>

struct disk;

enum {
    RUNDIR_PATH = 1024,
    RUNDIR_YOUNG_S = 60 /* a younger one may be about to be locked */
};

/* Make ROOF/run-XXXXXX, an absolute path in `path` (RUNDIR_PATH octets).
 * Returns a descriptor that holds it: close it at the end. */
int rundir_make(const char *roof, char *path, struct par_error *err);

/* Make it anew, empty, if somebody has removed it: `fd` then holds the new one,
 * under the same number. */
void rundir_mend(const char *path, int fd);

/* Remove what the dead left below a roof.  As long as the disk takes. */
void rundir_sweep(const char *roof);
/* The same by the disk thread, in the folder that `path` is in. */
void rundir_sweep_later(struct disk *disk, const char *path);

#endif
