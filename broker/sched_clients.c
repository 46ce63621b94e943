/* sched_clients.c - clients come and go, and accounts with them */
#include "config.h"

#include "sched_end.h"
#include "sched_order.h"
#include "sched_queue.h"

#include <stdlib.h>

static uint32_t find_account(struct sched *s, uint32_t number)
{
    uint32_t place = idmap_get(&s->accounts, number);

    if (place != IDMAP_NONE)
        return place;
    place = pool_take(&s->account_pool);
    if (place == POOL_NONE)
        return POOL_NONE;
    if (idmap_put(&s->accounts, number, place) < 0) {
        pool_give(&s->account_pool, place);
        return POOL_NONE;
    }
    account_at(s, place)->number = number;
    return place;
}

int sched_client_join(struct sched *s, uint32_t client, uint32_t account)
{
    uint32_t a;
    uint32_t place;
    struct client *c;

    if (client == 0 || account == 0 || client_find(s, client) != POOL_NONE)
        return -1;
    a = find_account(s, account);
    if (a == POOL_NONE)
        return -1;
    account_at(s, a)->clients++;
    place = pool_take(&s->client_pool);
    if (place != POOL_NONE && idmap_put(&s->clients, client, place) == 0) {
        c = client_at(s, place);
        c->number = client;
        c->account = a;
        list_init(&c->lanes);
        for (int i = 0; i < RUN_CLASSES; i++) /* behind those who wait */
            share_join(&c->shares[i], &s->fleet[i]);
        ready_join(s, c);
        s->client_count++;
        return 0;
    }
    if (place != POOL_NONE)
        pool_give(&s->client_pool, place);
    if (--account_at(s, a)->clients == 0)
        pool_give(&s->account_pool, idmap_take(&s->accounts, account));
    return -1;
}

/* Every job of its that it has not detached loses its reason to be. */
static void orphan_jobs(struct sched *s, uint32_t place)
{
    const struct spans *spans = &client_at(s, place)->spans;

    for (size_t i = spans->first; i < spans->end; i++) {
        struct span span = spans->items[i];

        for (uint32_t k = 0; k < span.count; k++) {
            uint32_t job = serials_get(&s->jobs, span.first_serial + k);

            if (job != POOL_NONE && !job_at(s, job)->detach)
                end_orphan(s, job);
        }
    }
}

void sched_client_leave(struct sched *s, uint64_t now, uint32_t client)
{
    uint32_t place = idmap_take(&s->clients, client);
    struct client *c;

    sched_hear(s, now);
    if (place == IDMAP_NONE)
        return;
    c = client_at(s, place);
    order_client_gone(s, client);
    order_drop_holds(s, place);
    queue_pause(s, place, false); /* what it has detached goes on */
    s->client_count--;
    c->gone = true;
    c->jobs++; /* so that it does not vanish with its last job, half-way */
    orphan_jobs(s, place);
    c->jobs--;
    end_ghost(s, place);
}

void sched_client_pause(struct sched *s,
                        uint64_t now,
                        uint32_t client,
                        bool pause)
{
    uint32_t place = client_find(s, client);

    sched_hear(s, now);
    if (place != POOL_NONE)
        queue_pause(s, place, pause);
}
