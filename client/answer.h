/* answer.h - waiting for the answer to a request */
#ifndef PAR_CLIENT_ANSWER_H
#define PAR_CLIENT_ANSWER_H

#include <stdint.h>

#include <par/client.h>

#include "request.h"

/* Wait for the answer until `deadline`.  Fails with the answer's error,
 * ETIMEDOUT or ECONNRESET. */
int answer_wait(struct par_client *c,
                struct request *q,
                uint64_t deadline,
                struct par_error *err);

#endif
