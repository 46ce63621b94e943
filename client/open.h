/* open.h - which broker, with which keys; the first word */
#ifndef PAR_CLIENT_OPEN_H
#define PAR_CLIENT_OPEN_H

#include <par/client.h>

#include "handle.h"

/* Settle the endpoint and the keys, and start a private broker if that is
 * it. */
int client_choose(struct par_client *c,
                  const char *broker,
                  const struct par_options *options,
                  struct par_error *err);

/* par_open() with somebody to tell what is waited for. */
struct par_client *client_open(const char *broker,
                               const struct par_options *options,
                               client_notice_f *notice,
                               void *notice_context,
                               struct par_error *err);

#endif
