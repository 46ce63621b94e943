/* nanny_starts.h - new slots wait while there is no room for them
 *
 * Processes, descriptors, and what may be on its way through a socket are
 * bounded.  A start that meets such a bound has not begun: it is no death of
 * its computation, and what it was for waits, as all other starts do.  Slots
 * and keepers that are there go on.
 */
#ifndef PAR_WORKER_NANNY_STARTS_H
#define PAR_WORKER_NANNY_STARTS_H

#include "engine.h"

/* Is it this that an error (an errno) of a start says? */
bool nanny_starts_bounded(int error);

/* A start met a bound; `why` is kept in n->starts, for the log and for those
 * who waited for it. */
void nanny_starts_hold(struct nanny *n, const char *why);

/* A process or thread was started. */
void nanny_starts_go(struct nanny *n);

/* Is nothing to be started now? */
bool nanny_starts_wait(const struct nanny *n);

/* Has none succeeded for so long that what waits should go elsewhere? */
bool nanny_starts_hopeless(const struct nanny *n);

/* When to try again; UINT64_MAX: nothing waits. */
uint64_t nanny_starts_deadline(const struct nanny *n);

#endif
