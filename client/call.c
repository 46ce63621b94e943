/* call.c - who may enter, the lock, deadlines, interruption
 *
 * A fork()ed child is turned away before it touches the lock.
 */
#include "config.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "call.h"
#include "clock.h"
#include "handle.h"

/* Asking the kernel who we are takes longer than all else that a job that
 * joins a batch costs here. */
bool client_is_elsewhere(const struct par_client *c)
{
    return c->here ? !*c->here : c->pid != getpid();
}

int client_enter(struct par_client *c, struct par_error *err)
{
    /* Before the lock: in a forked child nobody may be left to release it. */
    if (client_is_elsewhere(c))
        return par_fail(err, EINVAL,
                        "this handle belongs to process %ld: after fork() "
                        "open another one",
                        (long)c->pid);
    pthread_mutex_lock(&c->lock);
    return 0;
}

void client_leave(struct par_client *c)
{
    pthread_mutex_unlock(&c->lock);
}

void client_poke(struct par_client *c)
{
    uint64_t one = 1;

    if (!c->polling || c->poked)
        return;
    c->poked = true;
    if (write(c->wake, &one, sizeof one) < 0)
        c->poked = false; /* it is full, so it is set */
}

uint64_t client_deadline(int64_t timeout)
{
    uint64_t now = clock_ms();

    if (timeout < 0)
        timeout = PAR_TIMEOUT_DEFAULT;
    if ((uint64_t)timeout > UINT64_MAX / 2 - now)
        return UINT64_MAX / 2;
    return now + (uint64_t)timeout;
}

int client_patience(const struct par_client *c,
                    uint64_t deadline,
                    struct par_error *err,
                    const char *what,
                    ...)
{
    char text[PAR_ERROR_TEXT];
    va_list args;

    if (c->interrupted)
        return par_fail(err, EINTR, "interrupted");
    if (clock_ms() < deadline)
        return 0;
    va_start(args, what);
    vsnprintf(text, sizeof text, what, args);
    va_end(args);
    return par_fail(err, ETIMEDOUT, "%s", text);
}

void par_interrupt(struct par_client *c, bool on)
{
    uint64_t one = 1;
    int keep = errno;

    /* No lock and no pid check: it is for signal handlers. */
    c->interrupted = on;
    if (on && write(c->wake, &one, sizeof one) < 0)
        c->interrupted = on; /* the eventfd is full: it is readable already */
    errno = keep;
}
