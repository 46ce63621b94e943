/* reach.h - the names and addresses under which an endpoint is reached
 *
 * For known_brokers, and for tickets: what listens on every address is not
 * reached at 0.0.0.0.
 */
#ifndef PAR_BROKER_REACH_H
#define PAR_BROKER_REACH_H

#include <stdbool.h>

#include <par/error.h>

typedef int reach_f(void *context, const char *endpoint, struct par_error *err);

/* Hand every endpoint that leads to the tcp endpoint `bound` to `each`, until
 * that fails; those of this host alone are left out with `abroad`.  0 if
 * `bound` is of another transport. */
int reach_each(const char *bound,
               bool abroad,
               reach_f *each,
               void *context,
               struct par_error *err);

#endif
