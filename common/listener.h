/* listener.h - one endpoint on which a ROUTER listens
 *
 * The security of an endpoint is in the socket's options at the moment it is
 * bound; here they are set, for each anew.
 */
#ifndef PAR_COMMON_LISTENER_H
#define PAR_COMMON_LISTENER_H

#include <stdint.h>

#include <par/error.h>

#include "ipc.h"
#include "link.h"

struct listener {
    struct listener *next;
    char endpoint[LINK_ENDPOINT]; /* as bound */
    struct ipc ipc;               /* if its path is not "" */
};

/* As link_server_listen().  NULL on failure. */
struct listener *listener_open(void *router,
                               const char *endpoint,
                               const uint8_t *secret_key,
                               struct par_error *err);

/* Give the address back, as link_server_deafen(), and free l. */
void listener_close(struct listener *l, void *router);

#endif
