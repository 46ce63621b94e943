/* args.h - the words of a command line as the arguments of a function
 *
 * A word is converted as the signature wants it; without a signature it is a
 * string.  @FILE is the octets of that file (@@x is the word "@x").
 */
#ifndef PAR_CLIENT_ARGS_H
#define PAR_CLIENT_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#include <par/client.h>

#include "meta.h"
#include "signature.h"

struct args {
    const struct par_function *function;
    struct signature signature;
    struct meta_writer payload; /* one msgpack array, when all are put */
};

/* Begin an array of `count` arguments. */
void args_begin(struct args *a,
                const struct par_function *function,
                size_t count);

/* The i-th; `is_file`: the word names a file whose octets it is. */
int args_put(struct args *a,
             size_t i,
             const char *word,
             bool is_file,
             struct par_error *err);

/* All are put: do they fit? */
int args_check(struct args *a, struct par_error *err);

void args_clear(struct args *a);

#endif
