/* nanny_watch.h - what a slot runs, and for how long */
#ifndef PAR_WORKER_NANNY_WATCH_H
#define PAR_WORKER_NANNY_WATCH_H

#include "engine.h"

void nanny_slot_check(struct nanny *n, struct seat *seat);

#endif
