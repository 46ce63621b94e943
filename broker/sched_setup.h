/* sched_setup.h - SETUPs of clients, until enough workers are ready */
#ifndef PAR_BROKER_SCHED_SETUP_H
#define PAR_BROKER_SCHED_SETUP_H

#include "sched_state.h"

/* Something changed at its target, or time passed: send what is to be sent,
 * answer if that can be. */
void setup_review(struct sched *s, struct order *o);

/* A worker of that host has left with its call half done: the next one of the
 * host runs it. */
void setup_call_lost(struct sched *s, struct order *o, const char *host);

#endif
