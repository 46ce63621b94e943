/* say.c - header, metadata, out: messages without items */
#include "config.h"

#include "say.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "meta_keys.h"
#include "out.h"

enum { RETRY_AFTER_MS = 1000 };

/* Whole messages of header and metadata only.  False if there is no memory for
 * one: who should hear it must not wait for it. */
static bool post(struct broker *b,
                 uint64_t conn,
                 const struct wire_header *head,
                 const struct meta_writer *meta)
{
    uint8_t frame[WIRE_HEADER + 1024];
    size_t len = meta ? meta->len : 0;
    uint8_t *whole = frame;
    struct wire_header h = *head;

    if (meta && meta->failed)
        return false;
    h.meta_len = (uint32_t)len;
    if (len > sizeof frame - WIRE_HEADER) {
        whole = malloc(WIRE_HEADER + len);
        if (!whole)
            return false;
    }
    wire_put_header(whole, &h);
    if (len)
        memcpy(whole + WIRE_HEADER, meta->data, len);
    b->messages_out++;
    if (whole == frame)
        return link_server_post(b->link, conn, whole, WIRE_HEADER + len) !=
               ENOMEM;
    return link_server_send(b->link, conn, whole, WIRE_HEADER + len, NULL) !=
           ENOMEM;
}

void say(struct broker *b,
         struct peer *to,
         unsigned type,
         unsigned flags,
         uint64_t id,
         uint64_t ref,
         const struct meta_writer *meta)
{
    struct wire_header head = {
        .type = (uint8_t)type, .flags = (uint16_t)flags, .id = id, .ref = ref};

    /* What was decided before must not arrive after. */
    out_flush(b, to);
    to->messages_out++;
    if (!post(b, to->conn, &head, meta))
        out_break(b, to);
}

static bool post_error(struct broker *b,
                       uint64_t conn,
                       uint64_t id,
                       unsigned count,
                       int status,
                       bool final,
                       const char *text)
{
    struct wire_header head = {.type = WIRE_ERROR,
                               .flags = final ? WIRE_FINAL : 0,
                               .count = (uint16_t)count,
                               .id = id,
                               .ref = (uint64_t)status};
    struct meta_writer *w = &b->words;
    bool is_passing = status == PAR_OVERLOADED || status == PAR_QUOTA;

    meta_writer_reset(w);
    meta_put_map(w, is_passing ? 2 : 1);
    meta_pair_str(w, KEY_ANY_TEXT, text);
    if (is_passing)
        meta_pair_int(w, KEY_ANY_RETRY_AFTER_MS, RETRY_AFTER_MS);
    return post(b, conn, &head, w);
}

void say_error_to(struct broker *b,
                  uint64_t conn,
                  uint64_t id,
                  unsigned count,
                  int status,
                  bool final,
                  const char *text)
{
    if (!post_error(b, conn, id, count, status, final, text))
        link_server_cut(b->link, conn);
}

void say_error(struct broker *b,
               struct peer *to,
               uint64_t id,
               unsigned count,
               int status,
               bool final,
               const char *text)
{
    out_flush(b, to);
    to->messages_out++;
    if (!post_error(b, to->conn, id, count, status, final, text))
        out_break(b, to);
}

void say_goodbye(struct broker *b, uint64_t conn, enum wire_reason reason)
{
    struct wire_header head = {.type = WIRE_GOODBYE, .ref = reason};

    post(b, conn, &head, NULL);
}

void say_credit(struct broker *b, struct peer *to)
{
    struct meta_writer *w = &b->words;

    meta_writer_reset(w);
    meta_put_map(w, 1);
    meta_put_uint(w, KEY_CREDIT_GRANTS);
    meta_put_array(w, 1);
    meta_put_array(w, 5);
    meta_put_uint(w, CREDIT_RUN);
    meta_put_uint(w, to->runs.granted_items);
    meta_put_uint(w, to->runs.granted_bytes);
    meta_put_uint(w, to->results.used_items);
    meta_put_uint(w, to->results.used_bytes);
    say(b, to, WIRE_CREDIT, 0, 0, 0, w);
}

static void put_worker(struct broker *b,
                       struct meta_writer *w,
                       uint32_t worker,
                       int status,
                       struct payload_ref text)
{
    const char *name = sched_worker_name(b->sched, worker);

    meta_put_array(w, 3);
    meta_put_str(w, name ? name : "");
    meta_put_int(w, status);
    meta_put_strn(w, (const char *)payload_data(&b->payloads, text),
                  text.len > 1000 ? 1000 : text.len);
}

/* 1: [[worker, status, text], ...], as many as fit.  Returns how many are left
 * out. */
static uint32_t put_workers(struct broker *b,
                            struct meta_writer *w,
                            uint32_t target,
                            size_t room)
{
    struct payload_ref text;
    uint32_t worker, n = 0, more = 0;
    size_t mark;
    int status;

    meta_put_uint(w, KEY_READY_WORKERS);
    mark = meta_open_array(w);
    for (size_t i = 0;
         sched_target_worker(b->sched, target, i, &worker, &status, &text);
         i++) {
        size_t before = w->len;

        put_worker(b, w, worker, status, text);
        if (more == 0 && w->len <= room) {
            n++;
        } else {
            w->len = before;
            more++;
        }
    }
    meta_close_array(w, mark, n);
    return more;
}

void say_ready(struct broker *b, struct peer *to, uint64_t id, uint32_t target)
{
    enum { MORE = 6 }; /* octets of the last pair */
    struct computation *c = computations_by_target(&b->computations, target);
    struct meta_writer w = {0};
    uint32_t more;

    meta_put_map(&w, c && c->table ? 3 : 2);
    if (c && c->table) {
        meta_put_uint(&w, KEY_READY_FUNCTIONS);
        meta_put_raw(&w, c->table, c->table_len);
    }
    more = put_workers(b, &w, target, WIRE_META_MAX - MORE);
    meta_pair_int(&w, KEY_READY_MORE, more);
    say(b, to, WIRE_READY, 0, id, target, &w);
    meta_writer_clear(&w);
}
