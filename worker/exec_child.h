/* exec_child.h - from an order to a running process, or the step that failed
 *
 * For a keeper: a small, single-threaded process with all signals blocked and
 * handled by default, whose descriptors 0-2 are /dev/null.
 */
#ifndef PAR_WORKER_EXEC_CHILD_H
#define PAR_WORKER_EXEC_CHILD_H

#include "order.h"
#include "spawner.h"

/* Start it, in a process group of its own; order->fds are ours, above 4.
 * Fills in what there is to tell: KEEPER_STARTED and the pid; KEEPER_FAILED or
 * KEEPER_FULL, the error, and "exec ./prog: No such file" as its text.
 * Returns only when the program has been executed or has failed to be. */
void start(const struct keeper_order *order, struct keeper_event *e);

#endif
