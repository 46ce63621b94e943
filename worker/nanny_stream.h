/* nanny_stream.h - a command's input and output */
#ifndef PAR_WORKER_NANNY_STREAM_H
#define PAR_WORKER_NANNY_STREAM_H

#include "engine.h"

void nanny_on_stream(struct nanny *n, const struct wire_msg *m);
void nanny_on_credit(struct nanny *n, const struct wire_msg *m);

/* It has been started: invite its input. */
void nanny_streams_begin(struct nanny *n, struct seat *seat);
void nanny_stream_event(struct nanny *n, struct seat *seat, enum watch watch);

/* Nothing of it runs: send what is left of its output.  True when all has
 * been sent. */
bool nanny_streams_settle(struct nanny *n, struct seat *seat);

#endif
