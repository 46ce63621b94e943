/* nanny_dispatch.h - which slot gets what */
#ifndef PAR_WORKER_NANNY_DISPATCH_H
#define PAR_WORKER_NANNY_DISPATCH_H

#include "engine.h"

void nanny_dispatch(struct nanny *n);

#endif
