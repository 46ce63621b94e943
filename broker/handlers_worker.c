/* handlers_worker.c - facts from workers, for the scheduler; REGISTER */
#include "config.h"

#include "handlers_worker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "meta_keys.h"
#include "say.h"
#include "utf8.h"

enum {
    PATH_SIZE = 256,  /* of a registered function, its NUL included */
    PATHS_MAX = 4096, /* of a worker */
    OFFER_ROOM = 10   /* octets of [path, handle], but for the path's own */
};

/* READY: a SETUP or CLOSE is done.  The table of functions counts only from a
 * worker that was asked to set this up. */
int on_ready(struct broker *b,
             struct peer *from,
             struct link_msg *m,
             struct par_error *err)
{
    const struct wire_header *head = &m->wire.head;
    uint32_t target = sched_setup_target(b->sched, from->number, head->id);
    struct computation *c = computations_by_target(&b->computations, target);
    struct payload_ref text = {0};
    struct par_error why = {0};
    int status = PAR_OK;

    (void)err;
    if (c && computations_keep_table(c, m->wire.meta, head->meta_len, &why)) {
        log_line(LOG_WARN, "worker %s: %s: %s", from->name, c->name, why.text);
        status = PAR_SETUP_FAILED;
        text.len = (uint32_t)strlen(why.text);
        text.block = payload_copy(&b->payloads, why.text, text.len, 1);
        text.len = text.block ? text.len : 0;
    }
    sched_request_done(b->sched, b->now, from->number, head->id, status, text);
    return PAR_OK;
}

/* The items of a RESULT: their payloads stay in the frame, which becomes a
 * block; those that nobody waits for are dropped at once. */
int on_result(struct broker *b,
              struct peer *from,
              struct link_msg *m,
              struct par_error *err)
{
    struct wire_msg w = m->wire;
    struct wire_item item;
    size_t cursor = 0;
    uint32_t block, skip = 0;

    (void)err;
    if (w.head.count == 0)
        return PAR_OK;
    if (!w.second)
        skip = (uint32_t)(w.items - (const uint8_t *)zmq_msg_data(&m->first));
    block = payload_move(&b->payloads, w.second ? &m->second : &m->first,
                         w.head.count);
    if (!block) {
        /* Its jobs end when it leaves; better one worker than all of us. */
        link_server_cut(b->link, from->conn);
        return PAR_OK;
    }
    /* The frame may have moved with its zmq_msg_t (small ones live inside). */
    if (!w.second)
        w.items =
            payload_data(&b->payloads, (struct payload_ref){block, 0, 0}) +
            skip;
    while (wire_next(&w, &cursor, &item)) {
        struct job_outcome outcome = {
            .status = item.status,
            .executed = item.executed,
            .wall_us = item.wall_us,
            .payload = {block, w.second ? 0 : skip + (uint32_t)item.offset,
                        (uint32_t)item.len}};

        if (!sched_result(b->sched, b->now, from->number,
                          w.head.id + item.index, &outcome))
            payload_forget(&b->payloads, outcome.payload);
    }
    return PAR_OK;
}

int on_started(struct broker *b,
               struct peer *from,
               struct link_msg *m,
               struct par_error *err)
{
    (void)err;
    sched_started(b->sched, b->now, from->number, m->wire.head.id);
    return PAR_OK;
}

int on_recalled(struct broker *b,
                struct peer *from,
                struct link_msg *m,
                struct par_error *err)
{
    const struct wire_msg *w = &m->wire;
    struct meta_value v;
    struct meta_reader in;

    if (!meta_find(w->meta, w->head.meta_len, KEY_RECALL_IDS, &v, &in) ||
        v.kind != META_ARRAY) {
        par_fail(err, EINVAL, "RECALLED wants [ids] under key 1");
        return PAR_MALFORMED;
    }
    for (size_t i = v.len; i > 0 && meta_next(&in, &v); i--)
        if (v.kind == META_INT && v.i > 0)
            sched_returned(b->sched, b->now, from->number, v.u);
    return PAR_OK;
}

/* One [path, signature] of a REGISTER, and how much of the answer its
 * [path, handle] will be. */
static bool read_offer(struct meta_reader *in,
                       char path[PATH_SIZE],
                       size_t *room)
{
    struct meta_value v;

    if (!meta_next(in, &v) || v.kind != META_ARRAY || v.len != 2 ||
        !meta_next(in, &v) || v.kind != META_STR || v.len == 0 ||
        v.len >= PATH_SIZE)
        return false;
    for (size_t i = 0, step; i < v.len; i += step) {
        step = utf8_step(v.data + i, v.len - i);
        if (step == 0 || v.data[i] <= ' ' || v.data[i] == 0x7F)
            return false;
    }
    memcpy(path, v.data, v.len);
    path[v.len] = '\0';
    *room += v.len + OFFER_ROOM;
    return meta_next(in, &v) && v.kind == META_STR;
}

/* Look at all before the first one counts. */
static int check_offers(const struct peer *from,
                        struct meta_reader in,
                        size_t count,
                        struct par_error *err)
{
    char path[PATH_SIZE];
    size_t room = 0;

    if (count > PATHS_MAX - from->paths) {
        par_fail(err, EDQUOT, "a worker may offer %d paths", PATHS_MAX);
        return PAR_QUOTA;
    }
    for (size_t i = 0; i < count; i++)
        if (!read_offer(&in, path, &room)) {
            par_fail(err, EINVAL,
                     "REGISTER wants [[path, signature], ...] under key 1, "
                     "paths of 1 to %d octets without white space",
                     PATH_SIZE - 1);
            return PAR_MALFORMED;
        }
    if (room <= WIRE_META_MAX - OFFER_ROOM)
        return PAR_OK;
    par_fail(err, E2BIG, "so many paths do not fit one answer: send fewer");
    return PAR_TOO_LARGE;
}

/* Adds [path, handle] to the answer. */
static int register_path(struct broker *b,
                         struct peer *from,
                         const char *path,
                         struct meta_writer *answer)
{
    uint32_t target = sched_path(b->sched, path);

    if (!target)
        return PAR_INTERNAL;
    if (!sched_offers(b->sched, from->number, target)) {
        if (sched_register(b->sched, b->now, from->number, target))
            return PAR_INTERNAL;
        from->paths++;
    }
    meta_put_array(answer, 2);
    meta_put_str(answer, path);
    meta_put_uint(answer, target);
    return PAR_OK;
}

int on_register(struct broker *b,
                struct peer *from,
                struct link_msg *m,
                struct par_error *err)
{
    const struct wire_msg *w = &m->wire;
    struct meta_writer answer = {0};
    struct meta_value v;
    struct meta_reader in;
    char path[PATH_SIZE];
    size_t room = 0;
    int status;

    if (!meta_find(w->meta, w->head.meta_len, KEY_REGISTER_PATHS, &v, &in) ||
        v.kind != META_ARRAY) {
        par_fail(err, EINVAL, "REGISTER wants [[path, signature], ...]");
        return PAR_MALFORMED;
    }
    status = check_offers(from, in, v.len, err);
    if (status != PAR_OK)
        return status;
    meta_put_map(&answer, 1);
    meta_put_uint(&answer, KEY_REGISTER_HANDLES);
    meta_put_array(&answer, (uint32_t)v.len);
    for (size_t i = v.len; status == PAR_OK && i > 0; i--) {
        read_offer(&in, path, &room);
        status = register_path(b, from, path, &answer);
    }
    if (status == PAR_OK)
        say(b, from, WIRE_READY, 0, w->head.id, 0, &answer);
    else
        par_fail(err, ENOMEM, "out of memory");
    meta_writer_clear(&answer);
    return status;
}

int on_unregister(struct broker *b,
                  struct peer *from,
                  struct link_msg *m,
                  struct par_error *err)
{
    const struct wire_msg *w = &m->wire;
    struct meta_value v;
    struct meta_reader in;

    if (!meta_find(w->meta, w->head.meta_len, KEY_REGISTER_HANDLES, &v, &in) ||
        v.kind != META_ARRAY) {
        par_fail(err, EINVAL, "UNREGISTER wants [handles] under key 1");
        return PAR_MALFORMED;
    }
    for (size_t i = v.len; i > 0 && meta_next(&in, &v); i--)
        if (v.kind == META_INT && v.i > 0 && v.i <= UINT32_MAX &&
            sched_offers(b->sched, from->number, (uint32_t)v.u)) {
            sched_unregister(b->sched, b->now, from->number, (uint32_t)v.u);
            from->paths--;
        }
    say(b, from, WIRE_READY, 0, w->head.id, 0, NULL);
    return PAR_OK;
}
