/* handlers_client.c - a RUN is checked, kept and submitted; CANCEL */
#include "config.h"

#include "handlers_client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "meta_keys.h"
#include "say.h"

enum { RUN_META_ROOM = 24 * 1024 }; /* 64 resources, 256 octets of each */

/* Which target does a RUN mean?  0 with the status otherwise. */
static uint32_t target_of(struct broker *b,
                          const struct peer *from,
                          const struct wire_msg *m,
                          int *status,
                          struct par_error *err)
{
    uint64_t handle = m->head.ref >> 32;
    char path[PEER_NAME * 4];
    ptrdiff_t len =
        meta_text(m->meta, m->head.meta_len, KEY_RUN_PATH, path, sizeof path);
    uint32_t target;

    *status = PAR_UNKNOWN_HANDLE;
    if (handle == 0 && len > 0 && strlen(path) == (size_t)len) {
        target = sched_path(b->sched, path);
        *status = PAR_INTERNAL;
        if (!target)
            par_fail(err, ENOMEM, "out of memory");
        return target;
    }
    if (handle == 0) {
        par_fail(err, EINVAL,
                 "RUN names neither a handle nor a path of 1 to 255 octets");
        *status = PAR_MALFORMED;
        return 0;
    }
    if (!sched_target_allows(b->sched, (uint32_t)handle, from->account)) {
        par_fail(err, ENOENT, "handle %llu is not set up",
                 (unsigned long long)handle);
        return 0;
    }
    return (uint32_t)handle;
}

static void forget_payloads(struct broker *b, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        payload_forget(&b->payloads, b->scratch[i]);
}

/* What the account has on its way through, and this too: is it too much? */
static bool is_too_much(const struct broker *b,
                        const struct peer *from,
                        const struct wire_msg *w)
{
    uint64_t held = payload_charged(&b->payloads, from->account);
    uint64_t more = w->second ? w->second_len : w->items_len;

    return held + more > b->limits.max_queued_bytes;
}

/* Keep the payloads, charged to the account: scratch[0..count-1] refer to
 * them.  Returns PAR_OK, or OVERLOADED: too much, or out of memory. */
static int keep_payloads(struct broker *b,
                         const struct peer *from,
                         struct link_msg *m,
                         struct par_error *err)
{
    const struct wire_msg *w = &m->wire;
    struct wire_item item;
    size_t cursor = 0;
    uint32_t block;

    if (is_too_much(b, from, w)) {
        par_fail(err, EAGAIN,
                 "this account's queue is full: max_queued_bytes %llu",
                 (unsigned long long)b->limits.max_queued_bytes);
        return PAR_OVERLOADED;
    }
    if (w->second) {
        block = payload_take(&b->payloads, &m->second);
        b->scratch[0] = (struct payload_ref){block, 0, (uint32_t)w->second_len};
    } else {
        block =
            payload_copy(&b->payloads, w->items, w->items_len, w->head.count);
        for (size_t i = 0; block && wire_next(w, &cursor, &item); i++)
            b->scratch[i] = (struct payload_ref){block, (uint32_t)item.offset,
                                                 (uint32_t)item.len};
    }
    if (block && !payload_charge(&b->payloads, block, from->account))
        return PAR_OK;
    if (block)
        forget_payloads(b, w->head.count);
    par_fail(err, ENOMEM, "out of memory");
    return PAR_OVERLOADED;
}

/* Has the client kept to what it was granted?  What it has sent counts, also
 * if it is refused: it counts so itself. */
static bool within_credit(struct peer *from, uint32_t items, uint64_t bytes)
{
    bool outstanding = from->runs.used_items > from->answered;
    bool allowed = credit_allows(&from->runs, items, bytes, outstanding);

    credit_use(&from->runs, items, bytes);
    return allowed;
}

static uint64_t run_bytes(const struct wire_msg *w)
{
    return w->second ? w->second_len
                     : w->items_len - (size_t)w->head.count * WIRE_RUN_ITEM;
}

void runs_undecoded(struct peer *client, struct link_msg *m)
{
    /* More than its payloads: that only raises the grant. */
    credit_use(&client->runs, m->wire.head.count,
               zmq_msg_size(&m->first) + zmq_msg_size(&m->second));
}

int on_run(struct broker *b,
           struct peer *from,
           struct link_msg *m,
           struct par_error *err)
{
    const struct wire_msg *w = &m->wire;
    struct job_batch batch = {.client = from->number,
                              .function = (uint32_t)w->head.ref,
                              .first_run = w->head.id,
                              .count = w->head.count,
                              .meta = w->meta,
                              .meta_len = w->head.meta_len,
                              .payloads = b->scratch};
    uint64_t serial;
    int status;

    if (!within_credit(from, w->head.count, run_bytes(w))) {
        par_fail(err, EDQUOT, "RUN beyond the credit that was granted");
        return PAR_NO_CREDIT;
    }
    if (w->head.flags & (WIRE_DURABLE | WIRE_DETACH | WIRE_BLOBREF)) {
        par_fail(err, ENOTSUP,
                 "RUN with DURABLE, DETACH or BLOBREF is not built yet");
        return PAR_UNSUPPORTED;
    }
    if (b->draining) {
        par_fail(err, ESHUTDOWN, "the broker is shutting down");
        return PAR_DRAINING;
    }
    /* There must be room for what we add on the way to the worker. */
    if (w->head.meta_len > WIRE_META_MAX - RUN_META_ROOM) {
        par_fail(err, EMSGSIZE, "RUN's metadata is over %d octets",
                 WIRE_META_MAX - RUN_META_ROOM);
        return PAR_TOO_LARGE;
    }
    if (w->head.count == 0 || w->head.id == 0 || w->head.id >= WIRE_BROKER_ID) {
        par_fail(err, EINVAL, "RUN wants items and an id below 2^52");
        return PAR_MALFORMED;
    }
    batch.target = target_of(b, from, w, &status, err);
    if (!batch.target)
        return status;
    status = keep_payloads(b, from, m, err);
    if (status == PAR_OK) {
        status = sched_submit(b->sched, b->now, &batch, &serial, err);
        if (status != PAR_OK)
            forget_payloads(b, batch.count);
    }
    if (status != PAR_OK)
        return status;
    from->has_run = true;
    if (peer_grant_runs(from))
        say_credit(b, from);
    return PAR_OK;
}

/* By the run's id, or by a job's public number, which any session of
 * the account may name; that is a request, answered with READY. */
int on_cancel(struct broker *b,
              struct peer *from,
              struct link_msg *m,
              struct par_error *err)
{
    const struct wire_msg *w = &m->wire;
    int64_t serial = meta_int(w->meta, w->head.meta_len, KEY_ANY_JOB, 0);
    unsigned mode = w->head.ref > 2 ? 0 : (unsigned)w->head.ref;
    int status;

    if (serial > 0)
        status = sched_cancel_job(b->sched, b->now, from->account,
                                  (uint64_t)serial, mode);
    else
        status = sched_cancel(b->sched, b->now, from->number, w->head.id, mode);
    if (status == PAR_OK) {
        if (serial > 0)
            say(b, from, WIRE_READY, 0, w->head.id, 0, NULL);
        return PAR_OK;
    }
    if (status == PAR_UNKNOWN_ID && serial <= 0) {
        /* It has ended meanwhile: no refusal of the run, only a word. */
        say_error(b, from, w->head.id, 0, status, false,
                  "there is no such job any more");
        return PAR_OK;
    }
    if (status == PAR_NOT_KILLABLE && serial <= 0) {
        say_error(b, from, w->head.id, 0, status, false,
                  "the job says cancel = never: it runs on");
        return PAR_OK;
    }
    par_fail(err, ENOENT,
             status == PAR_NOT_KILLABLE
                 ? "job %lld says cancel = never: it runs on"
                 : "there is no job %lld",
             (long long)serial);
    return status;
}
