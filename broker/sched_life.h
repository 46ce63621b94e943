/* sched_life.h - what becomes of a job when an attempt is over or time is up */
#ifndef PAR_BROKER_SCHED_LIFE_H
#define PAR_BROKER_SCHED_LIFE_H

#include "sched_end.h"

/* Set the timer to what its state and its rules ask for. */
void life_set_timer(struct sched *s, uint32_t job);

/* Its timer has gone off: expire it, or let the next attempt begin. */
void life_time(struct sched *s, uint32_t job);

/* A held job, of which its worker is rid already, surely has not started:
 * back into the queue. */
void life_return(struct sched *s, uint32_t job);

/* Likewise, but the attempt is over and it may have run: answer, or try
 * again if the job allows it. */
void life_attempt_over(struct sched *s,
                       uint32_t job,
                       const struct answer *answer);

#endif
