/* teardown.c - taking a computation down: par_teardown() */
#include "config.h"

#include "answer.h"
#include "call.h"
#include "computation.h"
#include "connect.h"
#include "meta_keys.h"
#include "output.h"
#include "request.h"
#include "send.h"
#include "value.h"

enum {
    CLOSE_MARGIN = 10000 /* ms for what follows the timeout of a CLOSE */
};

static int put_teardown(struct meta_writer *meta,
                        const struct par_teardown *how,
                        struct par_error *err)
{
    size_t mark = meta_open_map(meta);
    uint32_t n = 1;

    if (how->function) {
        if (value_put_call(meta, how->function, how->args, how->arg_count, err))
            return -1;
        n++;
    }
    if (how->where) {
        meta_pair_str(meta, KEY_CLOSE_TARGET, how->where);
        n++;
    }
    meta_pair_int(meta, KEY_CLOSE_MODE, how->terminate);
    if (how->timeout > 0 && !how->terminate) {
        meta_pair_int(meta, KEY_CLOSE_TIMEOUT_MS, how->timeout);
        n++;
    }
    meta_close_map(meta, mark, n);
    return 0;
}

static int tear_down(struct par_client *c,
                     struct computation *k,
                     const struct par_teardown *how,
                     struct par_error *err)
{
    struct wire_header head = {.type = WIRE_CLOSE, .ref = k->handle};
    uint64_t deadline =
        client_deadline(how->timeout > 0 ? how->timeout : PAR_FOREVER);
    struct meta_writer meta = {0};
    struct request q;
    int rc;

    request_open(c, &q);
    head.id = q.id;
    rc = put_teardown(&meta, how, err);
    if (rc == 0)
        rc = client_end_batch(c, err);
    if (rc == 0)
        rc = client_say(c, &head, &meta, NULL, 0, err);
    if (rc == 0)
        rc = answer_wait(c, &q, deadline + CLOSE_MARGIN, err);
    /* SETUP_FAILED: its closing function failed, but it is closed.  Another
     * thread may have set it up again. */
    if (k->handle == head.ref && (rc == 0 || q.status == PAR_SETUP_FAILED ||
                                  q.status == PAR_UNKNOWN_HANDLE))
        k->session = 0;
    if (rc)
        output_keep(c, &q);
    meta_writer_clear(&meta);
    request_close(&q);
    return rc ? par_fail_in(err, k->name) : 0;
}

int par_teardown(struct par_client *c,
                 uint32_t handle,
                 const struct par_teardown *how,
                 struct par_error *err)
{
    static const struct par_teardown drain;
    struct computation *k;
    int rc = -1;

    if (client_begin(c, err))
        return -1;
    output_forget();
    k = computation_need(c, handle, err);
    if (k) {
        k->users++;
        rc = tear_down(c, k, how ? how : &drain, err);
        k->users--;
        computation_settle(c, k);
    }
    client_leave(c);
    return rc;
}
