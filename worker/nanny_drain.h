/* nanny_drain.h - the orderly end */
#ifndef PAR_NANNY_DRAIN_H
#define PAR_NANNY_DRAIN_H

#include "engine.h"

void nanny_say_goodbye(struct nanny *n, enum wire_reason reason);
void nanny_drain_step(struct nanny *n);

#endif
