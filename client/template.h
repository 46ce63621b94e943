/* template.h - one command line for many inputs: `convert {} {.}.png`
 *
 * What stands for an input is in places.h.
 *
 * Words are kept apart as they were given; the value of an input never
 * becomes more than (a part of) one word, whatever is in it.  A template of
 * one word is a whole command line: split at white space, or, if it holds
 * anything that only a shell understands, left to `sh -c`, which gets the
 * values beside the script (script.h).
 */
#ifndef PAR_CLIENT_TEMPLATE_H
#define PAR_CLIENT_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <par/error.h>

#include "meta.h"

struct template
{
    char **words; /* owned */
    size_t count;
    bool is_used;     /* some word has a place for the input */
    bool by_shell;    /* the one word is a script */
    unsigned passed;  /* a bit for each place of which it wants the value */
    unsigned numbers; /* of those: it must be a number (script.h) */
};

/* True if only a shell can make sense of this command line. */
bool template_needs_shell(const char *line);

/* As a command: see above.  Without a place for the input it is appended as a
 * last word.  Returns -1 and ENOMEM, or EINVAL if a place stands where no
 * shell fills anything in: in a here-document whose end is quoted. */
int template_command(struct template *t, const char *const *words, size_t n);

/* As the arguments of a function: the words as they are; the input is the
 * last one if it has no place. */
int template_arguments(struct template *t, const char *const *words, size_t n);

void template_clear(struct template *t);

/* Append word i, filled in, to `out`: plain octets.  Not of a script. */
void template_fill(const struct template *t,
                   size_t i,
                   const char *value,
                   uint64_t number,
                   struct meta_writer *out);

/* Append the msgpack array of words that an exec job's payload is; `scratch`
 * is memory to be used again.  Fails with EINVAL, and appends nothing, if the
 * value would go to a shell's arithmetic and is no plain number. */
int template_pack(const struct template *t,
                  const char *value,
                  uint64_t number,
                  struct meta_writer *scratch,
                  struct meta_writer *out,
                  struct par_error *err);

#endif
