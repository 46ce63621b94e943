/* uplink.c - one endpoint after another, until one answers
 *
 * Its state is the picture in uplink.h; what is said of failures is said once,
 * however often they come.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "log.h"
#include "place.h"
#include "uplink.h"

enum {
    AGAIN_MS = 200,       /* the first wait after a loss */
    AGAIN_MAX_MS = 10000, /* the longest */
    LOCAL_MAX_MS = 500,   /* the same where trying costs nothing */
    TRY_LOCAL_MS = 500,   /* so long one connection is tried */
    TRY_REMOTE_MS = 5000,
    TRIES_LOCAL = 4, /* so many before it is said that nobody is there */
    GREET_MS = 5000, /* so long HELLO waits for its answer */
    MISSED_ASK = 2,  /* heartbeats of silence: we ask */
    MISSED_LOST = 4, /* the broker is lost */
    FAREWELL_MS = 1000
};

enum uplink_state { UP_WAITING, UP_CONNECTING, UP_GREETING, UP_OPEN };

struct uplink {
    void *context;
    char **endpoints;
    size_t count;
    size_t at;
    char *key_path;
    char *source;
    char key_name[KEY_NAME];
    struct key_pair pair;
    bool has_pair;
    uint8_t broker_key[KEY_SIZE];
    bool has_broker_key;

    enum uplink_state state;
    struct link_client *link;
    uint64_t due;   /* WAITING: the next try; else: patience ends */
    uint64_t heard; /* OPEN */
    uint64_t heartbeat_ms;
    uint64_t nonce;
    bool asked; /* OPEN: a PING is out */
    bool lost;  /* to be told */
    unsigned losses;
    unsigned tries;   /* in a row that nobody answered */
    const char *said; /* what was logged last, so that it is logged once */
};

/* ---- create, destroy ---- */

static int copy_endpoints(struct uplink *u, const char *const *from)
{
    while (from[u->count])
        u->count++;
    u->endpoints = calloc(u->count + 1, sizeof *u->endpoints);
    if (!u->endpoints)
        return -1;
    for (size_t i = 0; i < u->count; i++)
        if (!(u->endpoints[i] = strdup(from[i])))
            return -1;
    return 0;
}

struct uplink *uplink_create(const struct uplink_options *options,
                             struct par_error *err)
{
    struct uplink *u = calloc(1, sizeof *u);

    if (!u || copy_endpoints(u, options->endpoints) ||
        (options->key && !(u->key_path = strdup(options->key))) ||
        (options->source && !(u->source = strdup(options->source)))) {
        par_fail(err, ENOMEM, "out of memory");
        uplink_destroy(u);
        return NULL;
    }
    u->context = options->context;
    if (options->key_name)
        snprintf(u->key_name, sizeof u->key_name, "%s", options->key_name);
    if (options->pair) {
        u->pair = *options->pair;
        u->has_pair = true;
    }
    if (options->broker_key) {
        memcpy(u->broker_key, options->broker_key, KEY_SIZE);
        u->has_broker_key = true;
    }
    return u;
}

void uplink_destroy(struct uplink *u)
{
    if (!u)
        return;
    link_client_close(u->link, FAREWELL_MS);
    for (size_t i = 0; u->endpoints && i < u->count; i++)
        free(u->endpoints[i]);
    free(u->endpoints);
    free(u->key_path);
    free(u->source);
    keys_wipe(&u->pair);
    free(u);
}

/* ---- trying ---- */

static bool is_tcp(const struct uplink *u)
{
    return link_endpoint_transport(u->endpoints[u->at]) == LINK_TCP;
}

/* `wait` give or take half of it, so that a thousand workers that lost their
 * broker together do not come back together. */
static uint64_t jitter(uint64_t wait)
{
    uint16_t r = 0;

    if (getrandom(&r, sizeof r, GRND_NONBLOCK) != (ssize_t)sizeof r)
        r = 0x8000;
    return wait / 2 + wait * r / 0xFFFF;
}

static void retry(struct uplink *u, uint64_t now)
{
    uint64_t most = is_tcp(u) ? AGAIN_MAX_MS : LOCAL_MAX_MS;
    uint64_t wait = AGAIN_MS;

    for (unsigned i = 0; i < u->losses && wait < most; i++)
        wait *= 2;
    u->losses++;
    u->due = now + jitter(wait < most ? wait : most);
    u->at = (u->at + 1) % u->count;
    u->state = UP_WAITING;
}

static void drop(struct uplink *u, int linger_ms)
{
    link_client_close(u->link, linger_ms);
    u->link = NULL;
}

/* Log what keeps us out, once. */
static void say(struct uplink *u, const char *what, const char *text)
{
    if (u->said != what)
        log_line(LOG_WARN, "broker %s: %s", u->endpoints[u->at], text);
    u->said = what;
}

void uplink_give_up(struct uplink *u, uint64_t now)
{
    if (u->state == UP_WAITING)
        return;
    drop(u, 0);
    u->lost = true;
    retry(u, now);
}

void uplink_refused(struct uplink *u, uint64_t now, const char *text)
{
    static const char what[] = "not admitted";

    say(u, what, text);
    uplink_give_up(u, now);
}

/* Our own keys and the broker's.  1: found, 0: not yet, -1. */
static int find_keys(struct uplink *u, struct par_error *err)
{
    char dir[PLACE_PATH];
    char file[PLACE_PATH + sizeof "/known_brokers"];

    if (!u->has_pair) {
        if (keys_need(u->key_path, u->key_name, &u->pair, err))
            return -1;
        u->has_pair = true;
    }
    if (u->has_broker_key)
        return 1;
    if (place_config_dir(dir, sizeof dir, err))
        return -1;
    snprintf(file, sizeof file, "%s/known_brokers", dir);
    return known_find(file, u->endpoints[u->at], u->broker_key, err);
}

static void say_no_key(struct uplink *u)
{
    static const char what[] = "unknown";
    char text[PAR_ERROR_TEXT];

    snprintf(text, sizeof text,
             "its key is not known here; parctl status shows it there, then: "
             "parctl trust %s 'KEY'",
             u->endpoints[u->at]);
    say(u, what, text);
}

static void try_connect(struct uplink *u, uint64_t now)
{
    static const char broken[] = "broken";
    struct par_error err = {0};
    bool tcp = is_tcp(u);
    int found = tcp ? find_keys(u, &err) : 1;

    if (found == 0)
        say_no_key(u);
    if (found > 0)
        u->link = link_client_open_from(
            u->context, u->source, u->endpoints[u->at],
            tcp ? u->pair.public_key : NULL, tcp ? u->pair.secret_key : NULL,
            tcp ? u->broker_key : NULL, &err);
    if (!u->link) {
        if (err.code)
            say(u, broken, err.text);
        u->losses = u->losses < 2 ? u->losses : 2; /* within a second */
        retry(u, now);
        return;
    }
    u->state = UP_CONNECTING;
    u->due = now + (tcp ? TRY_REMOTE_MS : TRY_LOCAL_MS);
}

/* ---- what happens ---- */

static void say_refused(struct uplink *u)
{
    static const char what[] = "refused";
    char key[KEY_TEXT], text[PAR_ERROR_TEXT];

    key_text(u->pair.public_key, key);
    if (is_tcp(u))
        snprintf(text, sizeof text,
                 "it does not know this key; there: parctl allow '%s %s' "
                 "--role worker",
                 key, u->pair.name);
    else
        snprintf(text, sizeof text, "it serves another user");
    say(u, what, text);
}

void uplink_unknown(struct uplink *u, uint64_t now)
{
    say_refused(u);
    uplink_give_up(u, now);
}

static void say_shut(struct uplink *u)
{
    static const char what[] = "shut";
    char text[PAR_ERROR_TEXT];

    link_shut_text(text, sizeof text, u->endpoints[u->at], u->broker_key);
    say(u, what, text);
}

static enum uplink_event on_event(struct uplink *u,
                                  uint64_t now,
                                  enum link_event event)
{
    switch (event) {
    case LINK_CONNECTED:
        u->state = UP_GREETING;
        u->due = now + GREET_MS;
        return UPLINK_GREET;
    case LINK_REFUSED:
        say_refused(u);
        break;
    case LINK_SHUT:
        say_shut(u);
        break;
    case LINK_LOST:
    case LINK_NOTHING:
        break;
    }
    uplink_give_up(u, now);
    return UPLINK_NOTHING; /* the loss is told next */
}

static void ping(struct uplink *u)
{
    uint8_t frame[WIRE_HEADER];
    struct wire_header head = {.type = WIRE_PING, .id = ++u->nonce};

    wire_put_header(frame, &head);
    link_client_post(u->link, frame, sizeof frame);
    u->asked = true;
}

/* A broker that starts with us, or anew, gets a moment. */
static void say_nobody(struct uplink *u)
{
    static const char what[] = "nobody";

    if (++u->tries < (is_tcp(u) ? 1 : TRIES_LOCAL))
        return;
    say(u, what,
        is_tcp(u) ? "nobody answers; trying on"
                  : "nobody answers; trying on (start one with: parbroker)");
}

static void check_time(struct uplink *u, uint64_t now)
{
    if (u->state == UP_OPEN) {
        if (now >= u->heard + MISSED_LOST * u->heartbeat_ms)
            uplink_give_up(u, now);
        else if (now >= u->heard + MISSED_ASK * u->heartbeat_ms && !u->asked)
            ping(u);
    } else if (now >= u->due) {
        if (u->state == UP_WAITING) {
            try_connect(u, now);
        } else if (u->state == UP_CONNECTING) {
            drop(u, 0); /* nobody there: the try itself was the wait */
            say_nobody(u);
            u->at = (u->at + 1) % u->count;
            u->state = UP_WAITING;
            u->due = now;
            try_connect(u, now);
        } else {
            uplink_give_up(u, now);
        }
    }
}

enum uplink_event uplink_next(struct uplink *u,
                              uint64_t now,
                              struct link_msg *m)
{
    enum link_event event;

    if (u->link && u->state != UP_CONNECTING && link_client_recv(u->link, m)) {
        u->heard = now;
        u->asked = false;
        return UPLINK_MESSAGE;
    }
    if (u->link && (event = link_client_event(u->link)) != LINK_NOTHING) {
        enum uplink_event e = on_event(u, now, event);

        if (e != UPLINK_NOTHING)
            return e;
    }
    check_time(u, now);
    if (u->lost) {
        u->lost = false;
        return UPLINK_LOST;
    }
    /* On inproc a connection is there as soon as it is tried. */
    if (u->state == UP_CONNECTING && u->link &&
        (event = link_client_event(u->link)) != LINK_NOTHING)
        return on_event(u, now, event);
    return UPLINK_NOTHING;
}

void uplink_welcomed(struct uplink *u, uint64_t now, uint64_t heartbeat_ms)
{
    if (u->state != UP_GREETING)
        return;
    u->state = UP_OPEN;
    u->heard = now;
    u->heartbeat_ms = heartbeat_ms;
    u->losses = 0;
    u->tries = 0;
    u->said = NULL;
}

bool uplink_is_open(const struct uplink *u)
{
    return u->state == UP_OPEN;
}

int uplink_poll(struct uplink *u, zmq_pollitem_t *items)
{
    return u->link ? link_client_poll(u->link, items) : 0;
}

uint64_t uplink_deadline(const struct uplink *u)
{
    if (u->lost)
        return 0;
    if (u->state != UP_OPEN)
        return u->due;
    return u->heard + (u->asked ? MISSED_LOST : MISSED_ASK) * u->heartbeat_ms;
}

void uplink_send(struct uplink *u,
                 uint8_t *frame,
                 size_t len,
                 zmq_msg_t *second)
{
    if (!u->link) {
        free(frame);
        return;
    }
    link_client_send(u->link, frame, len, second);
}
