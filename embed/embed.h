/* embed.h - a private broker and worker in one thread of this process
 *
 * Both are polled in one loop and talk over inproc; slots are processes all
 * the same.  Nothing is listened on outside, and nothing is left when it ends.
 */
#ifndef PAR_EMBED_EMBED_H
#define PAR_EMBED_EMBED_H

#include <stdbool.h>

#include <par/broker.h>
#include <par/error.h>
#include <par/worker.h>

struct embed;

struct embed_options {
    const struct par_broker_options *broker; /* NULL: private, inproc only */
    const struct par_worker_options *worker; /* NULL: no worker; of its strings
                                                libexec alone counts */
};

/* Start the thread; returns when the endpoints are bound and the worker is
 * registered, or has failed.  A worker that fails later is replaced. */
struct embed *embed_start(void *context,
                          const struct embed_options *options,
                          struct par_error *err);

/* The i-th endpoint; NULL past the end. */
const char *embed_endpoint(const struct embed *e, size_t i);
const char *embed_key(const struct embed *e);

/* End the thread.  A broker alone drains; with a worker, what runs is killed
 * and closing functions run.  What is left after drain_ms is killed.  NULL is
 * allowed. */
void embed_stop(struct embed *e, int drain_ms);

#endif
