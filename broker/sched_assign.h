/* sched_assign.h - bring waiting jobs and workers with room together
 */
#ifndef PAR_SCHED_ASSIGN_H
#define PAR_SCHED_ASSIGN_H

#include "sched_state.h"

/* Assign all that can be.  The cost of one does not depend on how many jobs
 * wait, nor on the workers without room. */
void assign_jobs(struct sched *s);

#endif
