/* nanny_slot_runs.h - the runs in a slot's hands */
#ifndef PAR_WORKER_NANNY_SLOT_RUNS_H
#define PAR_WORKER_NANNY_SLOT_RUNS_H

#include "engine.h"

/* The run of that id in its hands, or NULL. */
struct run *nanny_slot_run(const struct live_slot *w, uint64_t id);

/* Does it say that it runs this one? */
bool nanny_slot_runs(const struct live_slot *w, const struct run *r);

/* Deliver a RESULT of its; false: it makes no sense. */
bool nanny_slot_results(struct nanny *n,
                        struct seat *seat,
                        const struct wire_msg *m);

/* The same with what lies in its outbox, if nothing that left before it is
 * still in the pipe: then later. */
enum slot_outbox { OUTBOX_TAKEN, OUTBOX_EARLY, OUTBOX_GARBAGE };
enum slot_outbox nanny_slot_collect(struct nanny *n, struct seat *seat);

/* Take back what has not begun: to the front of the queue. */
void nanny_slot_take_back(struct nanny *n, struct seat *seat);

#endif
