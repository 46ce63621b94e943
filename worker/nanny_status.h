/* nanny_status.h - what a worker says of itself */
#ifndef PAR_WORKER_NANNY_STATUS_H
#define PAR_WORKER_NANNY_STATUS_H

#include "engine.h"

void nanny_on_status(struct nanny *n, struct link_msg *m);

#endif
