/* sched_ready.c - whose run is next: lanes, demands and clients in ranks */
#include "config.h"

#include "sched_ready.h"

enum run_class lane_class(const struct sched *s, const struct lane *lane)
{
    return demand_at(s, lane->demand)->where.run_class;
}

int32_t lane_priority(const struct sched *s, const struct lane *lane)
{
    int64_t boosted = (int64_t)lane->priority + lane->boost;
    int32_t top = s->top[lane_class(s, lane)];

    if (top < lane->priority)
        top = lane->priority;
    return boosted < top ? (int32_t)boosted : top;
}

struct rank lane_rank(const struct sched *s, const struct lane *lane)
{
    const struct client *c = client_at(s, lane->client);

    if (c->paused) /* behind all others */
        return (struct rank){.priority = INT32_MIN, .served = READY_PAUSED};
    return (struct rank){
        .served = c->shares[lane_class(s, lane)].served,
        .lane = lane->served,
        .serial = job_at(s, lane_first(s, lane))->serial,
        .priority = lane_priority(s, lane),
        .client = c->number,
    };
}

static void demand_ready_at(void *owner, uint32_t place, uint32_t position)
{
    demand_at(owner, place)->ready_at = position;
}

void ready_join(struct sched *s, struct client *client)
{
    for (int i = 0; i < RUN_CLASSES; i++) {
        client->ready[i] = (struct ranks){.at = demand_ready_at, .owner = s};
        client->ready_at[i] = RANKS_NOWHERE;
    }
}

/* A client stands where its best demand would. */
static void client_rerank(struct sched *s,
                          uint32_t place,
                          enum run_class run_class)
{
    struct client *c = client_at(s, place);
    struct ranks *ready = &s->ready[run_class];
    uint32_t at = c->ready_at[run_class];
    struct rank rank;

    if (c->ready[run_class].used == 0) {
        if (at != RANKS_NOWHERE)
            ranks_remove(ready, at);
        return;
    }
    rank = c->ready[run_class].items[0].rank;
    rank.served = c->shares[run_class].served;
    if (at != RANKS_NOWHERE)
        ranks_move(ready, at, rank);
    else if (ranks_push(ready, rank, place) < 0)
        s->no_memory = true;
}

void ready_drop(struct sched *s, struct demand *d)
{
    enum run_class side = d->where.run_class;

    if (d->ready_at == RANKS_NOWHERE)
        return;
    ranks_remove(&client_at(s, d->ready_of)->ready[side], d->ready_at);
    client_rerank(s, d->ready_of, side);
}

void ready_put(struct sched *s, struct demand *d)
{
    uint32_t client = lane_at(s, d->lanes.items[0].place)->client;
    struct ranks *ready = &client_at(s, client)->ready[d->where.run_class];
    struct rank rank = d->lanes.items[0].rank;

    rank.served = 0; /* the same for all of them */
    if (d->ready_of != client)
        ready_drop(s, d);
    d->ready_of = client;
    if (d->ready_at != RANKS_NOWHERE)
        ranks_move(ready, d->ready_at, rank);
    else if (ranks_push(ready, rank, d->place) < 0)
        s->no_memory = true;
    client_rerank(s, client, d->where.run_class);
}

/* The best demand of the client that is next. */
static struct demand *next_demand(const struct sched *s,
                                  enum run_class run_class)
{
    const struct client *c = client_at(s, s->ready[run_class].items[0].place);

    return demand_at(s, c->ready[run_class].items[0].place);
}

/* With nobody to compete with, no rank matters. */
static bool is_alone(const struct sched *s, enum run_class run_class)
{
    const struct ranks *ready = &s->ready[run_class];

    return ready->used == 1 &&
           client_at(s, ready->items[0].place)->ready[run_class].used == 1 &&
           next_demand(s, run_class)->lanes.used == 1;
}

uint32_t ready_best(struct sched *s, enum run_class run_class)
{
    struct ranks *ready = &s->ready[run_class];

    if (is_alone(s, run_class))
        return next_demand(s, run_class)->lanes.items[0].place;

    while (ready->used > 0) {
        struct demand *d = next_demand(s, run_class);
        uint32_t lane = d->lanes.items[0].place;
        struct rank rank = lane_rank(s, lane_at(s, lane));

        if (!rank_is_same(&rank, &d->lanes.items[0].rank))
            ranks_move(&d->lanes, 0, rank);
        else if (rank_is_same(&rank, &ready->items[0].rank))
            return lane;
        ready_put(s, d);
    }
    return POOL_NONE;
}
