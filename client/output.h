/* output.h - the words of a failed set-up in full, for the thread that asked
 *
 * A compiler's output does not fit into struct par_error.
 */
#ifndef PAR_CLIENT_OUTPUT_H
#define PAR_CLIENT_OUTPUT_H

#include "handle.h"
#include "request.h"

void output_keep(const struct par_client *c, const struct request *q);
void output_forget(void); /* what this thread has kept */

#endif
