/* worker.h - what parworker asks of the loop besides par/worker.h */
#ifndef PAR_WORKER_WORKER_H
#define PAR_WORKER_WORKER_H

#include <par/worker.h>

/* Called from the loop each time a broker has welcomed the worker. */
typedef void worker_ready_f(const char *name, unsigned slots);
void worker_on_ready(struct par_worker *worker, worker_ready_f *ready);

#endif
