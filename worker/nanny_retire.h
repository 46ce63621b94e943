/* nanny_retire.h - a slot is told to end, or made to */
#ifndef PAR_WORKER_NANNY_RETIRE_H
#define PAR_WORKER_NANNY_RETIRE_H

#include "engine.h"

/* It broke the protocol: kill it, with what it did as the reason. */
void nanny_slot_mistrust(struct nanny *n, struct seat *seat, const char *what);

/* Let it end: `hooks` to run first (slot_close ...), with the call of `r`. */
void nanny_slot_retire(struct nanny *n,
                       struct seat *seat,
                       unsigned hooks,
                       const struct comp_request *r);
void nanny_slot_kill(struct nanny *n, struct seat *seat);

/* It has been told to: close its pipe. */
void nanny_slot_leave(struct nanny *n, struct seat *seat);

/* Its closing functions have failed: for whoever waits for CLOSE, or for the
 * log. */
void nanny_slot_close_failed(struct nanny *n,
                             struct seat *seat,
                             const char *text);

/* It has closed its pipe, and is given a moment to end. */
void nanny_slot_await(struct nanny *n, struct seat *seat);

#endif
