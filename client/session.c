/* session.c - from an endpoint to a session: keys, HELLO, WELCOME */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "clock.h"
#include "grants.h"
#include "handle.h"
#include "line.h"
#include "meta_keys.h"
#include "place.h"
#include "send.h"
#include "session.h"

enum {
    SESSION_SIZE = 16,
    AGAIN = 200 /* ms between two tries */
};

static void say_hello(struct par_client *c)
{
    struct wire_header head = {.type = WIRE_HELLO};
    struct meta_writer meta = {0};
    uint8_t session[SESSION_SIZE];

    if (getrandom(session, sizeof session, 0) != sizeof session) {
        client_lose(c, EIO, "this system has no random numbers");
        return;
    }
    meta_put_map(&meta, 6);
    meta_put_uint(&meta, KEY_HELLO_VERSIONS);
    meta_put_array(&meta, 2);
    meta_put_uint(&meta, 1);
    meta_put_uint(&meta, 1);
    meta_pair_str(&meta, KEY_HELLO_ROLE, "client");
    meta_pair_bin(&meta, KEY_HELLO_SESSION, session, sizeof session);
    meta_pair_str(&meta, KEY_HELLO_AGENT, "libpar/" PACKAGE_VERSION);
    meta_put_uint(&meta, KEY_HELLO_CREDIT);
    client_put_grant(c, &meta);
    meta_pair_int(&meta, KEY_HELLO_LINGER_MS, 0);
    client_say(c, &head, &meta, NULL, 0, NULL);
    meta_writer_clear(&meta);
}

void client_welcomed(struct par_client *c, const struct wire_msg *msg)
{
    if (c->state != CLIENT_CONNECTING)
        return;
    c->state = CLIENT_OPEN;
    c->session++;
    client_hear_credit(c, msg, KEY_WELCOME_CREDIT);
}

void client_refused(struct par_client *c)
{
    char key[KEY_TEXT];
    char why[PAR_ERROR_TEXT];

    if (link_endpoint_transport(c->endpoint) != LINK_TCP) {
        client_lose(c, EACCES, "it serves another user");
        return;
    }
    key_text(c->key.public_key, key);
    snprintf(why, sizeof why,
             "it does not know this key; there: parctl allow '%s %s' "
             "--role client",
             key, c->key.name);
    client_lose(c, EACCES, why);
}

static void shut(struct par_client *c)
{
    char why[PAR_ERROR_TEXT];

    link_shut_text(why, sizeof why, c->endpoint, c->broker_key);
    client_lose(c, EACCES, why);
}

void client_link_event(struct par_client *c, enum link_event event)
{
    switch (event) {
    case LINK_CONNECTED:
        if (c->state == CLIENT_CONNECTING)
            say_hello(c);
        break;
    case LINK_LOST:
        if (c->state == CLIENT_OPEN) {
            client_lose(c, ECONNRESET, "the connection is lost");
            break;
        }
        line_end(c);
        c->next_try = clock_ms() + AGAIN;
        break;
    case LINK_REFUSED:
        client_refused(c);
        break;
    case LINK_SHUT:
        shut(c);
        break;
    case LINK_NOTHING:
        break;
    }
}

/* The key of a tcp broker.  Returns 1, 0 if it is not known yet, -1. */
static int find_broker_key(struct par_client *c, struct par_error *err)
{
    char dir[PLACE_PATH];
    char file[PLACE_PATH + sizeof "/known_brokers"];

    if (c->ticket.brokers[0])
        return 1;
    if (place_config_dir(dir, sizeof dir, err))
        return -1;
    snprintf(file, sizeof file, "%s/known_brokers", dir);
    return known_find(file, c->endpoint, c->broker_key, err);
}

void client_try(struct par_client *c, uint64_t now)
{
    bool tcp = link_endpoint_transport(c->endpoint) == LINK_TCP;
    struct par_error err;
    int found = tcp ? find_broker_key(c, &err) : 1;

    c->next_try = 0;
    if (found == 0) {
        par_fail(&c->trouble, EACCES,
                 "broker %s: its key is not known here; ask for it there "
                 "(parctl status) and then: parctl trust %s 'KEY'",
                 c->endpoint, c->endpoint);
        c->next_try = now + AGAIN;
        return;
    }
    if (found > 0)
        line_begin(c, link_client_open(c->context, c->endpoint,
                                       tcp ? c->key.public_key : NULL,
                                       tcp ? c->key.secret_key : NULL,
                                       tcp ? c->broker_key : NULL, &err));
    if (!c->link)
        client_lose(c, err.code, err.text);
    else
        par_fail(&c->trouble, ETIMEDOUT, "broker %s: nobody answers",
                 c->endpoint);
}
