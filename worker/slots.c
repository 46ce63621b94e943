/* slots.c - one pass over the seats for each decision */
#include "config.h"

#include <assert.h>
#include <stdlib.h>

#include "slots.h"

#define NOBODY UINT32_MAX

enum slots_state { SLOTS_EMPTY, SLOTS_STARTING, SLOTS_WARM, SLOTS_ENDING };

struct slots_seat {
    enum slots_state state;
    bool blocked; /* gets nothing for now */
    bool leaving; /* gets nothing more; ended as soon as it is idle */
    uint32_t work;
    unsigned held;
    uint64_t order; /* of its last use: the largest is the warmest */
    uint64_t idle_since;
};

struct slots {
    unsigned count;
    unsigned cpu;
    uint64_t uses;
    struct slots_seat *seats;
};

struct slots *slots_create(unsigned cpu, unsigned io)
{
    struct slots *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->cpu = cpu;
    s->count = cpu + io;
    s->seats = calloc(s->count ? s->count : 1, sizeof *s->seats);
    if (!s->seats) {
        slots_destroy(s);
        return NULL;
    }
    return s;
}

void slots_destroy(struct slots *s)
{
    if (!s)
        return;
    free(s->seats);
    free(s);
}

unsigned slots_count(const struct slots *s)
{
    return s->count;
}

static struct slots_seat *seat_in(struct slots *s, unsigned seat)
{
    assert(seat < s->count);
    return &s->seats[seat];
}

void slots_begin(struct slots *s, unsigned seat, uint32_t work)
{
    struct slots_seat *it = seat_in(s, seat);

    assert(it->state == SLOTS_EMPTY && work != 0);
    *it = (struct slots_seat){.state = SLOTS_STARTING, .work = work};
}

void slots_warm(struct slots *s, unsigned seat, uint64_t now)
{
    struct slots_seat *it = seat_in(s, seat);

    assert(it->state == SLOTS_STARTING);
    it->state = SLOTS_WARM;
    it->idle_since = now;
    it->order = ++s->uses;
}

void slots_gave(struct slots *s, unsigned seat, unsigned items)
{
    struct slots_seat *it = seat_in(s, seat);

    assert(it->state == SLOTS_WARM);
    it->held += items;
    it->order = ++s->uses;
}

void slots_done(struct slots *s, unsigned seat, unsigned items, uint64_t now)
{
    struct slots_seat *it = seat_in(s, seat);

    assert(it->held >= items);
    it->held -= items;
    it->idle_since = now;
    it->order = ++s->uses;
}

void slots_block(struct slots *s, unsigned seat, bool blocked)
{
    seat_in(s, seat)->blocked = blocked;
}

void slots_end(struct slots *s, unsigned seat)
{
    struct slots_seat *it = seat_in(s, seat);

    assert(it->state != SLOTS_EMPTY);
    it->state = SLOTS_ENDING;
}

void slots_empty(struct slots *s, unsigned seat)
{
    *seat_in(s, seat) = (struct slots_seat){.state = SLOTS_EMPTY};
}

/* One look at all seats of a class, from where one computation stands. */
struct view {
    uint32_t best;     /* its warm seat that holds least, with room */
    uint32_t empty;    /* an empty seat */
    uint32_t idle;     /* an idle seat that it cannot use: the coldest */
    uint32_t victim;   /* of another computation, the one that holds least */
    unsigned warm;     /* its warm seats */
    unsigned starting; /* its seats that will be warm */
    unsigned ending;   /* seats that will be empty: anybody's */
    bool leaving;      /* somebody makes room already */
};

static bool is_better(const struct slots_seat *a, const struct slots_seat *b)
{
    return a->held != b->held ? a->held < b->held : a->order > b->order;
}

static void see_own(struct slots *s,
                    struct view *v,
                    unsigned i,
                    const struct window *window)
{
    const struct slots_seat *it = &s->seats[i];

    v->warm++;
    if (!it->blocked && window_room(window, it->held) > 0 &&
        (v->best == NOBODY || is_better(it, &s->seats[v->best])))
        v->best = i;
}

static void see_other(struct slots *s, struct view *v, unsigned i)
{
    const struct slots_seat *it = &s->seats[i];

    v->leaving |= it->leaving;
    if (it->blocked)
        return;
    if (it->held == 0) {
        if (v->idle == NOBODY || it->order < s->seats[v->idle].order)
            v->idle = i;
    } else if (v->victim == NOBODY || it->held < s->seats[v->victim].held) {
        v->victim = i;
    }
}

static struct view look(struct slots *s, const struct slots_need *need)
{
    struct view v = {NOBODY, NOBODY, NOBODY, NOBODY, 0, 0, 0, false};
    unsigned from = need->class == SLOTS_CPU ? 0 : s->cpu;
    unsigned to = need->class == SLOTS_CPU ? s->cpu : s->count;

    for (unsigned i = from; i < to; i++) {
        const struct slots_seat *it = &s->seats[i];

        switch (it->state) {
        case SLOTS_EMPTY:
            if (v.empty == NOBODY)
                v.empty = i;
            break;
        case SLOTS_STARTING:
            v.starting += it->work == need->work;
            break;
        case SLOTS_ENDING:
            v.ending++;
            break;
        case SLOTS_WARM:
            if (it->work == need->work && !it->leaving)
                see_own(s, &v, i, need->window);
            else
                see_other(s, &v, i);
            break;
        }
    }
    return v;
}

/* Items are spread evenly over the warm seats, a grant at a time. */
static struct slots_step give(const struct slots *s,
                              const struct slots_need *need,
                              const struct view *v)
{
    unsigned count = (need->queued + v->warm - 1) / v->warm;
    unsigned grant = window_grant(need->window);
    unsigned room = window_room(need->window, s->seats[v->best].held);

    if (count > grant)
        count = grant;
    if (count > room)
        count = room;
    return (struct slots_step){SLOTS_GIVE, v->best, count};
}

struct slots_step slots_next(struct slots *s, const struct slots_need *need)
{
    struct view v = look(s, need);
    unsigned coming = v.starting + v.ending;

    if (v.best != NOBODY && s->seats[v.best].held == 0)
        return give(s, need, &v);
    if (need->idle_only)
        return (struct slots_step){SLOTS_WAIT, 0, 0};
    if (need->full && v.best != NOBODY)
        return give(s, need, &v);
    if (need->full)
        return (struct slots_step){SLOTS_WAIT, 0, 0};
    if (v.empty != NOBODY && coming < need->queued)
        return (struct slots_step){SLOTS_BEGIN, v.empty, 0};
    if (v.idle != NOBODY && coming < need->queued &&
        (v.best == NOBODY ||
         need->now - s->seats[v.idle].idle_since >= SLOTS_LINGER_MS))
        return (struct slots_step){SLOTS_RETIRE, v.idle, 0};
    if (v.best != NOBODY)
        return give(s, need, &v);
    if (!need->modest && v.warm == 0 && coming == 0 && !v.leaving &&
        v.victim != NOBODY)
        s->seats[v.victim].leaving = true;
    return (struct slots_step){SLOTS_WAIT, 0, 0};
}

bool deaths_add(struct deaths *d, uint64_t now)
{
    d->at[d->count++ % SLOTS_DEATHS] = now;
    /* The next place to write is that of the oldest one kept. */
    return d->count >= SLOTS_DEATHS &&
           now - d->at[d->count % SLOTS_DEATHS] <= SLOTS_DEATHS_MS;
}
