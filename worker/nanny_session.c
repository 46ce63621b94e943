/* nanny_session.c - the conversation with the broker: who may say what */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "engine.h"
#include "log.h"
#include "meta_keys.h"
#include "nanny_answer.h"
#include "nanny_close.h"
#include "nanny_files.h"
#include "nanny_run.h"
#include "nanny_say.h"
#include "nanny_session.h"
#include "nanny_setup.h"
#include "nanny_status.h"
#include "nanny_stream.h"

enum {
    HEARTBEAT_MS = 2000, /* if WELCOME does not say */
    HEARTBEAT_MAX = 3600 * 1000,
    TAKEN_MS = 15 * 1000, /* it may be freed for so long */
    TURN_MESSAGES = 256,
    SESSION_SIZE = 16,
    TYPES = 0x60
};

/* ---- HELLO ---- */

static void put_resources(const struct settings *s, struct meta_writer *meta)
{
    meta_put_uint(meta, KEY_HELLO_RESOURCES);
    meta_put_map(meta, (uint32_t)s->resource_count);
    for (size_t i = 0; i < s->resource_count; i++) {
        const struct resource *r = &s->resources[i];

        meta_put_str(meta, r->name);
        if (!r->indexed) {
            meta_put_float(meta, r->amount);
            continue;
        }
        meta_put_array(meta, (uint32_t)r->count);
        for (size_t k = 0; k < r->count; k++)
            meta_put_uint(meta, r->indexes[k]);
    }
}

static void put_labels(const struct settings *s, struct meta_writer *meta)
{
    uint32_t count = 0;

    while (s->labels[count].name)
        count++;
    meta_put_uint(meta, KEY_HELLO_LABELS);
    meta_put_map(meta, count);
    for (uint32_t i = 0; i < count; i++) {
        meta_put_str(meta, s->labels[i].name);
        meta_put_str(meta, s->labels[i].value);
    }
}

static void put_host(const struct nanny *n, struct meta_writer *meta)
{
    struct utsname u = {0};

    uname(&u);
    meta_put_uint(meta, KEY_HELLO_HOST);
    meta_put_map(meta, 6);
    meta_pair_str(meta, KEY_HOST_NAME, n->host);
    meta_pair_int(meta, KEY_HOST_PID, getpid());
    meta_pair_int(meta, KEY_HOST_UID, geteuid());
    meta_pair_str(meta, KEY_HOST_MACHINE, u.machine);
    meta_pair_int(meta, KEY_HOST_IO_SLOTS, n->settings->io_slots);
    meta_pair_str(meta, KEY_HOST_ID, n->host_id);
}

static void say_hello(struct nanny *n)
{
    const struct settings *s = n->settings;
    struct wire_header head = {.type = WIRE_HELLO};
    struct meta_writer meta = {0};
    uint8_t session[SESSION_SIZE];

    if (getrandom(session, sizeof session, 0) != (ssize_t)sizeof session) {
        uplink_give_up(n->uplink, n->now);
        return;
    }
    meta_put_map(&meta, 10);
    meta_put_uint(&meta, KEY_HELLO_VERSIONS);
    meta_put_array(&meta, 2);
    meta_put_uint(&meta, 1);
    meta_put_uint(&meta, 1);
    meta_pair_str(&meta, KEY_HELLO_ROLE, "worker");
    meta_pair_bin(&meta, KEY_HELLO_SESSION, session, sizeof session);
    meta_pair_str(&meta, KEY_HELLO_AGENT, "parworker/" PACKAGE_VERSION);
    meta_pair_int(&meta, KEY_HELLO_LINGER_MS, 0);
    meta_pair_str(&meta, KEY_HELLO_NAME, n->keeps_name ? n->name : s->name);
    meta_put_uint(&meta, KEY_HELLO_POOLS);
    meta_put_array(&meta, 1);
    meta_put_array(&meta, 3);
    meta_put_str(&meta, "main");
    meta_put_uint(&meta, s->slots);
    meta_put_str(&meta, s->threads ? "thread" : "process");
    put_resources(s, &meta);
    put_labels(s, &meta);
    put_host(n, &meta);
    nanny_say(n, &head, &meta, NULL, 0);
    meta_writer_clear(&meta);
}

static void say_register(struct nanny *n)
{
    struct wire_header head = {.type = WIRE_REGISTER, .id = ++n->last_id};
    struct meta_writer meta = {0};

    if (!n->offer_count)
        return;
    n->register_id = head.id;
    meta_put_map(&meta, 1);
    meta_put_uint(&meta, KEY_REGISTER_PATHS);
    meta_put_array(&meta, (uint32_t)n->offer_count);
    for (size_t i = 0; i < n->offer_count; i++) {
        meta_put_array(&meta, 2);
        meta_put_str(&meta, n->offers[i].path);
        meta_put_str(&meta, n->offers[i].signature);
    }
    nanny_say(n, &head, &meta, NULL, 0);
    meta_writer_clear(&meta);
}

/* ---- what the broker says ---- */

void nanny_fail(struct nanny *n, const struct par_error *err)
{
    n->error = *err;
    n->state = NANNY_FAILED;
    nanny_say_goodbye(n, WIRE_IDLE); /* on inproc nothing else tells it */
}

static void on_welcome(struct nanny *n, struct link_msg *m)
{
    const struct wire_msg *w = &m->wire;
    int64_t beat = meta_int(w->meta, w->head.meta_len, KEY_WELCOME_HEARTBEAT_MS,
                            HEARTBEAT_MS);
    char name[SETTINGS_NAME];

    if (uplink_is_open(n->uplink))
        return;
    if (beat < 1 || beat > HEARTBEAT_MAX)
        beat = HEARTBEAT_MS;
    if (meta_text(w->meta, w->head.meta_len, KEY_WELCOME_NAME, name,
                  sizeof name) > 0)
        memcpy(n->name, name, sizeof name);
    uplink_welcomed(n->uplink, n->now, (uint64_t)beat);
    n->welcomed = n->keeps_name = true;
    if (n->state == NANNY_CONNECTING)
        n->state = NANNY_READY;
    say_register(n);
}

static void on_goodbye(struct nanny *n, struct link_msg *m)
{
    const struct wire_header *h = &m->wire.head;

    if (h->id != 0)
        nanny_client_gone(n, (uint32_t)h->id);
    else if (h->ref != WIRE_DRAINING)
        uplink_give_up(n->uplink, n->now);
}

static void on_ping(struct nanny *n, struct link_msg *m)
{
    struct wire_header head = m->wire.head;
    struct comp *c = head.ref ? comp_find(&n->comps, (uint32_t)head.ref) : NULL;

    if (head.ref && (head.ref > UINT32_MAX || !c || c->state != COMP_READY)) {
        nanny_say_error(n, head.id, PAR_UNKNOWN_HANDLE, true,
                        "that computation is not set up here");
        return;
    }
    head =
        (struct wire_header){.type = WIRE_PONG, .id = head.id, .ref = head.ref};
    nanny_say(n, &head, NULL, NULL, 0);
}

/* The broker gives a worker up that it has not heard for so long. */
static bool may_be_freed(struct nanny *n)
{
    if (!n->taken_since)
        n->taken_since = n->now;
    return n->welcomed || n->now - n->taken_since < TAKEN_MS;
}

/* HELLO was refused, or a transfer failed; all else is a remark. */
static void on_error(struct nanny *n, struct link_msg *m)
{
    const struct wire_msg *w = &m->wire;
    char text[PAR_ERROR_TEXT];
    struct par_error err;
    int status = (int)w->head.ref;

    meta_text(w->meta, w->head.meta_len, KEY_ANY_TEXT, text, sizeof text);
    if (w->head.id == 0 && !uplink_is_open(n->uplink)) {
        /* Our own former session may still have the name, or that of a worker
         * whose host was reset; or, if the broker chose it, another worker by
         * now: then it may choose anew. */
        if (status == PAR_DUPLICATE_ID && may_be_freed(n)) {
            n->keeps_name = false;
            uplink_refused(n->uplink, n->now, text);
        } else if (status == PAR_UNAUTHENTICATED) {
            uplink_unknown(n->uplink, n->now); /* revoked since the handshake */
        } else if (status == PAR_DRAINING || status == PAR_QUOTA ||
                   status == PAR_FORBIDDEN) {
            uplink_refused(n->uplink, n->now, text); /* that may change */
        } else {
            par_fail(&err, PAR_CODE(status), "the broker refuses: %s", text);
            nanny_fail(n, &err);
        }
    } else if (!nanny_fetch_failed(n, w->head.id, text)) {
        log_line(LOG_INFO, "broker: %s: %s", par_status_name(status), text);
    }
}

/* The handles of what we registered. */
static void on_ready(struct nanny *n, struct link_msg *m)
{
    const struct wire_msg *w = &m->wire;
    struct meta_reader r;
    struct meta_value list, v;

    if (w->head.id != n->register_id ||
        !meta_find(w->meta, w->head.meta_len, KEY_REGISTER_HANDLES, &list,
                   &r) ||
        list.kind != META_ARRAY)
        return;
    while (meta_next(&r, &v) && v.kind == META_ARRAY && v.len == 2) {
        struct meta_value path, handle;

        if (!meta_next(&r, &path) || !meta_next(&r, &handle))
            return;
        for (size_t i = 0; i < n->offer_count; i++)
            if (meta_is(&path, n->offers[i].path) && handle.kind == META_INT &&
                handle.u <= UINT32_MAX)
                n->offers[i].handle = (uint32_t)handle.u;
    }
}

static void on_setup(struct nanny *n, struct link_msg *m)
{
    nanny_on_setup(n, &m->wire);
}

static void on_close(struct nanny *n, struct link_msg *m)
{
    nanny_on_close(n, &m->wire);
}

static void on_cancel(struct nanny *n, struct link_msg *m)
{
    nanny_on_cancel(n, &m->wire);
}

static void on_recall(struct nanny *n, struct link_msg *m)
{
    nanny_on_recall(n, &m->wire);
}

static void on_blob(struct nanny *n, struct link_msg *m)
{
    nanny_on_blob(n, &m->wire);
}

static void on_stream(struct nanny *n, struct link_msg *m)
{
    nanny_on_stream(n, &m->wire);
}

static void on_credit(struct nanny *n, struct link_msg *m)
{
    nanny_on_credit(n, &m->wire);
}

static void on_pong(struct nanny *n, struct link_msg *m)
{
    (void)n; /* that it came is all it says */
    (void)m;
}

/* What the broker may say; all else is refused unread. */
static const struct handler {
    bool greeting; /* may come before WELCOME */
    void (*handle)(struct nanny *n, struct link_msg *m);
} handlers[TYPES] = {
    [WIRE_WELCOME] = {true, on_welcome},
    [WIRE_GOODBYE] = {true, on_goodbye},
    [WIRE_ERROR] = {true, on_error},
    [WIRE_PING] = {false, on_ping},
    [WIRE_PONG] = {false, on_pong},
    [WIRE_CREDIT] = {false, on_credit},
    [WIRE_SETUP] = {false, on_setup},
    [WIRE_READY] = {false, on_ready},
    [WIRE_RUN] = {false, nanny_on_run},
    [WIRE_STREAM] = {false, on_stream},
    [WIRE_CANCEL] = {false, on_cancel},
    [WIRE_CLOSE] = {false, on_close},
    [WIRE_RECALL] = {false, on_recall},
    [WIRE_BLOB_DATA] = {false, on_blob},
    [WIRE_STATUS] = {false, nanny_on_status},
};

/* A request, or runs, end with that: with the count of the message.  What is
 * only about a run does not end it. */
static void refuse(struct nanny *n, const struct link_msg *m, int status)
{
    const struct wire_header *h = &m->wire.head;
    bool about_run = h->type == WIRE_STREAM || h->type == WIRE_MESSAGE ||
                     h->type == WIRE_CREDIT || h->type == WIRE_CANCEL;
    struct wire_header head = {.type = WIRE_ERROR,
                               .flags = about_run ? 0 : WIRE_FINAL,
                               .count = h->count,
                               .id = h->id,
                               .ref = (uint64_t)status};
    struct meta_writer meta = {0};
    char text[80];

    if (h->type == WIRE_ERROR || h->type >= WIRE_TYPES)
        return;
    snprintf(text, sizeof text, "type %02X from the broker: %s", h->type,
             par_status_name(status));
    meta_put_map(&meta, 1);
    meta_pair_str(&meta, KEY_ANY_TEXT, text);
    nanny_say(n, &head, &meta, NULL, 0);
    meta_writer_clear(&meta);
}

static void on_message(struct nanny *n, struct link_msg *m)
{
    const struct handler *h = m->wire.head.type < TYPES
                                  ? &handlers[m->wire.head.type]
                                  : &(struct handler){0};

    if (m->status != PAR_OK)
        refuse(n, m, m->status);
    else if (!h->handle)
        refuse(n, m,
               wire_type_name(m->wire.head.type) ? PAR_FORBIDDEN
                                                 : PAR_UNSUPPORTED);
    else if (h->greeting || uplink_is_open(n->uplink))
        h->handle(n, m);
}

/* ---- the session's end ---- */

/* Nobody can be told any more how these ended, and another broker may use
 * the same numbers: what still runs is answered as far as we are concerned. */
static void forget_runs(struct nanny *n)
{
    nanny_end_running(n, NULL, DOOM_CANCEL);
    for (struct list *i = n->comps.next; i != &n->comps; i = i->next)
        nanny_empty_queue(n, LIST_ENTRY(i, struct comp, node), PAR_LOST,
                          "lost");
    for (struct list *i = n->batches.next; i != &n->batches; i = i->next) {
        struct run_batch *b = LIST_ENTRY(i, struct run_batch, node);

        for (uint32_t k = 0; k < b->count; k++)
            b->runs[k].state = RUN_ANSWERED;
    }
}

static void on_lost(struct nanny *n)
{
    forget_runs(n);
    nanny_clients_gone(n); /* the next session gives others their numbers */
    results_clear(&n->results);
    for (size_t i = 0; i < n->offer_count; i++)
        n->offers[i].handle = 0;
    for (struct list *i = n->comps.next; i != &n->comps; i = i->next)
        nanny_comp_adrift(n, LIST_ENTRY(i, struct comp, node));
    if (n->state == NANNY_READY)
        n->state = NANNY_CONNECTING;
    log_line(LOG_INFO, "the broker is lost; trying again");
}

void nanny_session_turn(struct nanny *n)
{
    struct link_msg m;
    enum uplink_event e;

    for (int i = 0; i < TURN_MESSAGES && n->state < NANNY_ENDED; i++) {
        e = uplink_next(n->uplink, n->now, &m);
        if (e == UPLINK_NOTHING)
            return;
        if (e == UPLINK_GREET) {
            if (n->state != NANNY_DRAINING) /* it wants nothing more */
                say_hello(n);
        } else if (e == UPLINK_LOST) {
            on_lost(n);
        } else {
            on_message(n, &m);
            link_msg_close(&m);
        }
    }
    n->more = n->state < NANNY_ENDED; /* come again without waiting */
}
