/* exec_child.h - from an order to a running process, or the step that failed
 *
 * For a keeper: a small, single-threaded process with all signals blocked and
 * handled by default, whose descriptors 0-2 are /dev/null.
 */
#ifndef PAR_WORKER_EXEC_CHILD_H
#define PAR_WORKER_EXEC_CHILD_H

#include <stddef.h>
#include <sys/types.h>

#include "order.h"

/* Start it, in a process group of its own; order->fds are ours, above 4.
 * Returns the pid; or -1, with errno and "exec ./prog: No such file" in text.
 * Returns only when the program has been executed or has failed to be. */
pid_t start(const struct keeper_order *order, char *text, size_t size);

#endif
