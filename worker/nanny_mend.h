/* nanny_mend.h - files that somebody removed underfoot are fetched again */
#ifndef PAR_WORKER_NANNY_MEND_H
#define PAR_WORKER_NANNY_MEND_H

#include "engine.h"

/* Before something is started from a computation's files: are they still
 * there?  True: they are not, and are on their way again; what waits for a
 * slot goes on waiting. */
bool nanny_mend(struct nanny *n, struct comp *c);

#endif
