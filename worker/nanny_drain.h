/* nanny_drain.h - the orderly end */
#ifndef PAR_WORKER_NANNY_DRAIN_H
#define PAR_WORKER_NANNY_DRAIN_H

#include "engine.h"

void nanny_drain_step(struct nanny *n);

#endif
