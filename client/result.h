/* result.h - what parctl asks of a result besides its public face */
#ifndef PAR_CLIENT_RESULT_H
#define PAR_CLIENT_RESULT_H

#include <stdbool.h>

#include <par/client.h>

/* False for a command that could not be started: its exit code (126, 127) is
 * ours, not its own. */
bool result_was_started(const struct par_result *r);

#endif
