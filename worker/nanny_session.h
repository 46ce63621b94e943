/* nanny_session.h - the conversation with the broker */
#ifndef PAR_WORKER_NANNY_SESSION_H
#define PAR_WORKER_NANNY_SESSION_H

#include "engine.h"

void nanny_fail(struct nanny *n, const struct par_error *err);
void nanny_session_turn(struct nanny *n);

#endif
