/* run.c - starting jobs, and asking for their end */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "call.h"
#include "computation.h"
#include "connect.h"
#include "handle.h"
#include "pump.h"
#include "run.h"
#include "send.h"
#include "signature.h"
#include "value.h"

static bool joins_batch(struct par_client *c,
                        uint64_t ref,
                        const struct meta_writer *options,
                        size_t len)
{
    const struct wire_header *h = &c->batch.head;

    return h->count > 0 && h->ref == ref && h->id + h->count == c->next_id &&
           h->meta_len == options->len &&
           (options->len == 0 || memcmp(c->batch.frame.data + WIRE_HEADER,
                                        options->data, options->len) == 0) &&
           !batch_is_full(&c->batch, len);
}

/* A large payload travels as a frame of its own, alone in its message. */
static int send_large(struct par_client *c,
                      const void *payload,
                      size_t len,
                      struct par_error *err)
{
    zmq_msg_t second;
    size_t frame_len;
    uint8_t *frame;
    int rc;

    batch_add_run(&c->batch, 0, NULL, WIRE_SECOND_FRAME);
    if (zmq_msg_init_size(&second, len)) {
        batch_clear(&c->batch);
        return par_fail(err, ENOMEM, "out of memory");
    }
    memcpy(zmq_msg_data(&second), payload, len);
    frame = batch_take(&c->batch, &frame_len);
    rc = client_send(c, frame, frame_len, &second, err);
    zmq_msg_close(&second);
    return rc;
}

/* For as long as it takes: the broker's life is watched, and a loss ends it. */
static int wait_for_credit(struct par_client *c,
                           size_t len,
                           struct par_error *err)
{
    while (c->state == CLIENT_OPEN &&
           !credit_allows(&c->run_credit, 1, len, c->runs.open_count > 0)) {
        if (client_end_batch(c, err) ||
            client_patience(c, UINT64_MAX, err, "no credit"))
            return -1;
        client_turn(c, UINT64_MAX / 2);
    }
    if (c->state == CLIENT_OPEN)
        return 0;
    return par_fail(err, c->trouble.code, "%s", c->trouble.text);
}

struct run *client_run(struct par_client *c,
                       const struct par_function *function,
                       const struct meta_writer *options,
                       const void *payload,
                       size_t len,
                       struct group *group,
                       struct par_error *err)
{
    struct wire_header head = {.type = WIRE_RUN};
    struct run *run;

    if (len > WIRE_ITEM_MAX) {
        par_fail(err, PAR_CODE(PAR_TOO_LARGE),
                 "%s%sarguments of %zu bytes are over the limit of %d",
                 function->name, *function->name ? ": " : "", len,
                 WIRE_ITEM_MAX);
        return NULL;
    }
    if (wait_for_credit(c, len, err) ||
        computation_ref(c, function, &head.ref, err))
        return NULL;
    if (!joins_batch(c, head.ref, options, len)) {
        if (client_end_batch(c, err))
            return NULL;
        head.id = c->next_id;
        batch_begin(&c->batch, &head, options->data, options->len);
    }
    run = runs_add(&c->runs, group, c->next_id, (uint32_t)len);
    if (!run) {
        par_fail(err, ENOMEM, "out of memory");
        return NULL;
    }
    c->next_id++;
    credit_use(&c->run_credit, 1, len);
    if (len > WIRE_PACKED_MAX) {
        if (send_large(c, payload, len, err)) {
            runs_remove(&c->runs, run);
            return NULL;
        }
        return run;
    }
    batch_add_run(&c->batch, 0, payload, (uint32_t)len);
    if (batch_is_full(&c->batch, 0))
        client_end_batch(c, NULL);
    else
        client_poke(c);
    return run;
}

int client_pack(struct par_client *c,
                const struct par_function *function,
                const struct par_value *args,
                size_t count,
                struct meta_writer *payload,
                struct par_error *err)
{
    if (value_put_array(payload, args, count, err))
        return -1;
    return computation_check(c, function, payload, err);
}

/* The end of par_run() and par_run_raw(), the lock held. */
static int start(struct par_client *c,
                 const struct par_function *function,
                 const void *payload,
                 size_t len,
                 const struct par_run_options *options,
                 uint64_t *job,
                 struct par_error *err)
{
    struct meta_writer meta = {0};
    struct run *run = NULL;

    if (client_run_options(function, options, &meta, err) == 0)
        run = client_run(c, function, &meta, payload, len, &c->group, err);
    if (run)
        *job = run->id;
    meta_writer_clear(&meta);
    return run ? 0 : -1;
}

int par_run_raw(struct par_client *c,
                const struct par_function *function,
                const void *payload,
                size_t len,
                const struct par_run_options *options,
                uint64_t *job,
                struct par_error *err)
{
    int rc;

    if (client_begin(c, err))
        return -1;
    rc = start(c, function, payload, len, options, job, err);
    client_leave(c);
    return rc;
}

int par_run(struct par_client *c,
            const struct par_function *function,
            const struct par_value *args,
            size_t count,
            const struct par_run_options *options,
            uint64_t *job,
            struct par_error *err)
{
    struct meta_writer payload = {0};
    int rc;

    if (client_begin(c, err))
        return -1;
    rc = client_pack(c, function, args, count, &payload, err);
    if (rc == 0)
        rc = start(c, function, payload.data, payload.len, options, job, err);
    client_leave(c);
    meta_writer_clear(&payload);
    return rc;
}

/* One payload of par_run_many(): as it is, or a value as the one argument. */
static struct run *run_one(struct par_client *c,
                           const struct par_function *function,
                           const struct meta_writer *meta,
                           const struct par_value *value,
                           struct par_error *err)
{
    struct meta_writer payload = {0};
    struct run *run = NULL;

    if (value->type == PAR_T_RAW)
        return client_run(c, function, meta, value->data, value->len, &c->group,
                          err);
    if (client_pack(c, function, value, 1, &payload, err) == 0)
        run = client_run(c, function, meta, payload.data, payload.len,
                         &c->group, err);
    meta_writer_clear(&payload);
    return run;
}

int par_run_many(struct par_client *c,
                 const struct par_function *function,
                 const struct par_value *payloads,
                 size_t count,
                 const struct par_run_options *options,
                 uint64_t *jobs,
                 struct par_error *err)
{
    struct meta_writer meta = {0};
    int rc;

    for (size_t i = 0; i < count; i++)
        jobs[i] = 0;
    if (client_begin(c, err))
        return -1;
    rc = client_run_options(function, options, &meta, err);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        struct run *run = run_one(c, function, &meta, &payloads[i], err);

        if (run)
            jobs[i] = run->id;
        else
            rc = -1;
    }
    client_leave(c);
    meta_writer_clear(&meta);
    return rc;
}

int par_flush(struct par_client *c, struct par_error *err)
{
    int rc;

    if (client_begin(c, err))
        return -1;
    rc = client_end_batch(c, err);
    client_leave(c);
    return rc;
}
