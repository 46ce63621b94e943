/* carry.h - do what the scheduler decided */
#ifndef PAR_BROKER_CARRY_H
#define PAR_BROKER_CARRY_H

#include "engine.h"

/* All of it.  What is to be sent stands in batches then: see out.h. */
void carry_decisions(struct broker *b);

#endif
