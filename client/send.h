/* send.h - what leaves, and what becomes of it when the connection ends */
#ifndef PAR_CLIENT_SEND_H
#define PAR_CLIENT_SEND_H

#include <stddef.h>
#include <stdint.h>
#include <zmq.h>

#include <par/client.h>

#include "meta.h"
#include "wire.h"

/* Send a message: takes `frame`; moves from `second` if not NULL. */
int client_send(struct par_client *c,
                uint8_t *frame,
                size_t len,
                zmq_msg_t *second,
                struct par_error *err);

/* A message of a header, metadata and at most one bare item. */
int client_say(struct par_client *c,
               const struct wire_header *head,
               const struct meta_writer *meta,
               const void *item,
               size_t len,
               struct par_error *err);

/* Send the open batch, if there is one. */
int client_end_batch(struct par_client *c, struct par_error *err);

/* Send the open batch, and what waits in the outbox. */
void client_flush(struct par_client *c);

/* The connection has ended: everybody who waits is told. */
void client_lose(struct par_client *c, int code, const char *why);

void client_drop_outbox(struct par_client *c);

#endif
