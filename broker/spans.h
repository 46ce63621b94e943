/* spans.h - from a client's run ids to the public serials of its jobs
 *
 * A client's ids only go up, and so do serials: a batch is one span, 64 jobs
 * of a conversation without interruption too.  A span lives until its last
 * job is gone.
 */
#ifndef PAR_BROKER_SPANS_H
#define PAR_BROKER_SPANS_H

#include <stddef.h>
#include <stdint.h>

struct span {
    uint64_t first_run;
    uint64_t first_serial;
    uint32_t count;
    uint32_t live; /* jobs that are not gone */
};

/* All zero is empty. */
struct spans {
    struct span *items; /* by first_run */
    size_t first;       /* those before are dead and forgotten */
    size_t end;
    size_t size;
    size_t dead;   /* between first and end */
    size_t recent; /* where one was found last: jobs end in rows */
};

void spans_clear(struct spans *t);

/* Add n jobs; `run` is above all ids so far.  Returns -1 if out of memory. */
int spans_add(struct spans *t, uint64_t run, uint64_t serial, uint32_t n);

/* The serial that belongs to a run, or 0; its job may be gone. */
uint64_t spans_find(const struct spans *t, uint64_t run);

/* The jobs that are not gone. */
uint64_t spans_live(const struct spans *t);

/* The job of this run is gone. */
void spans_drop(struct spans *t, uint64_t run);

#endif
