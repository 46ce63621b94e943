/* sched_hold.h - what workers hold, and who has room for what */
#ifndef PAR_BROKER_SCHED_HOLD_H
#define PAR_BROKER_SCHED_HOLD_H

#include "sched_state.h"

/* Count a worker among those with room, as far as it has any; or not. */
void hold_open(struct sched *s, uint32_t worker);
void hold_shut(struct sched *s, uint32_t worker);

/* Has this worker, where the target is ready, room for a job of it now? */
bool hold_has_room(const struct sched *s,
                   uint32_t worker,
                   const struct demand *d);

/* A job out of the queue goes to a worker with room for it: the worker is
 * touched, the job has no dispatch id yet. */
void hold_take(struct sched *s, uint32_t job, uint32_t worker);

/* The worker is rid of it. */
void hold_give(struct sched *s, uint32_t job);

#endif
