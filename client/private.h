/* private.h - the door to a broker inside this process
 *
 * client/ may not include embed/, which includes all; so embed/ comes in by
 * this one symbol.
 */
#ifndef PAR_CLIENT_PRIVATE_H
#define PAR_CLIENT_PRIVATE_H

#include <par/client.h>

struct private_broker_ops {
    /* A broker and a worker in a thread of their own, in this zmq context.
     * Returns NULL on failure. */
    void *(*start)(void *context,
                   const struct par_options *options,
                   struct par_error *err);
    /* Its inproc endpoint; valid until stop(). */
    const char *(*endpoint)(const void *broker);
    /* Kills what still runs, runs closing functions; returns when nothing is
     * left. */
    void (*stop)(void *broker);
};

extern const struct private_broker_ops private_broker;

#endif
