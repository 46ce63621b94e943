/* ipc.h - a UNIX socket that is listened on by one server at a time
 *
 * libzmq would remove whatever lies at the path before it binds, so a second
 * server would silently take the first one's place.  We bind ourselves, under
 * a lock, and hand libzmq the listening socket.
 */
#ifndef PAR_COMMON_IPC_H
#define PAR_COMMON_IPC_H

#include <sys/types.h>

#include <par/error.h>

#include "link.h"

struct ipc {
    char path[LINK_IPC_MAX + 1];
    int lock; /* PATH.lock, held */
    dev_t dev;
    ino_t ino;
};

/* Listen on path, 0600.  Returns the listening socket, which is the caller's,
 * or -1: EADDRINUSE if somebody listens there, EEXIST if what lies there is no
 * socket. */
int ipc_listen(struct ipc *ipc, const char *path, struct par_error *err);

/* Remove the socket's file and the lock; after this nobody can connect. */
void ipc_remove(struct ipc *ipc);

#endif
