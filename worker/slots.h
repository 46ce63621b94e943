/* slots.h - which slot gets the next items, and which computation a slot
 *
 *            begin             warm              end              empty
 *   EMPTY ----------> STARTING ------> WARM ---------> ENDING ----------> EMPTY
 *                         '--------------------------^
 *
 * A seat is a place for one slot; it belongs to one computation while its
 * slot lives.  The warmest free slot is used first.  When nobody is free a
 * new slot is begun in an empty seat, or an idle one of another computation
 * is ended to make room.  Nothing here does these things: it says which.
 */
#ifndef PAR_WORKER_SLOTS_H
#define PAR_WORKER_SLOTS_H

#include <stdbool.h>
#include <stdint.h>

#include "window.h"

/* Seats of the two classes do not mix: those that compute, those that wait. */
enum slots_class { SLOTS_CPU, SLOTS_IO, SLOTS_CLASSES };

enum {
    SLOTS_LINGER_MS = 100,  /* so long an idle slot is spared while others of
                               the busy computation have room */
    SLOTS_DEATHS = 5,       /* so many deaths ... */
    SLOTS_DEATHS_MS = 30000 /* ... in so long are too many */
};

struct slots;

/* Seats 0 .. cpu-1 compute, the next `io` wait.  NULL if out of memory. */
struct slots *slots_create(unsigned cpu, unsigned io);
void slots_destroy(struct slots *s); /* NULL is allowed */

unsigned slots_count(const struct slots *s); /* all seats */

/* What has happened.  `work` is the computation's number, not 0. */
void slots_begin(struct slots *s, unsigned seat, uint32_t work);
void slots_warm(struct slots *s, unsigned seat, uint64_t now);
void slots_gave(struct slots *s, unsigned seat, unsigned items);
void slots_done(struct slots *s, unsigned seat, unsigned items, uint64_t now);
/* A seat that gets no items for now, or gets them again. */
void slots_block(struct slots *s, unsigned seat, bool blocked);
void slots_end(struct slots *s, unsigned seat);
void slots_empty(struct slots *s, unsigned seat);

struct slots_need {
    uint32_t work;
    enum slots_class class;
    unsigned queued;             /* items of it that wait, at least 1 */
    const struct window *window; /* of the first one's function */
    uint64_t now;
    bool modest;    /* never asks others to leave */
    bool idle_only; /* gives to idle slots, and does nothing else */
    bool full;      /* nothing can be started now */
};

enum slots_move {
    SLOTS_WAIT,  /* nothing can be done now */
    SLOTS_GIVE,  /* give `count` items to the slot in `seat` */
    SLOTS_BEGIN, /* start a slot in `seat` */
    SLOTS_RETIRE /* end the idle slot in `seat` */
};

struct slots_step {
    enum slots_move move;
    unsigned seat;
    unsigned count;
};

/* What to do next.  The caller does it, says so (slots_gave(), ...), and asks
 * again until SLOTS_WAIT.  May mark a seat of another computation to get no
 * more items, so that a newcomer is not kept out by a steady stream. */
struct slots_step slots_next(struct slots *s, const struct slots_need *need);

/* The deaths of slots of one computation.  All zero: none. */
struct deaths {
    uint64_t at[SLOTS_DEATHS];
    uint64_t count;
};

/* One more.  True if that makes SLOTS_DEATHS within SLOTS_DEATHS_MS. */
bool deaths_add(struct deaths *d, uint64_t now);

#endif
