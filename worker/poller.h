/* poller.h - many descriptors behind one, with a tag each
 *
 * So that the loop which owns a nanny polls three things, however many slots
 * it has.  A descriptor that is closed does not leave by itself if the program
 * has forked: as long as a child holds a copy, the kernel goes on to report it.
 * So forget it first, or let poller_close() do both.
 */
#ifndef PAR_WORKER_POLLER_H
#define PAR_WORKER_POLLER_H

#include <stdbool.h>
#include <stdint.h>

#include <par/error.h>

/* Returns its descriptor, or -1. */
int poller_open(struct par_error *err);

/* What to wait for; both false: only for errors and the end.  To change it,
 * ask again.  Return -1 if the kernel refuses. */
int poller_watch(int poller, int fd, uint64_t tag, bool in, bool out);
void poller_forget(int poller, int fd);
void poller_close(int poller, int fd);

/* The tags of what is ready now: at most `size`. */
int poller_ready(int poller, uint64_t *tags, int size);

#endif
