/* setup.c - sending code: par_setup() */
#include "config.h"

#include "answer.h"
#include "call.h"
#include "clock.h"
#include "computation.h"
#include "connect.h"
#include "handle.h"
#include "manifest.h"
#include "meta_keys.h"
#include "output.h"
#include "pump.h"
#include "request.h"
#include "send.h"
#include "value.h"

#include <stdio.h>
#include <string.h>

enum {
    AGAIN = 10 /* ms until what was being closed is asked for again */
};

static int put_setup(struct meta_writer *meta,
                     const struct par_setup *s,
                     struct par_error *err)
{
    size_t mark = meta_open_map(meta);
    uint32_t n = 1;

    meta_pair_int(meta, KEY_SETUP_WAIT, s->wait > 0 ? s->wait : 1);
    if (s->account) {
        meta_pair_int(meta, KEY_SETUP_LIFETIME, 1);
        n++;
    }
    if (s->function) {
        if (value_put_call(meta, s->function, s->args, s->arg_count, err))
            return -1;
        n++;
    }
    if (s->where) {
        meta_pair_str(meta, KEY_SETUP_TARGET, s->where);
        n++;
    }
    if (s->unplaceable_ms != 0) {
        meta_pair_int(meta, KEY_SETUP_UNPLACEABLE_MS, s->unplaceable_ms);
        n++;
    }
    meta_close_map(meta, mark, n);
    return 0;
}

/* Say SETUP and wait: it is the broker that gives up a worker which does not
 * answer. */
static int ask_setup(struct par_client *c,
                     const struct par_setup *s,
                     const struct manifest *m,
                     struct request *q,
                     struct par_error *err)
{
    struct wire_header head = {.type = WIRE_SETUP, .id = q->id};
    struct meta_writer meta = {0};
    int rc = put_setup(&meta, s, err);

    if (rc == 0)
        rc = client_say(c, &head, &meta, m->bytes.data, m->bytes.len, err);
    meta_writer_clear(&meta);
    if (rc)
        return -1;
    return answer_wait(
        c, q, client_deadline(s->timeout > 0 ? s->timeout : PAR_FOREVER), err);
}

static struct computation *find_same(const struct par_client *c,
                                     const struct digest *identity)
{
    for (uint32_t i = 0; i < c->computation_count; i++) {
        struct computation *k = c->computations[i];

        if (k->is_ours && digest_equal(&k->identity, identity))
            return k;
    }
    return NULL;
}

/* The same content is being closed, by a session that has just ended: that is
 * over soon. */
static bool wait_for_close(struct par_client *c,
                           uint64_t deadline,
                           struct par_error *err)
{
    uint64_t again = clock_ms() + AGAIN;

    while (clock_ms() < again && c->state == CLIENT_OPEN)
        client_turn(c, again);
    return c->state == CLIENT_OPEN &&
           client_patience(c, deadline, err,
                           "it is being closed, which takes "
                           "too long") == 0;
}

static int ask(struct par_client *c,
               const struct par_setup *s,
               const struct manifest *m,
               struct computation *k,
               struct par_error *err)
{
    uint64_t deadline = client_deadline(s->timeout > 0 ? s->timeout : -1);
    struct request q;
    bool again;
    int rc;

    do {
        request_open(c, &q);
        rc = ask_setup(c, s, m, &q, err);
        if (rc == 0)
            rc = computation_adopt(c, k, &q, err);
        else
            output_keep(c, &q);
        again = rc && q.status == PAR_CLOSING;
        request_close(&q);
    } while (again && wait_for_close(c, deadline, err));
    return rc;
}

static int set_up(struct par_client *c,
                  const struct par_setup *s,
                  struct manifest *m,
                  uint32_t *number,
                  struct par_error *err)
{
    struct digest identity;
    struct computation *k;
    int rc;

    digest_of(&identity, m->bytes.data, m->bytes.len);
    k = find_same(c, &identity);
    if (k && k->session == c->session && !s->function && s->wait <= 1 &&
        !s->account) {
        *number = k->number;
        return 0;
    }
    if (!k) {
        k = computation_add(c, err);
        if (!k)
            return -1;
        k->is_ours = true;
        k->is_exec = strcmp(s->kind, "exec") == 0;
        k->identity = identity;
        snprintf(k->name, sizeof k->name, "%s", m->name);
        k->sources = m->sources;
        m->sources = (struct sources){0};
    }
    k->users++;
    rc = ask(c, s, m, k, err);
    k->users--;
    if (rc == 0)
        *number = k->number;
    computation_settle(c, k);
    return rc ? par_fail_in(err, m->name) : 0;
}

int par_setup(struct par_client *c,
              const struct par_setup *setup,
              uint32_t *handle,
              struct par_error *err)
{
    struct manifest m;
    int rc = manifest_make(&m, setup, err);

    if (rc == 0 && (rc = client_begin(c, err)) == 0) {
        output_forget();
        rc = set_up(c, setup, &m, handle, err);
        client_leave(c);
    }
    manifest_clear(&m);
    return rc;
}
