/* wait.h - taking results */
#ifndef PAR_CLIENT_WAIT_H
#define PAR_CLIENT_WAIT_H

#include <stdbool.h>

#include <par/client.h>

#include "runs.h"

/* May its result be taken: has it ended, with all its output handed out? */
bool client_is_over(const struct run *run);

/* Of those that may be taken, the one that ended first; NULL: none may. */
struct run *client_first_over(const struct group *g);

/* How many results may be taken, of the jobs that no map owns. */
size_t client_count_over(const struct par_client *c);

/* Do input and output though no job is waited for, until there is news (or
 * client_wake(), or par_interrupt()). */
void client_idle(struct par_client *c);

/* End client_idle(), now or when it begins.  From any thread, without a lock:
 * the handle must not be closed meanwhile. */
void client_wake(struct par_client *c);

/* Move a result out of the table. */
void client_give(struct par_client *c,
                 struct run *run,
                 struct par_result *result);

#endif
