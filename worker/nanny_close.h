/* nanny_close.h - CLOSE, and clients that are gone */
#ifndef PAR_WORKER_NANNY_CLOSE_H
#define PAR_WORKER_NANNY_CLOSE_H

#include "engine.h"

void nanny_on_close(struct nanny *n, const struct wire_msg *m);
void nanny_close_step(struct nanny *n, struct comp *c);
void nanny_close_comp(struct nanny *n, struct comp *c); /* on our own */
void nanny_client_gone(struct nanny *n, uint32_t origin);
void nanny_clients_gone(struct nanny *n); /* all of them */

#endif
