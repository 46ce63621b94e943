/* cancel.h - asking for the end of jobs */
#ifndef PAR_CLIENT_CANCEL_H
#define PAR_CLIENT_CANCEL_H

#include <stdint.h>

#include <par/client.h>

#include "runs.h"

/* ENOENT if it has ended. */
int client_cancel(struct par_client *c,
                  uint64_t id,
                  enum par_cancel mode,
                  struct par_error *err);

/* Cancel what is open in the group and forget its results. */
void client_give_up(struct par_client *c, struct group *g);

#endif
