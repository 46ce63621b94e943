/* sched_close.h - the end of computations: drained or terminated, then closed
 * at each worker, then retired
 */
#ifndef PAR_BROKER_SCHED_CLOSE_H
#define PAR_BROKER_SCHED_CLOSE_H

#include "sched_state.h"

/* Nobody holds it any more.  What is left to run are jobs that were detached,
 * and jobs of sessions that did not set it up: those may finish. */
void close_unheld(struct sched *s, uint32_t target);

/* Something changed at a target: close the sites whose jobs are through,
 * answer the CLOSEs that are done, retire it. */
void close_review(struct sched *s, uint32_t target);

/* The timer of a CLOSE has gone off: its patience with running jobs ends. */
void close_time(struct sched *s, struct order *o);

#endif
