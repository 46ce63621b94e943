/* signature.h - what a function takes and gives: "ii:d", "x:i,y:i->i"
 *
 *     plain     letters of the arguments, a colon, the letter of the result
 *     with names   name:letter,name:letter->letter
 *
 *     i integer   d float (an integer is taken too)   s string
 *     b bytes (a string is taken too)   o boolean   a array   m map
 *     v any   n nothing (a result only)
 *
 * A * behind the last argument's letter means zero or more of it: "sd*:d"; of
 * an only argument it may stand in front: "*v:v".  The empty signature takes
 * anything, even octets that are no msgpack.
 * doc/signatures.md tells users the same.
 */
#ifndef PAR_COMMON_SIGNATURE_H
#define PAR_COMMON_SIGNATURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <par/error.h>

#include "meta.h"

enum {
    SIGNATURE_TEXT = 127, /* octets, as par/client.h has room for */
    SIGNATURE_ARGS = 32,
    SIGNATURE_NAME = 32 /* octets of an argument's name */
};

struct signature_arg {
    char letter;
    uint8_t name_at; /* in text */
    uint8_t name_len;
};

struct signature {
    char text[SIGNATURE_TEXT + 1];
    struct signature_arg args[SIGNATURE_ARGS];
    size_t count;
    bool is_named;
    bool repeats; /* the last argument comes zero or more times */
    char result;
};

/* Read a signature; `text` need not end with NUL, and anybody may have
 * written it.  Fails with EINVAL and the column (from 1) that is wrong. */
int signature_parse(struct signature *s,
                    const char *text,
                    size_t len,
                    struct par_error *err);

/* The place of the argument with that name; s->count if there is none. */
size_t signature_find(const struct signature *s, const void *name, size_t len);

/* Do the arguments, the bytes of one msgpack array, fit?  Any bytes may be
 * given; none at all are an empty array.  `function` is the name to speak of.
 * Fails with EINVAL: "argument 2 of add is a string, the signature ii:i wants
 * an integer". */
int signature_check(const struct signature *s,
                    const char *function,
                    const void *args,
                    size_t len,
                    struct par_error *err);

/* Append the array of arguments to `out` that a msgpack map of named ones
 * means; their types are not looked at.  Of a repeating argument the value is
 * an array, and it may be missing.  Fails with EINVAL, naming what is wanted
 * and what was given; then nothing is appended. */
int signature_match_names(const struct signature *s,
                          const char *function,
                          const void *map,
                          size_t len,
                          struct meta_writer *out,
                          struct par_error *err);

/* Append a word of a command line as argument i (from 0): a number or a truth
 * where the signature wants one, else a string.  No word is an array or a map.
 * Fails with EINVAL, naming the argument, the word and what is allowed; then
 * nothing is appended. */
int signature_put_word(const struct signature *s,
                       const char *function,
                       size_t i,
                       const char *word,
                       struct meta_writer *out,
                       struct par_error *err);

/* Octets (a file's) as argument i: a string where the signature wants one,
 * else bytes. */
void signature_put_bytes(const struct signature *s,
                         size_t i,
                         const void *data,
                         size_t len,
                         struct meta_writer *out);

#endif
