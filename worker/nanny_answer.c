/* nanny_answer.c - runs wait in queues, and are answered */
#include "config.h"

#include <stdio.h>

#include "engine.h"
#include "nanny_answer.h"

void nanny_answer(struct nanny *n, struct run *r, const struct wire_item *item)
{
    r->state = RUN_ANSWERED;
    n->finished++;
    if (item->status != PAR_OK)
        n->failed++;
    results_add(&n->results, run_id(r), item);
}

void nanny_answer_facts(struct nanny *n,
                        struct run *r,
                        int status,
                        enum wire_executed executed,
                        uint64_t wall_us,
                        struct facts *facts)
{
    struct meta_writer w = {0};
    struct wire_item item = {.status = (uint16_t)status,
                             .executed = (uint8_t)executed,
                             .wall_us = wall_us < UINT32_MAX ? (uint32_t)wall_us
                                                             : UINT32_MAX};

    facts_write(&w, facts);
    item.data = w.data;
    item.len = w.failed ? 0 : w.len;
    nanny_answer(n, r, &item);
    meta_writer_clear(&w);
}

void nanny_answer_text(struct nanny *n,
                       struct run *r,
                       int status,
                       enum wire_executed executed,
                       const char *text)
{
    struct facts f = {.text = text,
                      .attempt = r->batch->attempt,
                      .worker = n->name,
                      .host = n->host,
                      .phase = executed == WIRE_NOT_EXECUTED ? "not started"
                                                             : "started"};

    nanny_answer_facts(n, r, status, executed, 0, &f);
}

void nanny_release(struct nanny *n, struct run *r)
{
    struct run_batch *b = r->batch;

    (void)n;
    r->state = RUN_ANSWERED;
    if (--b->open == 0)
        run_batch_destroy(b);
}

int nanny_doom_status(const struct nanny *n,
                      const struct run *r,
                      char *text,
                      size_t size)
{
    switch ((enum run_doom)r->doom) {
    case DOOM_TIMEOUT:
        snprintf(text, size, "ran longer than %llu ms",
                 (unsigned long long)r->batch->timeout_ms);
        return PAR_TIMEOUT;
    case DOOM_CLOSE:
        snprintf(text, size, "cancelled: its computation was closed");
        return PAR_CANCELLED;
    case DOOM_DRAIN:
        snprintf(text, size, "killed: worker %s was told to end at once",
                 n->name);
        return PAR_WORKER_LOST;
    default:
        snprintf(text, size, "cancelled");
        return PAR_CANCELLED;
    }
}

/* ---- queues ---- */

void nanny_queue(struct nanny *n, struct comp *c, struct run *r, bool front)
{
    enum slots_class class = r->batch->class;

    (void)n;
    r->state = RUN_QUEUED;
    if (front)
        list_prepend(&c->queue[class], &r->node);
    else
        list_append(&c->queue[class], &r->node);
    c->queued[class]++;
}

void nanny_empty_queue(struct nanny *n,
                       struct comp *c,
                       int status,
                       const char *text)
{
    for (int i = 0; i < SLOTS_CLASSES; i++)
        while (!list_is_empty(&c->queue[i])) {
            struct run *r = LIST_ENTRY(c->queue[i].next, struct run, node);

            list_remove(&r->node);
            c->queued[i]--;
            nanny_answer_text(n, r, status, WIRE_NOT_EXECUTED, text);
            nanny_release(n, r);
        }
}
