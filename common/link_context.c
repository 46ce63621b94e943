/* link_context.c - a context of ZeroMQ, begun where that may still fail
 *
 * A context opens its descriptors with its first socket, and where there are
 * none left libzmq aborts the program: not for a library to do to others.
 */
#include "config.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "link.h"

enum { CONTEXT_FDS = 8 }; /* it takes six */

/* Else errno says why. */
static bool has_room(void)
{
    int fds[CONTEXT_FDS];
    int n = 0, error;

    while (n < CONTEXT_FDS && (fds[n] = eventfd(0, EFD_CLOEXEC)) >= 0)
        n++;
    error = errno;
    for (int i = 0; i < n; i++)
        close(fds[i]);
    errno = error;
    return n == CONTEXT_FDS;
}

void *link_context(struct par_error *err)
{
    void *context = NULL, *first = NULL;

    if (has_room())
        context = zmq_ctx_new();
    if (context)
        first = zmq_socket(context, ZMQ_PAIR);
    if (first) {
        zmq_close(first);
        return context;
    }
    par_fail(err, errno, "ZeroMQ: %s", zmq_strerror(errno));
    if (context)
        zmq_ctx_term(context);
    return NULL;
}
