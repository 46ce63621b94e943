/* nanny_slot.h - what a slot says, and what its process does */
#ifndef PAR_WORKER_NANNY_SLOT_H
#define PAR_WORKER_NANNY_SLOT_H

#include "engine.h"

void nanny_slot_event(struct nanny *n, struct seat *seat, enum watch watch);
void nanny_slot_flush(struct nanny *n, struct seat *seat);

#endif
