/* runs.h - what the broker has given this worker to run
 *
 * One RUN message becomes one batch: its frames are kept, and the runs point
 * into them, so a run costs no allocation and its payload no copy.  A batch
 * lives until the last of its runs is answered.
 *
 *   queued   in its computation's queue
 *   given    in a slot's hands: perhaps begun, perhaps not
 *   running  a command that has been started
 */
#ifndef PAR_WORKER_RUNS_H
#define PAR_WORKER_RUNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zmq.h>

#include "link.h"
#include "list.h"
#include "slots.h"

enum run_state { RUN_QUEUED, RUN_GIVEN, RUN_RUNNING, RUN_ANSWERED };

/* Why a run is to end before it has ended by itself. */
enum run_doom { DOOM_NONE, DOOM_CANCEL, DOOM_TIMEOUT, DOOM_CLOSE, DOOM_DRAIN };

enum run_cancel { CANCEL_SOFT, CANCEL_KILL, CANCEL_NEVER };

struct comp;
struct run_batch;

struct run {
    struct list node; /* in a queue, or in its slot's hands */
    struct run_batch *batch;
    const uint8_t *data;
    uint32_t len;
    uint32_t origin;
    uint32_t place; /* in the batch: its id is batch->first + place */
    uint32_t seat;  /* given, running */
    uint8_t state;
    uint8_t doom;
    bool told; /* STARTED has been sent */
};

/* What holds for all runs of a batch. */
struct run_batch {
    struct list node;
    struct comp *comp; /* whose they are; NULL: nobody's here */
    uint64_t first;
    uint32_t count;
    uint32_t open; /* not yet answered */
    uint32_t handle;
    uint32_t function;
    uint32_t attempt;
    enum slots_class class;
    enum run_cancel cancel;
    bool input;
    uint64_t timeout_ms; /* 0: none */
    uint64_t grace_ms;
    const uint8_t *grants; /* a msgpack map, or NULL; in the message */
    size_t grants_len;
    zmq_msg_t first_frame;
    zmq_msg_t second_frame;
    struct run runs[];
};

/* Take over the frames of a RUN message; the caller closes what is left of it.
 * NULL if out of memory. */
struct run_batch *run_batch_create(struct link_msg *m);
void run_batch_destroy(struct run_batch *b);

static inline uint64_t run_id(const struct run *r)
{
    return r->batch->first + r->place;
}

/* The run of that id in a ring of batches, or NULL. */
struct run *run_batches_find(const struct list *batches, uint64_t id);

#endif
