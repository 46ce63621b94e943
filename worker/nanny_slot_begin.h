/* nanny_slot_begin.h - a slot is begun */
#ifndef PAR_WORKER_NANNY_SLOT_BEGIN_H
#define PAR_WORKER_NANNY_SLOT_BEGIN_H

#include "engine.h"

/* Start a slot in a seat that is empty; it serves the first request if
 * `for_request`.  Failing is settled by the turn. */
void nanny_slot_begin(struct nanny *n,
                      struct comp *c,
                      unsigned seat,
                      bool for_request);

/* The keeper of a seat, opened when it is first needed. */
int nanny_keeper(struct nanny *n, struct seat *seat, struct par_error *err);
void nanny_keeper_close(struct nanny *n, struct seat *seat);

/* A manifest's limits (NULL: none) for an order: up to BUNDLE_LIMITS + 1. */
size_t nanny_limits(const struct bundle *b, struct keeper_limit *limits);

/* A keeper that nobody uses has something to say. */
void nanny_keeper_idle(struct nanny *n, struct seat *seat);

/* Let go of all slots in nanny_destroy(). */
void nanny_slots_drop(struct nanny *n);

#endif
