/* nanny_starts.c - new slots wait while there is no room for them */
#include "config.h"

#include <errno.h>
#include <stdio.h>

#include "engine.h"
#include "log.h"
#include "nanny_starts.h"

enum {
    PAUSE_MS = 50, /* parspawn takes hundreds of requests in so long */
    HOPELESS_MS = 1000,
    IN_VAIN_MS = 10 * 1000, /* as long as a job waits for a worker */
    EPISODE_MS = 16 * 1000, /* the broker sends again within 15 s */
    TOLD_MS = 60 * 1000     /* the log need not be told more often */
};

bool nanny_starts_bounded(int error)
{
    switch (error) {
    case EAGAIN:
    case ETOOMANYREFS:
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
    case EPIPE: /* its keeper is gone */
    case ECONNRESET:
        return true;
    default:
        return false;
    }
}

void nanny_starts_hold(struct nanny *n, const char *why)
{
    struct starts *s = &n->starts;

    if (nanny_starts_wait(n))
        return; /* begun before that was known */
    if (!s->since || n->now - s->at > EPISODE_MS)
        s->since = n->now;
    s->hopeless = n->now - s->since >= HOPELESS_MS;
    s->in_vain = n->now - s->since >= IN_VAIN_MS;
    s->give_back = s->hopeless;
    snprintf(s->why, sizeof s->why, "%s", why);
    s->at = n->now + (s->hopeless ? HOPELESS_MS : PAUSE_MS);
    if (!s->hopeless || (s->told && n->now - s->told < TOLD_MS))
        return;
    s->told = n->now;
    log_line(LOG_WARN, "nothing more can be started here: %s", why);
}

void nanny_starts_go(struct nanny *n)
{
    n->starts.since = 0;
    n->starts.hopeless = n->starts.in_vain = false;
}

bool nanny_starts_wait(const struct nanny *n)
{
    return n->now < n->starts.at;
}

bool nanny_starts_hopeless(const struct nanny *n)
{
    return n->starts.hopeless;
}

uint64_t nanny_starts_deadline(const struct nanny *n)
{
    return nanny_starts_wait(n) ? n->starts.at : UINT64_MAX;
}
