/* connect.c - being connected: waiting until the broker has let us in */
#include "config.h"

#include "call.h"
#include "clock.h"
#include "connect.h"
#include "grants.h"
#include "handle.h"
#include "pump.h"
#include "send.h"
#include "session.h"

enum {
    PATIENCE = 1000,  /* ms until somebody is told what takes so long */
    FIRST_ITEMS = 64, /* may be sent before the broker grants anything */
    FIRST_BYTES = 64 * 1024
};

static void start(struct par_client *c, uint64_t now)
{
    c->state = CLIENT_CONNECTING;
    c->tell = now + PATIENCE;
    c->run_credit = (struct credit){.granted_items = FIRST_ITEMS,
                                    .granted_bytes = FIRST_BYTES};
    c->result_credit = (struct credit){.granted_items = RESULT_ITEMS,
                                       .granted_bytes = RESULT_BYTES};
    client_try(c, now);
    if (c->link && c->state == CLIENT_CONNECTING)
        client_receive(c); /* on inproc it is connected already */
}

/* Give up: keep the reason that is known, or say that nobody answered. */
static void give_up(struct par_client *c)
{
    struct par_error why = c->trouble;

    client_lose(c, why.code, "");
    c->trouble = why;
}

int client_connect(struct par_client *c, struct par_error *err)
{
    uint64_t now = clock_ms();
    uint64_t deadline = now + c->connect_timeout;

    if (c->state == CLIENT_LOST)
        start(c, now);
    while (c->state == CLIENT_CONNECTING) {
        now = clock_ms();
        if (c->interrupted)
            return par_fail(err, EINTR, "interrupted");
        if (now >= deadline) {
            give_up(c);
            break;
        }
        if (now >= c->tell) {
            c->tell = UINT64_MAX;
            if (c->notice)
                c->notice(c->notice_context, c->trouble.text);
        }
        client_turn(c, c->tell < deadline ? c->tell : deadline);
    }
    if (c->state == CLIENT_OPEN)
        return 0;
    return par_fail(err, c->trouble.code, "%s", c->trouble.text);
}

bool client_is_open(struct par_client *c)
{
    bool is;

    if (client_enter(c, NULL))
        return false;
    is = c->state == CLIENT_OPEN;
    client_leave(c);
    return is;
}

int client_begin(struct par_client *c, struct par_error *err)
{
    if (client_enter(c, err))
        return -1;
    if (c->state != CLIENT_OPEN && client_connect(c, err)) {
        client_leave(c);
        return -1;
    }
    return 0;
}
