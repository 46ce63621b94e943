/* connect.h - being connected */
#ifndef PAR_CLIENT_CONNECT_H
#define PAR_CLIENT_CONNECT_H

#include <stdbool.h>

#include <par/client.h>

/* Be connected, connecting (again) if need be; for connect_timeout at most. */
int client_connect(struct par_client *c, struct par_error *err);

/* Are we?  Without the lock. */
bool client_is_open(struct par_client *c);

/* client_enter(), and be connected. */
int client_begin(struct par_client *c, struct par_error *err);

#endif
