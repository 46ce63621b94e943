/* receive.h - what the broker says, and what becomes of it */
#ifndef PAR_CLIENT_RECEIVE_H
#define PAR_CLIENT_RECEIVE_H

#include <par/client.h>

#include "link.h"

/* One message, `m` stays the caller's; a handler may take its frame. */
void client_take(struct par_client *c, struct link_msg *m);

#endif
