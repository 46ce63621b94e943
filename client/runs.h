/* runs.h - the jobs of a handle: from par_run() until their result is taken
 *
 *           runs_finish           runs_remove
 *   OPEN ---------------> DONE ---------------> gone
 *     '--> gone at once, if nobody wants the result (runs_disown)
 *
 * A job is in one group: those that are waited for together, in the order in
 * which they ended.  A run stays where it is in memory until it is removed.
 */
#ifndef PAR_CLIENT_RUNS_H
#define PAR_CLIENT_RUNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <par/error.h>

#include "frame.h"
#include "idmap.h"
#include "list.h"

struct flow;

struct group {
    struct list open;
    struct list done; /* the first one ended first */
    size_t open_count;
    size_t done_count;
    uint64_t open_bytes; /* of their payloads */
    uint64_t done_bytes; /* of their values */
};

struct run {
    struct list node;    /* in one of its group's lists */
    struct group *group; /* NULL: the result is not wanted */
    uint64_t id;
    uint64_t tag;   /* its owner's */
    uint64_t ended; /* counts up: the order in which they ended */
    uint32_t place; /* in the table */
    uint32_t sent_bytes;
    bool done;
    bool runs_on; /* the worker said that it cannot be killed */
    uint8_t executed;
    uint16_t status;
    uint32_t wall_us;
    struct frame *frame; /* that data lies in; NULL: there is none */
    const void *data;
    size_t len;
    struct flow *flow; /* NULL: it has none (flow.h) */
};

struct run_outcome {
    int status;
    unsigned executed;
    uint32_t wall_us;
    struct frame *frame; /* borrowed */
    const void *data;
    size_t len;
};

struct runs {
    struct run **chunks;
    size_t chunk_count;
    struct list free;
    struct idmap places;
    size_t open_count;
    uint64_t ended; /* so far */
};

void runs_init(struct runs *r);
void runs_clear(struct runs *r);

void group_init(struct group *g);

/* A new job.  Returns NULL if out of memory. */
struct run *runs_add(struct runs *r,
                     struct group *g,
                     uint64_t id,
                     uint32_t bytes);

/* NULL for an id that is unknown or already taken. */
struct run *runs_find(const struct runs *r, uint64_t id);

/* It has ended.  A disowned one is removed. */
void runs_finish(struct runs *r, struct run *run, const struct run_outcome *o);

/* Forget a job in any state; what its frame holds is let go. */
void runs_remove(struct runs *r, struct run *run);

/* Nobody waits for this group any more: what has ended is removed, the rest
 * will be when it ends. */
void runs_disown(struct runs *r, struct group *g);

/* Walk those that are open, in no order: *cursor starts at 0. */
struct run *runs_next_open(const struct runs *r, size_t *cursor);

#endif
