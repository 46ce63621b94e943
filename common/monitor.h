/* monitor.h - what libzmq says about a socket's connections
 *
 * Events come over a PAIR that must be read: its queue has no bound, because
 * with one an unread monitor stops the I/O thread.
 */
#ifndef PAR_COMMON_MONITOR_H
#define PAR_COMMON_MONITOR_H

#include <stdbool.h>
#include <stdint.h>

#include <par/error.h>

struct monitor {
    void *socket; /* watched; not ours */
    void *pair;   /* NULL: closed, or never opened */
    bool drained; /* there was no event at the last look */
};

/* Watch for `events`, a mask of ZMQ_EVENT_*. */
int monitor_open(struct monitor *m,
                 void *context,
                 void *socket,
                 int events,
                 struct par_error *err);

/* All zero is allowed.  Before the watched socket is closed. */
void monitor_close(struct monitor *m);

/* The next event, and its fd, errno or status.  Returns false if none is
 * there now. */
bool monitor_next(struct monitor *m, uint16_t *event, uint32_t *value);

#endif
