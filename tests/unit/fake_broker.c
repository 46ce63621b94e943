/* fake_broker.c - a link served by a thread, and its usual answers */
#include "config.h"

#include "fake_broker.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batch.h"
#include "credit.h"
#include "meta_keys.h"

void fake_say(struct fake *f,
              int type,
              unsigned flags,
              uint64_t id,
              uint64_t ref,
              struct meta_writer *meta,
              const void *item,
              size_t len)
{
    struct wire_header head = {
        .type = (uint8_t)type, .flags = (uint16_t)flags, .id = id, .ref = ref};
    struct batch b = {0};
    uint8_t *frame;
    size_t size;

    batch_begin(&b, &head, meta ? meta->data : NULL, meta ? meta->len : 0);
    if (item)
        batch_add_bare(&b, item, len);
    frame = batch_take(&b, &size);
    batch_clear(&b);
    /* ERROR counts ids, which are no items. */
    if (type == WIRE_ERROR && ref >= 1 && (flags & WIRE_FINAL) && len > 0)
        wire_put_u16(frame + 6, (uint16_t)len);
    link_server_send(f->server, f->conn, frame, size, NULL);
    if (meta)
        meta_writer_clear(meta);
}

void fake_answer(struct fake *f,
                 uint64_t run,
                 int status,
                 int executed,
                 const void *data,
                 size_t len)
{
    struct wire_header head = {.type = WIRE_RESULT, .id = run};
    struct batch b = {0};
    zmq_msg_t second;
    uint8_t *frame;
    size_t size;
    bool large = len > WIRE_PACKED_MAX;

    batch_begin(&b, &head, NULL, 0);
    batch_add_result(&b, 0, (unsigned)status, (unsigned)executed, 5,
                     large ? NULL : data,
                     large ? WIRE_SECOND_FRAME : (uint32_t)len);
    frame = batch_take(&b, &size);
    batch_clear(&b);
    if (large) {
        zmq_msg_init_size(&second, len);
        memcpy(zmq_msg_data(&second), data, len);
    }
    link_server_send(f->server, f->conn, frame, size, large ? &second : NULL);
    if (large)
        zmq_msg_close(&second);
    f->open_runs--;
}

struct meta_writer fake_text(const char *text)
{
    struct meta_writer w = {0};

    meta_put_map(&w, 1);
    meta_pair_str(&w, KEY_ANY_TEXT, text);
    return w;
}

static void welcome(struct fake *f)
{
    uint64_t items = f->credit_items ? f->credit_items : 4096;
    struct meta_writer w = {0};

    meta_put_map(&w, 3);
    meta_pair_int(&w, 1, 1);
    meta_pair_int(&w, 7, 77);
    meta_put_uint(&w, 15);
    meta_put_array(&w, 1);
    meta_put_array(&w, 3);
    meta_put_uint(&w, CREDIT_RUN);
    meta_put_uint(&w, items);
    meta_put_uint(&w, UINT64_C(1) << 40);
    fake_say(f, WIRE_WELCOME, 0, 0, 0, &w, NULL, 0);
}

static void ready(struct fake *f, uint64_t id)
{
    static const char *const functions[][2] = {
        {"echo", ""}, {"add", "ii:i"}, {"fail", "s:n"}, {"never", ""}};
    struct meta_writer w = {0};

    meta_put_map(&w, 1);
    meta_put_uint(&w, 2);
    meta_put_array(&w, 4);
    for (int i = 0; i < 4; i++) {
        meta_put_array(&w, 2);
        meta_put_str(&w, functions[i][0]);
        meta_put_str(&w, functions[i][1]);
    }
    fake_say(f, WIRE_READY, 0, id, 7, &w, NULL, 0);
}

static void run_add(struct fake *f, uint64_t id, const struct wire_item *item)
{
    struct meta_reader r = meta_read(item->data, item->len);
    struct meta_writer w = {0};
    struct meta_value v;
    int64_t sum = 0;

    meta_next(&r, &v);
    while (meta_next(&r, &v))
        sum += v.i;
    meta_put_int(&w, sum);
    fake_answer(f, id, 0, 2, w.data, w.len);
    meta_writer_clear(&w);
}

static void run_fail(struct fake *f, uint64_t id, const struct wire_item *item)
{
    struct meta_reader r = meta_read(item->data, item->len);
    struct meta_writer w = {0};
    struct meta_value v;

    meta_next(&r, &v);
    meta_next(&r, &v);
    meta_put_map(&w, 1);
    meta_put_uint(&w, KEY_ANY_TEXT);
    meta_put_strn(&w, (const char *)v.data, v.len);
    fake_answer(f, id, 100, 2, w.data, w.len);
    meta_writer_clear(&w);
}

static void run(struct fake *f, struct link_msg *m)
{
    struct wire_item item;
    size_t cursor = 0;
    uint64_t id = m->wire.head.id;

    for (; wire_next(&m->wire, &cursor, &item); id++) {
        switch (m->wire.head.ref & UINT32_MAX) {
        case FAKE_ECHO:
            fake_answer(f, id, 0, 2, item.data, item.len);
            break;
        case FAKE_ADD:
            run_add(f, id, &item);
            break;
        case FAKE_FAIL:
            run_fail(f, id, &item);
            break;
        default:
            break;
        }
    }
}

static void grant_again(struct fake *f, uint64_t received)
{
    uint64_t items = f->credit_items ? f->credit_items : 4096;
    struct meta_writer w = {0};

    meta_put_map(&w, 1);
    meta_put_uint(&w, 1);
    meta_put_array(&w, 1);
    meta_put_array(&w, 3);
    meta_put_uint(&w, CREDIT_RUN);
    meta_put_uint(&w, received + items);
    meta_put_uint(&w, UINT64_C(1) << 40);
    fake_say(f, WIRE_CREDIT, 0, 0, 0, &w, NULL, 0);
}

static void usual(struct fake *f, struct link_msg *m)
{
    const struct wire_header *h = &m->wire.head;

    switch (h->type) {
    case WIRE_HELLO:
        welcome(f);
        break;
    case WIRE_SETUP:
    case WIRE_RESOLVE:
        ready(f, h->id);
        break;
    case WIRE_CLOSE:
        fake_say(f, WIRE_READY, 0, h->id, 0, NULL, NULL, 0);
        break;
    case WIRE_PING:
        fake_say(f, WIRE_PONG, 0, h->id, h->ref, NULL, NULL, 0);
        break;
    case WIRE_RUN:
        run(f, m);
        grant_again(f, f->runs);
        break;
    default:
        break;
    }
}

static void note(struct fake *f, const struct link_msg *m)
{
    const struct wire_header *h = &m->wire.head;

    f->conn = m->conn;
    if (h->type == WIRE_RUN) {
        f->runs += h->count;
        f->open_runs += h->count;
        if (h->count > f->most_runs)
            f->most_runs = h->count;
        if (f->open_runs > f->most_open)
            f->most_open = f->open_runs;
    }
    f->seen[h->type]++;
}

static void *serve(void *arg)
{
    struct fake *f = arg;
    zmq_pollitem_t items[LINK_POLL + 1];
    struct link_msg m;
    bool over = false;

    while (!over) {
        int n = link_server_poll(f->server, items);

        items[n] = (zmq_pollitem_t){.socket = f->control, .events = ZMQ_POLLIN};
        zmq_poll(items, n + 1, -1);
        over = items[n].revents;
        while (link_server_recv(f->server, &m)) {
            note(f, &m);
            if (!f->on || !f->on(f, &m))
                usual(f, &m);
            link_msg_close(&m);
        }
    }
    link_server_close(f->server);
    zmq_close(f->router);
    zmq_close(f->control);
    return NULL;
}

void fake_start(struct fake *f, void *context)
{
    struct par_error err = {0};
    char control[64];
    pthread_t *thread = malloc(sizeof *thread);

    f->context = context;
    f->router = zmq_socket(context, ZMQ_ROUTER);
    f->server = link_server_open(context, f->router, &err);
    snprintf(f->endpoint, sizeof f->endpoint, "inproc://fake-%p", (void *)f);
    if (!f->server ||
        link_server_listen(f->server, f->endpoint, NULL, NULL, 0, &err)) {
        fprintf(stderr, "fake broker: %s\n", err.text);
        abort();
    }
    f->control = zmq_socket(context, ZMQ_PAIR);
    snprintf(control, sizeof control, "inproc://control-%p", (void *)f);
    zmq_bind(f->control, control);
    f->thread = thread;
    if (pthread_create(thread, NULL, serve, f))
        abort();
}

void fake_stop(struct fake *f)
{
    void *s = zmq_socket(f->context, ZMQ_PAIR);
    char control[64];
    pthread_t *thread = f->thread;

    snprintf(control, sizeof control, "inproc://control-%p", (void *)f);
    zmq_connect(s, control);
    zmq_send(s, "", 0, 0);
    pthread_join(*thread, NULL);
    free(thread);
    zmq_close(s);
}

struct par_client *fake_client(struct fake *f)
{
    struct par_options o = {.zmq_context = f->context, .connect_timeout = 5000};
    struct par_error err = {0};
    struct par_client *c = par_open(f->endpoint, &o, &err);

    if (!c) {
        fprintf(stderr, "fake broker: %s\n", err.text);
        abort();
    }
    return c;
}

uint32_t fake_setup(struct par_client *c)
{
    struct par_file files[] = {{"self", "/proc/self/exe"}, {NULL, NULL}};
    struct par_setup s = {.kind = "object", .files = files};
    struct par_error err = {0};
    uint32_t handle;

    if (par_setup(c, &s, &handle, &err)) {
        fprintf(stderr, "fake broker: %s\n", err.text);
        abort();
    }
    return handle;
}

struct par_function fake_function(struct par_client *c, const char *name)
{
    struct par_function f;
    struct par_error err = {0};

    if (par_function(c, fake_setup(c), name, &f, &err)) {
        fprintf(stderr, "fake broker: %s\n", err.text);
        abort();
    }
    return f;
}
