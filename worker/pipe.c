/* pipe.c - frames over a socketpair, in both directions, without blocking
 *
 * Reading fills one buffer and hands out views into it; writing queues what
 * the socket does not take.
 */
#include "config.h"

#include "pipe.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "memfd.h"
#include "meta.h"

enum {
    LENGTH = 4,           /* octets before each frame */
    IN_FIRST = 64 * 1024, /* first size of the input buffer */
    IN_KEEP = 256 * 1024, /* a larger one is given back when empty */
    IN_MAX = LENGTH + WIRE_FRAME_MAX
};

/* A memfd that leaves with the octet at `at` of the output. */
struct parcel {
    size_t at;
    size_t len;
    int fd;
};

struct pipe {
    int fd;
    enum pipe_read state; /* NONE, END or BROKEN */
    char reason[PIPE_REASON];

    uint8_t *in; /* octets in_at .. in_len are not used yet */
    size_t in_at, in_len, in_size;
    int in_fd;          /* came along, belongs to a frame not read yet; -1 */
    uint8_t *in_second; /* payload of the last message */

    struct meta_writer out; /* octets out_at .. out.len are to be sent */
    size_t out_at;
    struct parcel *parcels; /* first, first + 1, ... are to be sent */
    size_t parcel_first, parcel_count, parcel_size;
    size_t parcel_octets;
};

int pipe_pair(int fds[2], struct par_error *err)
{
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
        return par_fail(err, errno, "socketpair: %s", strerror(errno));
    return 0;
}

struct pipe *pipe_open(int fd, struct par_error *err)
{
    struct pipe *p = calloc(1, sizeof *p);

    if (!p) {
        close(fd);
        par_fail(err, ENOMEM, "pipe: out of memory");
        return NULL;
    }
    p->fd = fd;
    p->in_fd = -1;
    return p;
}

/* Close a descriptor of unknown origin.  Closing the last one of a socket that
 * lingers blocks for as long as its owner set; ours must not. */
static void discard(int fd)
{
    static const struct linger at_once = {.l_onoff = 0};

    if (fd < 0)
        return;
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd);
}

void pipe_close(struct pipe *p)
{
    if (!p)
        return;
    for (size_t i = p->parcel_first; i < p->parcel_count; i++)
        close(p->parcels[i].fd);
    free(p->parcels);
    meta_writer_clear(&p->out);
    discard(p->in_fd);
    free(p->in_second);
    free(p->in);
    close(p->fd);
    free(p);
}

int pipe_fd(const struct pipe *p)
{
    return p->fd;
}

const char *pipe_reason(const struct pipe *p)
{
    return p->reason;
}

__attribute__((format(printf, 2, 3))) static enum pipe_read break_off(
    struct pipe *p, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(p->reason, sizeof p->reason, format, args);
    va_end(args);
    return p->state = PIPE_BROKEN;
}

/* ---- reading ---- */

static size_t held(const struct pipe *p)
{
    return p->in_len - p->in_at;
}

/* Make room behind in_len.  The buffer doubles only when octets fill it. */
static bool make_room(struct pipe *p)
{
    size_t size = p->in_size ? p->in_size : IN_FIRST;
    uint8_t *more;

    if (p->in_at > 0) {
        memmove(p->in, p->in + p->in_at, held(p));
        p->in_len -= p->in_at;
        p->in_at = 0;
    }
    if (p->in_len == 0 && p->in_size > IN_KEEP) {
        free(p->in);
        p->in = NULL;
        p->in_size = 0;
        size = IN_FIRST;
    }
    if (p->in_len == p->in_size && p->in)
        size = size * 2 < IN_MAX ? size * 2 : IN_MAX;
    if (size == p->in_size)
        return true;
    more = realloc(p->in, size);
    if (!more)
        return false;
    p->in = more;
    p->in_size = size;
    return true;
}

/* At most one descriptor may be on its way: the kernel ends a read behind
 * octets that carry one, and we read on only when no whole frame is left. */
static enum pipe_read take_fd(struct pipe *p, struct msghdr *h)
{
    struct cmsghdr *c = CMSG_FIRSTHDR(h);
    int fd;

    if (h->msg_flags & MSG_CTRUNC)
        break_off(p, "more descriptors than one at once, or none left here");
    if (!c)
        return p->state;
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS ||
        c->cmsg_len != CMSG_LEN(sizeof fd))
        return break_off(p, "a control message that is not a descriptor");
    memcpy(&fd, CMSG_DATA(c), sizeof fd);
    if (p->in_fd >= 0) {
        discard(fd);
        return break_off(p, "a descriptor that belongs to no message");
    }
    p->in_fd = fd;
    return p->state;
}

/* One look at the socket.  MESSAGE: something came. */
static enum pipe_read fill(struct pipe *p, enum pipe_effort effort)
{
    union {
        struct cmsghdr align;
        char space[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec iov;
    struct msghdr h = {.msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_control = &control,
                       .msg_controllen = CMSG_LEN(sizeof(int))};
    int flags = MSG_CMSG_CLOEXEC | (effort == PIPE_WAIT ? 0 : MSG_DONTWAIT);
    ssize_t n;

    if (!make_room(p))
        return break_off(p, "out of memory");
    iov.iov_base = p->in + p->in_len;
    iov.iov_len = p->in_size - p->in_len;
    do
        n = recvmsg(p->fd, &h, flags);
    while (n < 0 && errno == EINTR);
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        return PIPE_NONE;
    if (n <= 0)
        return p->state = PIPE_END;
    p->in_len += (size_t)n;
    return take_fd(p, &h) == PIPE_BROKEN ? PIPE_BROKEN : PIPE_MESSAGE;
}

/* A frame is decoded without a second one first: the descriptor may belong to
 * a later frame. */
static enum pipe_read decode(struct pipe *p,
                             struct wire_msg *msg,
                             const uint8_t *frame,
                             size_t len)
{
    int status = wire_decode(msg, frame, len, NULL, 0);
    const char *why;
    size_t second_len;

    if (status == PAR_MALFORMED && p->in_fd >= 0) {
        p->in_second = memfd_copy(p->in_fd, WIRE_ITEM_MAX, &second_len, &why);
        if (!p->in_second)
            return break_off(p, "%s", why);
        discard(p->in_fd);
        p->in_fd = -1;
        status = wire_decode(msg, frame, len, p->in_second, second_len);
    }
    if (status != PAR_OK)
        return break_off(p, "%s message of type 0x%02x",
                         par_status_name(status), msg->head.type);
    return PIPE_MESSAGE;
}

/* The next message of what was received. */
static enum pipe_read take(struct pipe *p, struct wire_msg *msg)
{
    const uint8_t *at = p->in + p->in_at;
    uint32_t len;

    if (held(p) < LENGTH)
        return PIPE_NONE;
    len = wire_get_u32(at);
    if (len < WIRE_HEADER || len > WIRE_FRAME_MAX)
        return break_off(p, "a frame of %u octets", len);
    if (held(p) < LENGTH + (size_t)len)
        return PIPE_NONE;
    p->in_at += LENGTH + (size_t)len;
    return decode(p, msg, at + LENGTH, len);
}

enum pipe_read pipe_read(struct pipe *p,
                         struct wire_msg *msg,
                         enum pipe_effort effort)
{
    enum pipe_read got;

    free(p->in_second);
    p->in_second = NULL;
    for (;;) {
        if (p->state == PIPE_BROKEN)
            return p->state;
        got = take(p, msg);
        if (got != PIPE_NONE || effort == PIPE_HELD)
            return got;
        if (p->state == PIPE_END)
            return p->state;
        got = fill(p, effort);
        if (got != PIPE_MESSAGE)
            return got;
    }
}

/* ---- writing ---- */

static size_t item_head(unsigned type)
{
    if (type == WIRE_RUN)
        return WIRE_RUN_ITEM;
    return type == WIRE_RESULT ? WIRE_RESULT_ITEM : 0;
}

/* What the other end would refuse is our mistake: better told here. */
static int check_frame(const uint8_t *frame,
                       size_t len,
                       const void *second,
                       size_t n)
{
    struct wire_msg msg;
    int status = wire_decode(&msg, frame, len, second, n);

    if (status != PAR_OK || (second && !item_head(msg.head.type)))
        return -1;
    return 0;
}

static bool room_for_parcel(struct pipe *p)
{
    struct parcel *more;
    size_t size = p->parcel_size ? p->parcel_size * 2 : 4;

    if (p->parcel_count < p->parcel_size)
        return true;
    more = realloc(p->parcels, size * sizeof *more);
    if (!more)
        return false;
    p->parcels = more;
    p->parcel_size = size;
    return true;
}

static int add_parcel(struct pipe *p,
                      size_t at,
                      const void *data,
                      size_t len,
                      struct par_error *err)
{
    int fd;

    if (!room_for_parcel(p))
        return par_fail(err, ENOMEM, "pipe: out of memory");
    fd = memfd_make(data, len, err);
    if (fd < 0)
        return -1;
    p->parcels[p->parcel_count++] = (struct parcel){at, len, fd};
    p->parcel_octets += len;
    return 0;
}

static size_t queued(const struct pipe *p)
{
    return p->out.len - p->out_at + p->parcel_octets;
}

/* A queue that is never empty must not keep what has left. */
static void forget_sent(struct pipe *p)
{
    if (p->out_at < IN_FIRST || p->out_at < p->out.len / 2)
        return;
    memmove(p->out.data, p->out.data + p->out_at, p->out.len - p->out_at);
    for (size_t i = p->parcel_first; i < p->parcel_count; i++) {
        p->parcels[i].at -= p->out_at;
        p->parcels[i - p->parcel_first] = p->parcels[i];
    }
    p->parcel_count -= p->parcel_first;
    p->parcel_first = 0;
    p->out.len -= p->out_at;
    p->out_at = 0;
}

int pipe_write(struct pipe *p,
               const void *frame,
               size_t len,
               const void *second,
               size_t second_len,
               struct par_error *err)
{
    bool packed = second && second_len <= PIPE_INLINE;
    size_t total = len + (packed ? second_len : 0);
    uint8_t *to;

    if (check_frame(frame, len, second, second_len) != 0 ||
        total > WIRE_FRAME_MAX)
        return par_fail(err, EMSGSIZE, "pipe: not a frame that may be sent");
    if (queued(p) > 0 && queued(p) + total + second_len > PIPE_QUEUE_MAX)
        return par_fail(err, ENOBUFS, "pipe: the queue is full");
    forget_sent(p);
    to = meta_room(&p->out, LENGTH + total);
    if (!to) {
        p->out.failed = false; /* what is queued is whole */
        return par_fail(err, ENOMEM, "pipe: out of memory");
    }
    wire_put_u32(to, (uint32_t)total);
    memcpy(to + LENGTH, frame, len);
    if (packed) {
        wire_put_u32(to + LENGTH + len - 4, (uint32_t)second_len);
        memcpy(to + LENGTH + len, second, second_len);
    } else if (second &&
               add_parcel(p, p->out.len, second, second_len, err) != 0) {
        return -1;
    }
    p->out.len += LENGTH + total;
    return 0;
}

/* One sendmsg(2): up to the next octet that a descriptor belongs to. */
static ssize_t send_some(struct pipe *p, enum pipe_effort effort)
{
    union {
        struct cmsghdr align;
        char space[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct parcel *next = p->parcels + p->parcel_first;
    struct parcel *last = p->parcels + p->parcel_count;
    bool now = next < last && next->at == p->out_at;
    struct iovec iov = {.iov_base = p->out.data + p->out_at};
    struct msghdr h = {.msg_iov = &iov, .msg_iovlen = 1};
    int flags = MSG_NOSIGNAL | (effort == PIPE_WAIT ? 0 : MSG_DONTWAIT);
    ssize_t n;

    if (now) {
        h.msg_control = &control;
        h.msg_controllen = sizeof control;
        control.align.cmsg_level = SOL_SOCKET;
        control.align.cmsg_type = SCM_RIGHTS;
        control.align.cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(&control.align), &next->fd, sizeof(int));
    }
    iov.iov_len = (next + now < last ? next[now].at : p->out.len) - p->out_at;
    n = sendmsg(p->fd, &h, flags);
    if (n > 0 && now) {
        close(next->fd);
        p->parcel_octets -= next->len;
        p->parcel_first++;
    }
    return n;
}

int pipe_flush(struct pipe *p, enum pipe_effort effort)
{
    ssize_t n;

    while (p->out_at < p->out.len) {
        n = send_some(p, effort);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return 1;
        if (n < 0)
            return -1;
        p->out_at += (size_t)n;
    }
    meta_writer_reset(&p->out);
    p->out_at = p->parcel_first = p->parcel_count = 0;
    return 0;
}

bool pipe_wants_write(const struct pipe *p)
{
    return p->out_at < p->out.len;
}
