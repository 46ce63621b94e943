/* order.h - what a keeper is told to start
 *
 * An order can be longer than a datagram may be, so it travels in a memfd.
 */
#ifndef PAR_WORKER_ORDER_H
#define PAR_WORKER_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <par/error.h>

struct keeper_limit {
    int resource; /* RLIMIT_... */
    uint64_t soft;
    uint64_t hard;
};

enum { KEEPER_FDS = 5 };

struct keeper_order {
    const char *program; /* a path, or a name looked up in the order's PATH */
    const char *const *argv; /* NULL-ended */
    const char *const *envp; /* NULL-ended: all of its environment */
    const char *cwd;         /* NULL: the keeper's */
    int umask;               /* -1: unchanged */
    bool default_signals;    /* SIGINT and SIGPIPE as for an ordinary command;
                                else SIGINT is ignored */
    int fds[KEEPER_FDS];     /* become 0..4; -1: /dev/null for 0-2, closed for
                                3-4.  Copies travel; the caller keeps its own */
    const struct keeper_limit *limits;
    size_t limit_count;
};

enum { ORDER_MAX = 1024 * 1024 };

/* Write it (all but the fds).  Returns a memfd, or -1; E2BIG if it is over
 * ORDER_MAX. */
int order_pack(const struct keeper_order *order, struct par_error *err);

/* One that was read: `order` points into the rest. */
struct order {
    struct keeper_order order;
    char *octets;
    const char **words; /* argv, NULL, envp, NULL */
};

/* Read what order_pack() wrote; order->fds are -1.  Returns 0, or an errno;
 * order_clear() is needed only after 0. */
int order_unpack(struct order *o, int fd);
void order_clear(struct order *o);

/* The value of a variable in the order's own environment, or NULL. */
const char *order_env(const struct keeper_order *order, const char *name);

#endif
