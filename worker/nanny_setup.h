/* nanny_setup.h - SETUP: from a manifest to a slot that is ready */
#ifndef PAR_WORKER_NANNY_SETUP_H
#define PAR_WORKER_NANNY_SETUP_H

#include "engine.h"

void nanny_on_setup(struct nanny *n, const struct wire_msg *m);

/* Note down a SETUP or CLOSE with its call.  NULL (out of memory) is answered
 * already. */
struct comp_request *nanny_ask(struct nanny *n,
                               struct comp *c,
                               const struct wire_msg *m);

/* Go on with a computation that is not being closed, once a turn. */
void nanny_setup_step(struct nanny *n, struct comp *c);

/* The slot that served the first request is ready, or is not (text). */
void nanny_setup_done(struct nanny *n, struct comp *c, const char *text);

/* Its slots died too often: its runs go back. */
void nanny_comp_break(struct nanny *n, struct comp *c, const char *text);

/* The broker is gone: nobody knows it now. */
void nanny_comp_adrift(struct nanny *n, struct comp *c);

/* Find a seat for a slot that serves a request, and begin it. */
void nanny_setup_begin(struct nanny *n, struct comp *c);

#endif
