/* nanny.h - the worker engine: one socket to the broker, many slots
 *
 * Glue: it owns the link, the spawner, the cache and the timers, and never
 * runs user code (thread slots do, in threads of their own).  It has no loop:
 * its owner polls what nanny_poll() names, at most until nanny_deadline(), and
 * calls nanny_turn().  So a parworker gives it a loop, and the embedded mode
 * puts broker and nanny in one.
 */
#ifndef PAR_WORKER_NANNY_H
#define PAR_WORKER_NANNY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zmq.h>

#include <par/error.h>
#include <par/worker.h>

struct nanny;

/* As par_worker_open(). */
struct nanny *nanny_create(const struct par_worker_options *options,
                           struct par_error *err);
void nanny_destroy(struct nanny *n); /* kills what is left; NULL allowed */

int nanny_register(struct nanny *n,
                   const char *path,
                   const char *signature,
                   par_function_f *function,
                   void *context,
                   struct par_error *err);

/* What to poll: fills up to `size` items, returns how many there are (call
 * again with more room if that is larger). */
size_t nanny_poll(struct nanny *n, zmq_pollitem_t *items, size_t size);
uint64_t nanny_deadline(const struct nanny *n);

/* Do all that can be done now, without blocking. */
void nanny_turn(struct nanny *n, uint64_t now);

enum nanny_state {
    NANNY_CONNECTING,
    NANNY_READY,    /* the broker has welcomed it */
    NANNY_DRAINING, /* takes no new work */
    NANNY_ENDED,    /* drained, or stopped */
    NANNY_FAILED    /* cannot go on: nanny_error() */
};
enum nanny_state nanny_state(const struct nanny *n);
const struct par_error *nanny_error(const struct nanny *n);
const char *nanny_name(const struct nanny *n);
unsigned nanny_slots(const struct nanny *n);

/* Drain: finish what runs, return what has not begun, say goodbye. */
void nanny_drain(struct nanny *n, uint64_t now);
/* The same at once: what runs is killed (each is answered), closing functions
 * run; it has ended 10 s later at the latest. */
void nanny_stop(struct nanny *n, uint64_t now);
/* Now: kill what runs (each is answered), say goodbye. */
void nanny_kill(struct nanny *n, uint64_t now);

#endif
