/* backlog.h - how many octets libzmq holds for one peer
 *
 * What was sent lies in libzmq until the peer's socket takes it, and libzmq
 * does not say how much that is.  So a large message is sent in a wrapping that
 * notes its end.
 *
 * The end comes in a thread of libzmq's, and maybe after that of the
 * connection: the last one out frees.
 */
#ifndef PAR_COMMON_BACKLOG_H
#define PAR_COMMON_BACKLOG_H

#include <stddef.h>
#include <zmq.h>

struct backlog;

/* NULL if out of memory. */
struct backlog *backlog_create(void);

/* Nothing is sent any more.  NULL is allowed. */
void backlog_leave(struct backlog *b);

/* Count a message, which is about to be sent, until libzmq frees it.  Out of
 * memory it is not counted. */
void backlog_add(struct backlog *b, zmq_msg_t *message);

/* What is held now.  0 for NULL. */
size_t backlog_octets(const struct backlog *b);

#endif
