/* load.h - the functions that a slot offers, by number and by name */
#ifndef PAR_WORKER_LOAD_H
#define PAR_WORKER_LOAD_H

#include <stddef.h>
#include <stdint.h>

#include "signature.h"
#include "slot.h"

struct load_function {
    enum par_hook hook;
    const char *name;
    par_function_f *function;
    void *data;
    struct signature signature; /* text "": takes anything */
    uint64_t mean_us;           /* of its runs; 0: below a microsecond */
    uint64_t runs;
};

/* All zero is empty.  Functions come first, in the order of their names, which
 * is that of their numbers: the same on all workers, whatever order a compiler
 * gives to a table.  Then comes what is no function but a hook only. */
struct load {
    struct load_function *all;
    size_t count;
    size_t functions;
    struct load_function *hooks[PAR_IS_HOST_CLOSE + 1]; /* or NULL */
    void *object;                                       /* of dlopen(3) */
};

/* Fill it from a table, or from an object's.  Fails with what is wrong, in
 * words for its author: dlopen's, or a signature that makes no sense. */
int load_table(struct load *l,
               const struct slot_entry *entries,
               size_t count,
               struct par_error *err);
int load_object(struct load *l, const char *path, struct par_error *err);

/* Forgets the functions; the object stays in memory, for its threads and exit
 * handlers may still run. */
void load_clear(struct load *l);

/* NULL if there is none of that name. */
struct load_function *load_find(struct load *l, const void *name, size_t len);

/* "slot_setup"; the hook of that name, or PAR_IS_FUNCTION if it is none. */
const char *load_hook_name(enum par_hook hook);
enum par_hook load_hook_of(const void *name, size_t len);

#endif
