/* nanny_death.h - a slot's end is settled */
#ifndef PAR_WORKER_NANNY_DEATH_H
#define PAR_WORKER_NANNY_DEATH_H

#include "engine.h"

/* Nothing of it is left: settle its runs, empty its seat. */
void nanny_slot_over(struct nanny *n, struct seat *seat);

#endif
