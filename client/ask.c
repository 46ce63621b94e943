/* ask.c - questions: is it there, what does it do, who is registered */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "ask.h"
#include "call.h"
#include "clock.h"
#include "computation.h"
#include "connect.h"
#include "handle.h"
#include "meta_keys.h"
#include "pump.h"
#include "request.h"
#include "send.h"

enum {
    ROWS = 100000,
    LOOK_AGAIN = 50 /* ms between two looks at the workers */
};

/* Ask and wait. */
static int ask(struct par_client *c,
               struct wire_header *head,
               struct meta_writer *meta,
               int64_t timeout,
               struct request *q,
               struct par_error *err)
{
    head->id = q->id;
    if (client_say(c, head, meta->len > 0 ? meta : NULL, NULL, 0, err))
        return -1;
    return answer_wait(c, q, client_deadline(timeout), err);
}

int par_ping(struct par_client *c,
             const char *worker,
             uint32_t handle,
             int64_t timeout,
             uint64_t *rtt_us,
             struct par_error *err)
{
    struct wire_header head = {.type = WIRE_PING};
    struct meta_writer meta = {0};
    struct computation *k = NULL;
    struct request q;
    uint64_t begin;
    int rc;

    if (client_begin(c, err))
        return -1;
    if (handle != 0) {
        k = client_computation(c, handle);
        if (!k || k->session != c->session) {
            client_leave(c);
            return par_fail(err, PAR_CODE(PAR_UNKNOWN_HANDLE),
                            "%s is not set up (any more)",
                            k ? k->name : "the computation");
        }
        head.ref = k->handle;
    }
    if (worker) {
        meta_put_map(&meta, 1);
        meta_pair_str(&meta, KEY_PING_WORKER, worker);
    }
    begin = clock_us();
    request_open(c, &q);
    rc = ask(c, &head, &meta, timeout, &q, err);
    if (rc == 0 && rtt_us)
        *rtt_us = clock_us() - begin;
    request_close(&q);
    client_leave(c);
    meta_writer_clear(&meta);
    return rc;
}

/* Is it one array after another?  A careful reader takes no more than
 * META_ELEMENTS values in each. */
static bool are_arrays(const struct meta_writer *bytes)
{
    struct meta_reader in = meta_read(bytes->data, bytes->len);

    while (in.p < in.end) {
        struct meta_value v;
        struct meta_reader one;
        const uint8_t *at;
        size_t n;

        if (!meta_skip(&in, &at, &n) || !meta_check(at, n))
            return false;
        one = meta_read(at, n);
        if (!meta_next(&one, &v) || v.kind != META_ARRAY)
            return false;
    }
    return true;
}

int client_rows(struct par_client *c,
                const char *what,
                struct meta_writer *rows,
                bool *cut,
                struct par_error *err)
{
    struct wire_header head = {.type = WIRE_STATUS};
    struct meta_writer meta = {0};
    struct request q;
    int rc;

    meta_put_map(&meta, 2);
    meta_pair_str(&meta, KEY_STATUS_WHAT, what);
    meta_pair_int(&meta, KEY_STATUS_LIMIT, ROWS);
    if (client_begin(c, err)) {
        meta_writer_clear(&meta);
        return -1;
    }
    request_open(c, &q);
    rc = ask(c, &head, &meta, -1, &q, err);
    if (rc == 0 && !are_arrays(&q.body))
        rc = par_fail(err, EPROTO, "%s: the broker's answer cannot be read",
                      what);
    if (rc == 0) {
        meta_put_raw(rows, q.body.data, q.body.len);
        if (rows->failed)
            rc = par_fail(err, ENOMEM, "out of memory");
        if (cut)
            *cut = meta_int(q.meta.data, q.meta.len, KEY_STATUS_MORE, 0) != 0;
    }
    request_close(&q);
    client_leave(c);
    meta_writer_clear(&meta);
    return rc;
}

bool rows_next(struct rows *r, const uint8_t **row, size_t *len)
{
    struct meta_value v;

    while (r->left == 0) {
        const uint8_t *at;
        size_t n;

        if (!meta_skip(&r->arrays, &at, &n))
            return false;
        r->row = meta_read(at, n);
        if (!meta_next(&r->row, &v) || v.kind != META_ARRAY)
            return false;
        r->left = v.len;
    }
    r->left--;
    return meta_skip(&r->row, row, len);
}

struct rows rows_read(const struct meta_writer *bytes)
{
    return (struct rows){.arrays = meta_read(bytes->data, bytes->len)};
}

int par_status(struct par_client *c,
               const char *what,
               char **json,
               struct par_error *err)
{
    struct meta_writer bytes = {0};
    struct meta_writer out = {0};
    const uint8_t *row;
    struct rows rows;
    size_t len;
    size_t n = 0;
    int rc = client_rows(c, what, &bytes, NULL, err);

    meta_put_raw(&out, "[", 1);
    rows = rows_read(&bytes);
    while (rc == 0 && rows_next(&rows, &row, &len)) {
        if (n++ > 0)
            meta_put_raw(&out, ",", 1);
        if (meta_json(&out, row, len))
            rc = par_fail(err, EPROTO, "%s: the broker's answer is no table",
                          what);
    }
    meta_put_raw(&out, "]", 2); /* and the NUL */
    if (rc == 0 && out.failed)
        rc = par_fail(err, ENOMEM, "out of memory");
    meta_writer_clear(&bytes);
    if (rc)
        meta_writer_clear(&out);
    else
        *json = (char *)out.data;
    return rc;
}

static int count_workers(struct par_client *c,
                         unsigned *count,
                         struct par_error *err)
{
    struct meta_writer bytes = {0};
    const uint8_t *row;
    struct rows rows;
    size_t len;
    int rc = client_rows(c, "workers", &bytes, NULL, err);

    *count = 0;
    rows = rows_read(&bytes);
    while (rc == 0 && rows_next(&rows, &row, &len))
        (*count)++;
    meta_writer_clear(&bytes);
    return rc;
}

int par_wait_workers(struct par_client *c,
                     unsigned count,
                     int64_t timeout,
                     struct par_error *err)
{
    uint64_t deadline = client_deadline(timeout);
    unsigned there;

    for (;;) {
        uint64_t now;
        int rc;

        if (count_workers(c, &there, err))
            return -1;
        if (there >= count)
            return 0;
        if (client_begin(c, err))
            return -1;
        rc = client_patience(c, deadline, err,
                             "%u of %u workers are registered", there, count);
        now = clock_ms();
        if (rc == 0)
            client_turn(c, now + LOOK_AGAIN < deadline ? now + LOOK_AGAIN
                                                       : deadline);
        client_leave(c);
        if (rc)
            return -1;
    }
}

int par_cancel_job(struct par_client *c,
                   uint64_t number,
                   enum par_cancel mode,
                   struct par_error *err)
{
    struct wire_header head = {.type = WIRE_CANCEL, .ref = mode};
    struct meta_writer meta = {0};
    struct request q;
    int rc;

    meta_put_map(&meta, 1);
    meta_put_uint(&meta, KEY_ANY_JOB);
    meta_put_uint(&meta, number);
    if (client_begin(c, err)) {
        meta_writer_clear(&meta);
        return -1;
    }
    request_open(c, &q);
    rc = ask(c, &head, &meta, -1, &q, err);
    request_close(&q);
    client_leave(c);
    meta_writer_clear(&meta);
    return rc;
}
