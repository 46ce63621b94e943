/* stream.h - standard output and error of commands, and credit for their input
 */
#ifndef PAR_CLIENT_STREAM_H
#define PAR_CLIENT_STREAM_H

#include <par/client.h>

#include "link.h"
#include "wire.h"

struct flow;
struct run;

/* How far its streams have got; NULL if out of memory. */
struct flow *client_flow(struct run *run);

/* A STREAM has come: keep it for the caller's function. */
void client_stream_piece(struct par_client *c, struct link_msg *m);

/* A CREDIT for the input of a command has come. */
void client_stream_credit(struct par_client *c, const struct wire_msg *msg);

/* Hand out what was kept; the lock is released around each piece. */
void client_stream_deliver(struct par_client *c);

void client_stream_clear(struct par_client *c);

#endif
