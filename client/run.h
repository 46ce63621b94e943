/* run.h - starting jobs */
#ifndef PAR_CLIENT_RUN_H
#define PAR_CLIENT_RUN_H

#include <stddef.h>

#include <par/client.h>

#include "meta.h"
#include "runs.h"

/* Put one job into the open batch.  Waits for credit as long as it
 * takes.  NULL on failure. */
struct run *client_run(struct par_client *c,
                       const struct par_function *function,
                       const struct meta_writer *options,
                       const void *payload,
                       size_t len,
                       struct group *group,
                       struct par_error *err);

/* Check the arguments against the function and write them as payload. */
int client_pack(struct par_client *c,
                const struct par_function *function,
                const struct par_value *args,
                size_t count,
                struct meta_writer *payload,
                struct par_error *err);

/* The metadata of RUN that these options and function ask for. */
int client_run_options(const struct par_function *function,
                       const struct par_run_options *options,
                       struct meta_writer *meta,
                       struct par_error *err);

#endif
