/* nanny_command_begin.h - a command is started */
#ifndef PAR_WORKER_NANNY_COMMAND_BEGIN_H
#define PAR_WORKER_NANNY_COMMAND_BEGIN_H

#include "engine.h"

void nanny_command_begin(struct nanny *n,
                         struct comp *c,
                         struct run *r,
                         struct seat *seat);

#endif
