/* setup.c - SETUPs that wait: refused, or handed to the scheduler */
#include "config.h"

#include "setup.h"

#include <stdio.h>
#include <stdlib.h>

#include "say.h"

void setup_refuse(struct broker *b,
                  struct waiting_setup *wait,
                  int status,
                  const char *text)
{
    struct peer *client = peers_by_number(&b->peers, wait->order.client);

    if (client) {
        client->requests--;
        say_error(b, client, wait->order.id, 0, status, true, text);
    }
    payload_forget(&b->payloads, wait->order.call);
    list_remove(&wait->node);
    free(wait);
}

void setup_refuse_all(struct broker *b,
                      struct computation *c,
                      int status,
                      const char *text)
{
    while (!list_is_empty(&c->waiting))
        setup_refuse(b, LIST_ENTRY(c->waiting.next, struct waiting_setup, node),
                     status, text);
}

void setup_drop(struct broker *b, struct computation *c)
{
    for (size_t i = 0; i < c->needed; i++)
        blobs_drop(b->blobs, c->account, &c->files[i].hash);
    setup_refuse_all(b, c, PAR_CLOSING, "the computation was dropped");
    computations_remove(&b->computations, c);
}

void setup_retire(struct broker *b, uint32_t target)
{
    struct computation *c = computations_by_target(&b->computations, target);

    if (c)
        setup_drop(b, c);
}

static const char *why_not(int status,
                           const struct waiting_setup *wait,
                           char text[PAR_ERROR_TEXT])
{
    if (status == PAR_UNKNOWN_WORKER)
        snprintf(text, PAR_ERROR_TEXT, "no worker and no host is called %.100s",
                 wait->where);
    else if (status == PAR_CLOSING)
        snprintf(text, PAR_ERROR_TEXT, "it is being closed: try again");
    else
        snprintf(text, PAR_ERROR_TEXT, "the set-up was refused: %s",
                 par_status_name(status));
    return text;
}

/* A worker may take as long for its files as a client. */
static uint64_t files_ms(const struct computation *c)
{
    uint64_t chunks = 0;

    for (size_t i = 0; i < c->file_count; i++)
        chunks += c->files[i].size / WIRE_CHUNK_MAX + 1;
    return chunks * BROKER_CHUNK_MS;
}

void setup_finish(struct broker *b, struct computation *c)
{
    if (!c->target) { /* it may be set up again */
        uint32_t target = sched_target_add(b->sched, c->account, c->name);

        if (target)
            computations_set_target(&b->computations, c, target);
        sched_target_extra(b->sched, target, files_ms(c));
    }
    while (!list_is_empty(&c->waiting)) {
        struct waiting_setup *wait =
            LIST_ENTRY(c->waiting.next, struct waiting_setup, node);
        int status = PAR_OVERLOADED;
        char text[PAR_ERROR_TEXT];

        wait->order.target = c->target;
        if (c->target)
            status = sched_setup(b->sched, b->now, &wait->order);
        if (status != PAR_OK) {
            setup_refuse(b, wait, status, why_not(status, wait, text));
            continue;
        }
        list_remove(&wait->node);
        free(wait);
    }
    if (!c->target)
        setup_drop(b, c);
}
