/* loop.c - a handle inside somebody else's event loop */
#include "config.h"

#include "call.h"
#include "connect.h"
#include "handle.h"
#include "line.h"
#include "pump.h"
#include "send.h"
#include "stream.h"
#include "wait.h"

int par_fd(struct par_client *c)
{
    int fd;

    if (client_enter(c, NULL))
        return -1;
    if (c->epoll < 0)
        line_watch(c);
    fd = c->epoll;
    client_leave(c);
    return fd;
}

/* The sockets' fds are edge-triggered: nothing may be left behind.  While the
 * stream function runs, another thread may become the pump. */
static void take_in(struct par_client *c)
{
    if (!c->polling) {
        client_unpoke(c); /* else it would stay readable */
        client_flush(c);
    }
    while (!c->polling && client_receive(c))
        client_stream_deliver(c);
}

int par_process(struct par_client *c, struct par_error *err)
{
    int n = -1;

    if (client_enter(c, err))
        return -1;
    if (client_connect(c, err)) {
        line_look(c);
    } else {
        take_in(c);
        line_look(c);
        if (c->polling)
            line_rest(c);
        else
            client_flush(c); /* it tells if something has come meanwhile */
        n = (int)client_count_over(c);
        if (n > 0)
            line_share(c);
    }
    client_leave(c);
    return n;
}
