/* brokering.h - a whole broker on inproc, and peers that say what they like
 *
 * One thread, and the test owns the clock: what waits here lets the broker take
 * its turns, and no time passes unless the test moves `now`.
 */
#ifndef PAR_TESTS_UNIT_BROKERING_H
#define PAR_TESTS_UNIT_BROKERING_H

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "batch.h"
#include "broker/broker.h"
#include "broker/engine.h"
#include "digest.h"
#include "link.h"
#include "meta.h"
#include "meta_keys.h"

enum { TURNS = 20 };

static void *context;
static void *router;
static struct broker *broker;
static uint64_t now = 1000;

/* Somebody who is connected, and what it has heard last. */
struct speaker {
    struct link_client *link;
    struct link_msg last;
    bool has_last;
};

/* The pair of the broker, twice the same; or NULL. */
static const uint8_t *broker_key;

static inline void broker_open(void)
{
    const char *dir = getenv("TMPDIR");
    struct broker_settings s = {.blob_dir = dir ? dir : "/tmp",
                                .public_key = broker_key,
                                .secret_key = broker_key,
                                .heartbeat_ms = 3600000};
    struct par_error err = {0};

    context = zmq_ctx_new();
    router = zmq_socket(context, ZMQ_ROUTER);
    broker = broker_create(context, router, &s, now, &err);
    cr_assert(broker != NULL, "%s", err.text);
    cr_assert(
        eq(int, broker_listen(broker, "inproc://broker", NULL, 0, &err), 0));
}

static inline void broker_close(void)
{
    broker_destroy(broker);
    zmq_close(router);
    zmq_ctx_term(context);
}

static inline void turn(void)
{
    while (broker_turn(broker, now))
        ;
}

static inline void tell(struct speaker *p,
                        unsigned type,
                        unsigned flags,
                        uint64_t id,
                        uint64_t ref,
                        const struct meta_writer *meta,
                        const void *item,
                        size_t len)
{
    struct wire_header head = {
        .type = (uint8_t)type, .flags = (uint16_t)flags, .id = id, .ref = ref};
    struct batch out = {0};
    uint8_t *frame;
    size_t frame_len;

    batch_begin(&out, &head, meta ? meta->data : NULL, meta ? meta->len : 0);
    if (item)
        batch_add_bare(&out, item, len);
    frame = batch_take(&out, &frame_len);
    cr_assert(eq(int, link_client_send(p->link, frame, frame_len, NULL), 0));
}

/* The next message of this type; others are passed over.  NULL if it does not
 * come, however often the broker turns. */
static inline const struct wire_msg *hear_if(struct speaker *p, unsigned type)
{
    for (int i = 0; i < TURNS; i++) {
        turn();
        if (p->has_last)
            link_msg_close(&p->last);
        while ((p->has_last = link_client_recv(p->link, &p->last))) {
            if (p->last.wire.head.type == type)
                return &p->last.wire;
            link_msg_close(&p->last);
        }
    }
    return NULL;
}

static inline const struct wire_msg *hear(struct speaker *p, unsigned type)
{
    const struct wire_msg *m = hear_if(p, type);

    cr_assert(m != NULL, "no %s comes", wire_type_name(type));
    return m;
}

/* What an ERROR says, or "". */
static inline char *words_of(const struct wire_msg *m)
{
    static char text[4096];

    meta_text(m->meta, m->head.meta_len, KEY_ANY_TEXT, text, sizeof text);
    return text;
}

static inline void join(struct speaker *p, const char *role, const char *name)
{
    struct meta_writer w = {0};
    struct par_error err = {0};
    bool worker = !strcmp(role, "worker");

    memset(p, 0, sizeof *p);
    p->link =
        link_client_open(context, "inproc://broker", NULL, NULL, NULL, &err);
    cr_assert(p->link != NULL, "%s", err.text);
    while (link_client_event(p->link) != LINK_NOTHING)
        ;
    meta_put_map(&w, worker ? 6 : 4);
    meta_put_uint(&w, 1);
    meta_put_array(&w, 2);
    meta_put_uint(&w, 1);
    meta_put_uint(&w, 1);
    meta_pair_str(&w, 2, role);
    meta_pair_bin(&w, 3, "0123456789abcdef", 16);
    meta_pair_str(&w, 18, name);
    if (worker) {
        meta_put_uint(&w, 20);
        meta_put_array(&w, 1);
        meta_put_array(&w, 3);
        meta_put_str(&w, "main");
        meta_put_uint(&w, 2);
        meta_put_str(&w, "process");
        meta_put_uint(&w, 25);
        meta_put_map(&w, 1);
        meta_pair_str(&w, 1, "here");
    }
    tell(p, WIRE_HELLO, 0, 0, 0, &w, NULL, 0);
    meta_writer_clear(&w);
    hear(p, WIRE_WELCOME);
}

/* Say GOODBYE, unless it went without a word, and close. */
static inline void leave(struct speaker *p)
{
    tell(p, WIRE_GOODBYE, 0, 0, 0, NULL, NULL, 0);
    if (p->has_last)
        link_msg_close(&p->last);
    turn();
    link_client_close(p->link, 0);
    p->link = NULL;
}

/* ---- set-ups ---- */

struct test_file {
    const char *path;
    const char *content; /* whose hash it has */
    size_t size;         /* 0: that of the content */
};

static inline struct digest hash_of(const char *content)
{
    struct digest d;

    digest_of(&d, content, strlen(content));
    return d;
}

/* A manifest of kind exec with these files. */
static inline void put_manifest(struct meta_writer *w,
                                const char *name,
                                const struct test_file *files,
                                size_t count)
{
    meta_put_map(w, 3);
    meta_pair_str(w, 1, name);
    meta_pair_str(w, 2, "exec");
    meta_put_uint(w, 4);
    meta_put_array(w, (uint32_t)count);
    for (size_t i = 0; i < count; i++) {
        struct digest d = hash_of(files[i].content);

        meta_put_array(w, 4);
        meta_put_str(w, files[i].path);
        meta_put_bin(w, d.bytes, sizeof d.bytes);
        meta_put_uint(w,
                      files[i].size ? files[i].size : strlen(files[i].content));
        meta_put_uint(w, 0644);
    }
}

static inline void set_up_with(struct speaker *p,
                               uint64_t id,
                               const char *name,
                               const struct test_file *files,
                               size_t count,
                               const struct meta_writer *meta)
{
    struct meta_writer manifest = {0};

    put_manifest(&manifest, name, files, count);
    tell(p, WIRE_SETUP, 0, id, 0, meta, manifest.data, manifest.len);
    meta_writer_clear(&manifest);
}

static inline void set_up(struct speaker *p,
                          uint64_t id,
                          const char *name,
                          const struct test_file *files,
                          size_t count)
{
    set_up_with(p, id, name, files, count, NULL);
}

/* A piece of a file, as BLOB-DATA. */
static inline void send_piece(struct speaker *p,
                              uint64_t transfer,
                              uint64_t offset,
                              const char *octets,
                              bool last)
{
    tell(p, WIRE_BLOB_DATA, last ? WIRE_FINAL : 0, transfer, offset, NULL,
         octets, strlen(octets));
}

/* The worker says yes to the next SETUP; returns its handle. */
static inline uint64_t be_ready(struct speaker *worker)
{
    struct wire_header head = hear(worker, WIRE_SETUP)->head;

    tell(worker, WIRE_READY, 0, head.id, head.ref, NULL, NULL, 0);
    return head.ref;
}

/* ---- what tests begin and end with ---- */

static struct speaker client, worker;
static uint64_t handle; /* of the computation a */

static inline void open_peers(void)
{
    broker_open();
    join(&client, "client", "");
    join(&worker, "worker", "w");
}

/* And the client has set up a. */
static inline void open_set_up(void)
{
    open_peers();
    set_up(&client, 1, "a", NULL, 0);
    handle = be_ready(&worker);
    hear(&client, WIRE_READY);
}

/* The client runs function 0 of it so many times, in one message. */
static inline void start_runs(uint64_t id,
                              unsigned count,
                              const struct meta_writer *meta)
{
    struct wire_header head = {.type = WIRE_RUN, .id = id, .ref = handle << 32};
    struct batch out = {0};
    uint8_t *frame;
    size_t len;

    batch_begin(&out, &head, meta ? meta->data : NULL, meta ? meta->len : 0);
    for (unsigned i = 0; i < count; i++)
        batch_add_run(&out, 0, "x", 1);
    frame = batch_take(&out, &len);
    cr_assert(eq(int, link_client_send(client.link, frame, len, NULL), 0));
}

/* Who has left already needs not. */
static inline void close_peers(void)
{
    if (client.link)
        leave(&client);
    if (worker.link)
        leave(&worker);
    broker_close();
}

#endif
