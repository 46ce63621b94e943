/* nanny_command.h - a command that runs, and its end */
#ifndef PAR_WORKER_NANNY_COMMAND_H
#define PAR_WORKER_NANNY_COMMAND_H

#include "engine.h"

void nanny_command_event(struct nanny *n, struct seat *seat, enum watch watch);
void nanny_command_check(struct nanny *n, struct seat *seat);
uint64_t nanny_command_deadline(const struct seat *seat);
struct comp *nanny_command_comp(const struct seat *seat);
void nanny_command_end(struct nanny *n,
                       struct seat *seat,
                       enum run_doom doom,
                       enum run_cancel how,
                       uint64_t grace_ms);
void nanny_command_destroy(struct nanny *n, struct seat *seat);

/* It never came to a process, and is answered. */
void nanny_command_refused(struct command *c);

/* Nor did it, but for want of room: its run waits again, unless nobody waits
 * for it. */
void nanny_command_unbegun(struct nanny *n, struct seat *seat, const char *why);

/* Nothing of it runs (any more): the turn answers it once its output is sent.
 */
void nanny_command_over(struct command *c);

#endif
