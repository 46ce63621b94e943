/* watch.h - say why nothing happens: a broker without workers
 *
 * A job for which there is no worker only waits.  After a second somebody
 * should say what for, and how to start one.
 */
#ifndef PAR_CLIENT_WATCH_H
#define PAR_CLIENT_WATCH_H

#include <par/client.h>

struct watch;

/* A thread that asks the broker once, after a second, and speaks on stderr if
 * it has no worker.  NULL if it could not be started: then nobody speaks. */
struct watch *watch_start(struct par_client *c);

/* NULL is allowed. */
void watch_stop(struct watch *w);

#endif
