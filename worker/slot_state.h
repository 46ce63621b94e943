/* slot_state.h - what functions find again at their next call on a slot */
#ifndef PAR_WORKER_SLOT_STATE_H
#define PAR_WORKER_SLOT_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "idmap.h"
#include "meta.h"

struct slot_client {
    uint32_t origin;
    void *state;
};

/* All zero is empty. */
struct slot_state {
    void *slot;          /* par_set_state() */
    struct idmap places; /* origin + 1, in `clients` */
    struct slot_client *clients;
    uint32_t client_count, client_size;
    struct meta_writer info; /* SETUP's metadata */
};

void slot_state_clear(struct slot_state *s);

/* A client that has been here; NULL if it has not. */
struct slot_client *slot_client(struct slot_state *s, uint32_t origin);
/* Or make it one; NULL if out of memory.  Valid until the next change. */
struct slot_client *slot_client_add(struct slot_state *s, uint32_t origin);
void slot_client_remove(struct slot_state *s, uint32_t origin);

#endif
