/* sched_assign.h - bring waiting jobs and workers with room together */
#ifndef PAR_BROKER_SCHED_ASSIGN_H
#define PAR_BROKER_SCHED_ASSIGN_H

#include "sched_state.h"

/* Assign all that can be.  The cost of one does not depend on how many jobs
 * wait, nor on the workers without room. */
void assign_jobs(struct sched *s);

/* Is a slot free, somewhere, for a job of this demand?  Where only a set-up is
 * missing, that is begun, and the answer is no for now. */
bool assign_elsewhere(struct sched *s, const struct demand *d);

#endif
