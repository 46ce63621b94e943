/* nanny_command.h - what the parts of a nanny that run commands share
 *
 *   nanny_exec.c      begins one       nanny_stream.c   its input and output
 *   nanny_command.c   what happens to it, its end, its answer
 */
#ifndef PAR_NANNY_COMMAND_H
#define PAR_NANNY_COMMAND_H

#include "command.h"
#include "engine.h"

/* Nothing of it runs (any more): the turn answers it once its output is sent.
 */
void nanny_command_over(struct command *c);

/* It has been started: invite its input. */
void nanny_streams_begin(struct nanny *n, struct seat *seat);
void nanny_stream_event(struct nanny *n, struct seat *seat, enum watch watch);
/* Nothing of it runs: send what is left of its output.  True when all has
 * been sent. */
bool nanny_streams_settle(struct nanny *n, struct seat *seat);

#endif
