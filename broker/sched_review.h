/* sched_review.h - targets where something changed, once a turn */
#ifndef PAR_BROKER_SCHED_REVIEW_H
#define PAR_BROKER_SCHED_REVIEW_H

#include "sched_state.h"

void review_targets(struct sched *s);

/* Orders whose time has come. */
void review_due(struct sched *s);

#endif
