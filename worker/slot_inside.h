/* slot_inside.h - what slot_send.c, slot_setup.c and slot_loop.c share, from
 * bottom to top; nobody else's
 */
#ifndef PAR_WORKER_SLOT_INSIDE_H
#define PAR_WORKER_SLOT_INSIDE_H

#include "batch.h"
#include "call.h"
#include "pipe.h"
#include "slot.h"

struct slot {
    struct slot_config config;
    struct pipe *pipe;
    struct page *page;
    struct page *own_page; /* if the nanny gave none */
    struct load load;
    bool is_ready; /* set up, and not closed */
    bool is_open;  /* slot_setup has run, and slot_close is due */
    uint32_t handle;
    struct slot_state state;
    struct call call;
    struct batch batch;
    struct par_error error;   /* why something could not be sent, our fault */
    uint64_t now_us;          /* when the last item ended */
    uint64_t first_unsent_us; /* when the oldest result in the outbox did */
};

/* ---- slot_send.c ----  Blocks.  -1: the nanny is gone. */

/* A whole frame; the value of `payload` (NULL: none) is the second one. */
int slot_send_frame(struct slot *s,
                    const uint8_t *frame,
                    size_t len,
                    struct call *payload);

/* All results that are finished. */
int slot_send_results(struct slot *s);

/* Answer `to`, behind all results that are finished. */
int slot_send_message(struct slot *s,
                      enum wire_type type,
                      const struct wire_header *to,
                      uint64_t ref,
                      const struct meta_writer *meta);

/* ERROR, with the words of the last call. */
int slot_send_failure(struct slot *s,
                      const struct wire_header *to,
                      uint64_t ref);

/* ---- slot_setup.c ---- */

/* Run the hook, if there is one.  -1: what it said is in s->call. */
int slot_run_hook(struct slot *s, enum par_hook hook, uint32_t origin);

/* SETUP and CLOSE.  -1: the nanny is gone. */
int slot_on_setup(struct slot *s, const struct wire_msg *msg);
int slot_on_close(struct slot *s, const struct wire_msg *msg);

/* Nobody asks for it any more: run the closing functions that are due. */
void slot_wind_up(struct slot *s);

#endif
