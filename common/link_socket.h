/* link_socket.h - options and frames, as both sides of a link use them
 *
 * Private to link_*.c.
 */
#ifndef PAR_COMMON_LINK_SOCKET_H
#define PAR_COMMON_LINK_SOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <par/error.h>

#include "link.h"

/* Options that zmq.h of a release build does not name, or calls drafts. */
enum { LINK_ZAP_ENFORCE_DOMAIN = 93 };

struct link_option {
    int name;
    int value;
};

/* Set options until one with name 0. */
int link_set_options(void *socket,
                     const struct link_option *options,
                     struct par_error *err);

/* Those that both sides have, the limit of a frame's size among them. */
int link_set_common(void *socket, struct par_error *err);

/* Make a frame of malloc'd memory, which it owns from then on, whatever is
 * returned. */
int link_frame_take(zmq_msg_t *to, uint8_t *frame, size_t len);
int link_frame_copy(zmq_msg_t *to, const void *frame, size_t len);

/* Send first and, if not NULL, second, without waiting.  first is closed
 * whatever happens; second is moved from on success.  -1 with errno set if
 * nothing was sent. */
int link_send_frames(void *socket, zmq_msg_t *first, zmq_msg_t *second);

/* Receive one frame without waiting. */
bool link_recv_frame(void *socket, zmq_msg_t *to);

/* Receive the rest of a message into m, whose frames are initialized and empty
 * and of which `first` is to be received next, and decode it.  Returns false
 * if it was empty. */
bool link_recv_rest(void *socket, struct link_msg *m, bool *drained);

/* What to poll for something to read.  *drained: the last look found nothing,
 * and nothing was done with the socket since; it is found out if not.  Then its
 * descriptor will do: libzmq's own poll asks a socket four times, at two system
 * calls each. */
zmq_pollitem_t link_poll_item(void *socket, bool *drained);

void link_msg_init(struct link_msg *m);

#endif
