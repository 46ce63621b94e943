/* write.c - standard input of commands */
#include "config.h"

#include <errno.h>

#include "call.h"
#include "flow.h"
#include "handle.h"
#include "meta.h"
#include "meta_keys.h"
#include "pump.h"
#include "send.h"
#include "stream.h"

enum { STREAM_IN = 0 };

static int say_input(struct par_client *c,
                     struct run *run,
                     const void *data,
                     size_t len,
                     bool end,
                     struct par_error *err)
{
    struct wire_header head = {.type = WIRE_STREAM,
                               .flags = end ? WIRE_FINAL : 0,
                               .id = run->id,
                               .ref = run->flow->in.used};
    struct meta_writer meta = {0};
    int rc;

    run->flow->in.used += len;
    run->flow->in.ended = end;
    meta_put_map(&meta, 1);
    meta_pair_int(&meta, KEY_STREAM_NUMBER, STREAM_IN);
    rc = client_say(c, &head, &meta, len > 0 ? data : NULL, len, err);
    meta_writer_clear(&meta);
    return rc;
}

/* How much may be written now, of `len`; waits until it is something.  NULL:
 * the job has ended, or the time. */
static struct run *wait_for_room(struct par_client *c,
                                 uint64_t job,
                                 uint64_t deadline,
                                 size_t len,
                                 size_t *room,
                                 struct par_error *err)
{
    uint64_t left;

    for (;;) {
        struct run *run = runs_find(&c->runs, job);

        if (!run || run->done) {
            par_fail(err, EPIPE, "job %llu has ended", (unsigned long long)job);
            return NULL;
        }
        if (!client_flow(run)) {
            par_fail(err, ENOMEM, "out of memory");
            return NULL;
        }
        if (run->flow->in.ended) {
            par_fail(err, EINVAL, "the input of job %llu has been ended",
                     (unsigned long long)job);
            return NULL;
        }
        left = run->flow->in.granted - run->flow->in.used;
        *room = left < len ? (size_t)left : len;
        if (*room > WIRE_CHUNK_MAX)
            *room = WIRE_CHUNK_MAX;
        /* Before its first grant nobody is there to hear even an end. */
        if (*room > 0 || (len == 0 && run->flow->in.granted > 0))
            return run;
        if (client_patience(c, deadline, err,
                            "job %llu does not read its input",
                            (unsigned long long)job))
            return NULL;
        client_turn(c, deadline);
    }
}

int par_write(struct par_client *c,
              uint64_t job,
              const void *data,
              size_t len,
              bool end,
              int64_t timeout,
              struct par_error *err)
{
    uint64_t deadline = client_deadline(timeout);
    const char *at = data;
    int rc = 0;

    if (client_enter(c, err))
        return -1;
    client_end_batch(c, NULL); /* the job itself goes first */
    do {
        size_t n;
        struct run *run = wait_for_room(c, job, deadline, len, &n, err);

        if (!run) {
            rc = -1;
            break;
        }
        if (n > 0 || end)
            rc = say_input(c, run, at, n, end && n == len, err);
        at += n;
        len -= n;
    } while (rc == 0 && len > 0);
    client_leave(c);
    return rc;
}
