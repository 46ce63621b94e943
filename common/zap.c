/* zap.c - who may come in: the ZAP handler */
#include "config.h"

#include "zap.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "clock.h"
#include "log.h"

#define ZAP_ENDPOINT "inproc://zeromq.zap.01"

enum {
    FRAMES = 7, /* version, id, domain, address, identity, mechanism, key */
    FRAME_MAX = 255,
    USER_MAX = KEY_HEX + 16,
    LOG_PAUSE_MS = 1000
};

struct zap {
    void *socket; /* REP */
    uid_t owner;
    pthread_mutex_t mutex; /* guards table */
    struct authorized *table;
    atomic_uint_fast64_t refused;
    uint64_t logged_ms;   /* of the last line about a refusal */
    uint64_t logged_upto; /* refusals told so far */
};

struct frame {
    char bytes[FRAME_MAX + 1]; /* NUL-ended */
    size_t len;
};

struct request {
    struct frame version;
    struct frame id;
    struct frame domain;
    struct frame address;
    struct frame identity;
    struct frame mechanism;
    struct frame key;
};

struct zap *zap_open(void *context, uid_t owner, struct par_error *err)
{
    struct zap *z = calloc(1, sizeof *z);
    int linger = 0;

    if (!z) {
        par_fail(err, ENOMEM, "zap: out of memory");
        return NULL;
    }
    pthread_mutex_init(&z->mutex, NULL);
    z->owner = owner;
    z->socket = zmq_socket(context, ZMQ_REP);
    if (!z->socket ||
        zmq_setsockopt(z->socket, ZMQ_LINGER, &linger, sizeof linger) != 0 ||
        zmq_bind(z->socket, ZAP_ENDPOINT) != 0) {
        par_fail(err, zmq_errno(), "zap: %s: %s", ZAP_ENDPOINT,
                 zmq_strerror(zmq_errno()));
        zap_close(z);
        return NULL;
    }
    return z;
}

void zap_close(struct zap *z)
{
    if (!z)
        return;
    if (z->socket)
        zmq_close(z->socket);
    authorized_destroy(z->table);
    pthread_mutex_destroy(&z->mutex);
    free(z);
}

void zap_use(struct zap *z, struct authorized *a)
{
    struct authorized *old;

    pthread_mutex_lock(&z->mutex);
    old = z->table;
    z->table = a;
    pthread_mutex_unlock(&z->mutex);
    authorized_destroy(old);
}

uint64_t zap_refused(const struct zap *z)
{
    return atomic_load(&z->refused);
}

/* ---- the decision ---- */

static bool frame_is(const struct frame *f, const char *text)
{
    return f->len == strlen(text) && memcmp(f->bytes, text, f->len) == 0;
}

/* Read a decimal number that ends at `end`; false for anything else, signs,
 * blanks and leading zeroes included. */
static bool take_number(const char **at, char end, uint64_t *value)
{
    const char *p = *at;
    uint64_t v = 0;

    if (*p == '0' && p[1] != end)
        return false;
    for (; *p >= '0' && *p <= '9'; p++) {
        v = 10 * v + (uint64_t)(*p - '0');
        if (v > UINT32_MAX)
            return false;
    }
    if (p == *at || *p != end)
        return false;
    *at = p + 1;
    *value = v;
    return true;
}

/* The peer's uid in "localhost:UID:GID:PID", which libzmq writes from
 * SO_PEERCRED. */
static bool address_uid(const struct frame *address, uid_t *uid)
{
    static const char head[] = "localhost:";
    const char *at = address->bytes + sizeof head - 1;
    uint64_t number[3];

    if (strlen(address->bytes) != address->len ||
        strncmp(address->bytes, head, sizeof head - 1) != 0 ||
        !take_number(&at, ':', &number[0]) ||
        !take_number(&at, ':', &number[1]) ||
        !take_number(&at, '\0', &number[2]))
        return false;
    *uid = (uid_t)number[0];
    return true;
}

static bool admit_uid(const struct zap *z, const struct request *r, char *user)
{
    uid_t uid;

    if (!frame_is(&r->domain, ZAP_DOMAIN_IPC) ||
        !frame_is(&r->mechanism, "NULL") || !address_uid(&r->address, &uid))
        return false;
    snprintf(user, USER_MAX, "uid:%lu", (unsigned long)uid);
    return uid == z->owner || uid == 0;
}

static bool admit_key(struct zap *z, const struct request *r, char *user)
{
    const uint8_t *key = (const uint8_t *)r->key.bytes;
    bool known;

    if (!frame_is(&r->domain, ZAP_DOMAIN_TCP) ||
        !frame_is(&r->mechanism, "CURVE") || r->key.len != KEY_SIZE)
        return false;
    pthread_mutex_lock(&z->mutex);
    known = z->table && authorized_find(z->table, key);
    pthread_mutex_unlock(&z->mutex);
    key_hex(key, user);
    return known;
}

/* A flood of strangers writes one line a second. */
static void count_refusal(struct zap *z, const struct request *r)
{
    uint64_t refused = atomic_fetch_add(&z->refused, 1) + 1;
    uint64_t now = clock_ms();
    char key[KEY_TEXT] = "none";

    if (log_level() < LOG_INFO ||
        (z->logged_ms != 0 && now - z->logged_ms < LOG_PAUSE_MS))
        return;
    if (r->key.len == KEY_SIZE)
        key_text((const uint8_t *)r->key.bytes, key);
    log_line(LOG_INFO, "refused a peer address=%s key=%s count=%llu",
             r->address.bytes, key,
             (unsigned long long)(refused - z->logged_upto));
    z->logged_ms = now;
    z->logged_upto = refused;
}

/* ---- the dialogue ---- */

/* Receive one request.  Frames too long or too many leave it without its
 * version, so that it is refused.  Returns false if the context is gone. */
static bool receive(void *socket, struct request *r)
{
    struct frame *frames[FRAMES] = {&r->version, &r->id,       &r->domain,
                                    &r->address, &r->identity, &r->mechanism,
                                    &r->key};
    bool good = true;
    int more = 1;

    memset(r, 0, sizeof *r);
    for (size_t i = 0; more; i++) {
        zmq_msg_t m;

        zmq_msg_init(&m);
        while (zmq_msg_recv(&m, socket, 0) < 0) {
            if (zmq_errno() == EINTR)
                continue;
            zmq_msg_close(&m);
            return false;
        }
        if (i < FRAMES && zmq_msg_size(&m) <= FRAME_MAX) {
            frames[i]->len = zmq_msg_size(&m);
            memcpy(frames[i]->bytes, zmq_msg_data(&m), frames[i]->len);
        } else {
            good = false;
        }
        more = zmq_msg_more(&m);
        zmq_msg_close(&m);
    }
    if (!good)
        memset(&r->version, 0, sizeof r->version);
    return true;
}

static void send_frame(void *socket, const char *bytes, size_t len, int flags)
{
    while (zmq_send(socket, bytes, len, flags) < 0 && zmq_errno() == EINTR)
        continue;
}

static void reply(void *socket,
                  const struct request *r,
                  const char *status,
                  const char *text,
                  const char *user)
{
    send_frame(socket, "1.0", 3, ZMQ_SNDMORE);
    send_frame(socket, r->id.bytes, r->id.len, ZMQ_SNDMORE);
    send_frame(socket, status, strlen(status), ZMQ_SNDMORE);
    send_frame(socket, text, strlen(text), ZMQ_SNDMORE);
    send_frame(socket, user, strlen(user), ZMQ_SNDMORE);
    send_frame(socket, "", 0, 0);
}

static bool serve_one(struct zap *z)
{
    struct request r;
    char user[USER_MAX] = "";

    if (!receive(z->socket, &r))
        return false;
    if (frame_is(&r.version, "1.0") &&
        (admit_uid(z, &r, user) || admit_key(z, &r, user))) {
        reply(z->socket, &r, "200", "OK", user);
    } else {
        count_refusal(z, &r);
        reply(z->socket, &r, "400", "not known here", "");
    }
    return true;
}

void zap_run(struct zap *z, void *control)
{
    zmq_pollitem_t items[] = {{.socket = control, .events = ZMQ_POLLIN},
                              {.socket = z->socket, .events = ZMQ_POLLIN}};

    for (;;) {
        if (zmq_poll(items, 2, -1) < 0) {
            if (zmq_errno() == EINTR)
                continue;
            return;
        }
        if (items[0].revents)
            return;
        if (items[1].revents && !serve_one(z))
            return;
    }
}
