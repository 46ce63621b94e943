/* computation.h - the computations that this handle knows
 *
 * Callers name one by its place here and how often that has been taken, and
 * never by the broker's number: after a reconnection that may mean another.  A
 * place is free again when what it had was torn down, or never was set up.
 */
#ifndef PAR_CLIENT_COMPUTATION_H
#define PAR_CLIENT_COMPUTATION_H

#include <par/client.h>

#include "digest.h"
#include "handle.h"
#include "meta.h"
#include "signature.h"
#include "sources.h"

struct request;

struct function_entry {
    char name[64];
    struct signature signature;
};

struct computation {
    uint32_t number;  /* what the caller knows; 0: this place is free */
    uint32_t taken;   /* so many times before */
    uint32_t handle;  /* what the broker knows ... */
    uint32_t session; /* ... in this connection; 0: not set up */
    unsigned users;   /* calls that wait for its set-up or its end */
    bool is_exec;
    bool is_ours; /* set up by us, not found by name: identity counts */
    char name[129];
    struct digest identity;
    struct sources sources; /* served until it is closed */
    struct function_entry *functions;
    size_t function_count;
};

/* A new one, not set up; NULL if out of memory. */
struct computation *computation_add(struct par_client *c,
                                    struct par_error *err);

/* If nobody can have any use for it, let it go. */
void computation_settle(const struct par_client *c, struct computation *k);

/* The caller's number, if it is set up in this connection; NULL says not. */
struct computation *computation_need(struct par_client *c,
                                     uint32_t number,
                                     struct par_error *err);

/* The broker's number; NULL if we have none of it. */
struct computation *computation_by_handle(const struct par_client *c,
                                          uint32_t handle);

/* READY has come with its handle and functions. */
int computation_adopt(struct par_client *c,
                      struct computation *k,
                      const struct request *q,
                      struct par_error *err);

/* RUN's ref for a function; fails if its computation has to be set up again. */
int computation_ref(const struct par_client *c,
                    const struct par_function *function,
                    uint64_t *ref,
                    struct par_error *err);

/* Do the arguments (one msgpack array) fit?  A map as the only one is matched
 * by names and rewritten. */
int computation_check(const struct par_client *c,
                      const struct par_function *function,
                      struct meta_writer *args,
                      struct par_error *err);

/* The computation of this number, set up or not; NULL: there is none. */
struct computation *client_computation(const struct par_client *c,
                                       uint32_t handle);

/* The same computation, in this connection, and that is there.  Without the
 * lock. */
bool client_is_set_up(struct par_client *c, uint32_t handle);

/* Free them all; the lock is not needed, the handle is being closed. */
void client_computations_clear(struct par_client *c);

#endif
