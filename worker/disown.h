/* disown.h - start a program as nobody's child
 *
 * A library must not be seen to have children: the program around it may wait
 * for all of its own, ignore SIGCHLD, or count what a handler reaps.
 */
#ifndef PAR_WORKER_DISOWN_H
#define PAR_WORKER_DISOWN_H

#include <stddef.h>

/* Start `path` with these arguments and our environment, in a session of its
 * own from its first instruction (Ctrl-C on our terminal must not reach it at
 * any moment) and with every signal blocked.  Its descriptors 0 to 2 are the
 * null device, and first + i is fds[i], for count of them: each at least first
 * + count, or -1 for none.  What else is open and not close-on-exec, it closes.
 *
 * Returns 0 when it runs, or an errno: then nothing was started.  Whoever
 * adopts orphans (pid 1, or a subreaper above us) is its parent.  Blocks for
 * about half a millisecond. */
int disown_start(const char *path,
                 char *const argv[],
                 const int *fds,
                 int first,
                 size_t count);

#endif
