/* output.h - the words of a failed set-up in full, for the thread that asked
 *
 * A compiler's output does not fit into struct par_error.
 */
#ifndef PAR_OUTPUT_H
#define PAR_OUTPUT_H

#include "handle.h"
#include "request.h"

void output_keep(struct par_client *c, const struct request *q);
void output_forget(struct par_client *c);
void output_clear(struct par_client *c); /* of all threads */

#endif
