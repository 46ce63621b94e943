/* disk.h - two threads for what has to wait for a disk
 *
 * Hashing, copying and removing files never block the nanny's loop: it posts
 * work here, polls disk_fd() and takes what is finished.  Each lane has a
 * thread, started at its first post, and does its work in order; so files that
 * somebody waits for never wait for others to be removed.
 */
#ifndef PAR_WORKER_DISK_H
#define PAR_WORKER_DISK_H

#include <stdbool.h>
#include <stdint.h>

#include <par/error.h>

enum disk_lane {
    DISK_WANTED,  /* somebody waits for it */
    DISK_REMOVAL, /* nobody does, and it takes as long as there are files */
    DISK_LANES
};

/* One piece of work; lives inside something of its owner's. */
struct disk_work {
    /* In the thread: returns 0, or -1 with *err filled. */
    int (*run)(struct disk_work *w, struct par_error *err);
    /* In the owner's thread, when it has run: `result` is what it returned;
     * *err lies in w.
     * In disk_close(), if it never did: ECANCELED. */
    void (*done)(struct disk_work *w, int result, const struct par_error *err);
    struct disk_work *next; /* disk's */
    int result;
    struct par_error error;
};

struct disk;

struct disk *disk_open(struct par_error *err);

/* Waits for the work that is running; the rest is done() with ECANCELED.
 * NULL is allowed. */
void disk_close(struct disk *d);

/* Readable when disk_turn() has something to do. */
int disk_fd(const struct disk *d);

/* Never fails: where no thread can be had, the work fails with that reason
 * at the next disk_turn(). */
void disk_post(struct disk *d, enum disk_lane lane, struct disk_work *w);

/* Call done() of what has finished. */
void disk_turn(struct disk *d);

#endif
