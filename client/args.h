/* args.h - the words of a command line as the arguments of a function
 *
 * A word is converted as the signature wants it; without a signature it is a
 * string.
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

enum args_form {
    ARGS_WORD,  /* @FILE is the octets of that file, @@x the word "@x" */
    ARGS_VALUE, /* as it is: somebody's data, which may begin with @ */
    ARGS_FILE   /* the octets of the file of that name */
};

/* What a word of a command line is, or a template for such words, whatever is
 * filled in there: what counts then comes after `sign` octets. */
enum args_form args_form_of(const char *word, size_t *sign);

/* The i-th.  A file whose name is empty fails with ENOENT. */
int args_put(struct args *a,
             size_t i,
             const char *word,
             enum args_form form,
             struct par_error *err);

/* All are put: do they fit? */
int args_check(struct args *a, struct par_error *err);

void args_clear(struct args *a);

#endif
