/* pipe.h - messages between a nanny and a slot: PAR frames on a socketpair
 *
 * Each message is a 32-bit length (big endian) and one frame of PAR/1.  A
 * payload over PIPE_INLINE travels as the wire's second frame: a sealed memfd,
 * sent along with the first octets of its frame.
 *
 * Both ends use this module; for the nanny the other end is hostile: what
 * breaks a rule breaks the pipe, memory grows only with octets that really
 * came, and nothing here blocks unless PIPE_WAIT says so.
 */
#ifndef PAR_WORKER_PIPE_H
#define PAR_WORKER_PIPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <par/error.h>

#include "wire.h"

enum {
    PIPE_INLINE = 64 * 1024,           /* a longer payload goes in a memfd */
    PIPE_QUEUE_MAX = 16 * 1024 * 1024, /* octets written and not yet sent */
    PIPE_REASON = 120
};

struct pipe;

/* Two connected ends, close-on-exec, for pipe_open() and for a slot's fd 3. */
int pipe_pair(int fds[2], struct par_error *err);

/* Takes fd over, also on failure (NULL: out of memory). */
struct pipe *pipe_open(int fd, struct par_error *err);

/* Drops what was not sent; closes the fd.  NULL is allowed. */
void pipe_close(struct pipe *p);

int pipe_fd(const struct pipe *p);

/* How hard to look or to send. */
enum pipe_effort {
    PIPE_HELD, /* reading only: what has been received already */
    PIPE_NOW,  /* without blocking */
    PIPE_WAIT  /* block until there is something to say */
};

enum pipe_read {
    PIPE_NONE,    /* nothing now */
    PIPE_MESSAGE, /* *msg is valid until the next pipe_read() */
    PIPE_END,     /* the other end is closed; everything sent was read */
    PIPE_BROKEN   /* it broke the rules: see pipe_reason() */
};

/* The next message.  It takes from the socket only when no whole message is
 * left of what came before, so PIPE_NOW once and then PIPE_HELD until PIPE_NONE
 * bounds a nanny's turn.  A payload in msg->second is followed by a zero
 * octet.  END and BROKEN stay. */
enum pipe_read pipe_read(struct pipe *p,
                         struct wire_msg *msg,
                         enum pipe_effort effort);

/* Why it is broken: "a frame of 4294967295 octets"; "" if it is not. */
const char *pipe_reason(const struct pipe *p);

/* Queue one frame (copied).  `second` is the payload that its one item (RUN or
 * RESULT) announces as the second frame, or NULL; a short one is put back into
 * the item.  Fails with ENOBUFS when PIPE_QUEUE_MAX is reached, EMSGSIZE for
 * a frame the other end would refuse, ENOMEM, or what memfd_create(2) says;
 * nothing is queued then. */
int pipe_write(struct pipe *p,
               const void *frame,
               size_t len,
               const void *second,
               size_t second_len,
               struct par_error *err);

/* Send what is queued.  Returns 0 when all has left, 1 when something must
 * wait (not with PIPE_WAIT), -1 when the other end is gone: what came from it
 * before can still be read. */
int pipe_flush(struct pipe *p, enum pipe_effort effort);

bool pipe_wants_write(const struct pipe *p);

#endif
