/* sched_setup.h - SETUPs of clients, until enough workers are ready */
#ifndef PAR_BROKER_SCHED_SETUP_H
#define PAR_BROKER_SCHED_SETUP_H

#include "sched_state.h"

/* Something changed at its target, or time passed: send what is to be sent,
 * answer if that can be. */
void setup_review(struct sched *s, struct order *o);

#endif
