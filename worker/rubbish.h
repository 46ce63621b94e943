/* rubbish.h - folders that nobody needs any more */
#ifndef PAR_WORKER_RUBBISH_H
#define PAR_WORKER_RUBBISH_H

struct disk;

/* Remove a folder with all that is in it, however long that takes, behind
 * what else is to be removed.  Nobody is told; what stays goes with the run
 * directory. */
void rubbish_remove(struct disk *d, const char *folder);

#endif
