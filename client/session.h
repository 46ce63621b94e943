/* session.h - from an endpoint to a session: keys, HELLO, WELCOME */
#ifndef PAR_CLIENT_SESSION_H
#define PAR_CLIENT_SESSION_H

#include <stdint.h>

#include <par/client.h>

#include "link.h"
#include "wire.h"

/* Open the socket, or note when to look for the broker's key again. */
void client_try(struct par_client *c, uint64_t now);

/* What the link says has happened to the connection. */
void client_link_event(struct par_client *c, enum link_event event);

/* The broker does not know us: lose it, with the words that mend that. */
void client_refused(struct par_client *c);

/* The broker has welcomed us. */
void client_welcomed(struct par_client *c, const struct wire_msg *msg);

#endif
