/* nanny_run.h - runs come, and end before their time */
#ifndef PAR_WORKER_NANNY_RUN_H
#define PAR_WORKER_NANNY_RUN_H

#include "engine.h"

void nanny_on_run(struct nanny *n, struct link_msg *m);
void nanny_on_cancel(struct nanny *n, const struct wire_msg *m);
void nanny_on_recall(struct nanny *n, const struct wire_msg *m);

/* End a run, wherever it is. */
void nanny_end_run(struct nanny *n,
                   struct run *r,
                   enum run_doom doom,
                   enum run_cancel how,
                   uint64_t grace_ms);

/* Kill all that runs for a computation (NULL: for any); what it had not begun
 * is in the queue then. */
void nanny_end_running(struct nanny *n, struct comp *c, enum run_doom doom);

/* Tell the broker what has not begun: RECALLED with id 0. */
void nanny_return_queued(struct nanny *n);

#endif
