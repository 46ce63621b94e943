/* nanny_registered.h - functions that the program registers */
#ifndef PAR_WORKER_NANNY_REGISTERED_H
#define PAR_WORKER_NANNY_REGISTERED_H

#include "engine.h"

/* What SETUP without an object offers on a thread slot: what was registered,
 * or (`own`) the program's own functions.  Freed by the caller. */
struct slot_entry *nanny_entries(struct nanny *n,
                                 bool own,
                                 size_t *count,
                                 struct par_error *err);

/* Where in its slots' table is what the program registered? */
void nanny_find_offers(struct nanny *n, const struct comp *c);
void nanny_free_offers(struct nanny *n);

#endif
