/* thread_slot.h - a slot that is a thread of this process
 *
 * It runs the same code as a slot process (slot.h), over the same pipe.  It
 * cannot be killed: whoever closes the pipe waits for the function that runs,
 * or leaves it.
 */
#ifndef PAR_WORKER_THREAD_SLOT_H
#define PAR_WORKER_THREAD_SLOT_H

#include <stdbool.h>
#include <stddef.h>

#include <par/error.h>

#include "slot.h"

struct slot_thread;

/* Takes `fd`, its end of the pipe, also on failure; maps `page_fd` for itself.
 * The entries (what a SETUP without an object offers) are copied, not what
 * they point to. */
struct slot_thread *thread_slot_start(int fd,
                                      int page_fd,
                                      const struct slot_entry *entries,
                                      size_t count,
                                      struct par_error *err);

enum thread_end {
    THREAD_RETURNED,
    THREAD_EXITED, /* a function has called pthread_exit(3) */
    THREAD_RUNS_ON /* it is left to itself, and frees what is its own */
};

/* Readable once it has ended. */
int thread_slot_fd(const struct slot_thread *t);

/* Let go of it, its pipe closed.  Waits up to `patience_ms` for it to end. */
enum thread_end thread_slot_end(struct slot_thread *t, int patience_ms);

#endif
