/* inputs.h - the inputs of `map`: words, or the lines of files
 *
 *     ::: a b c      :::: FILE ...      neither: the lines of standard input
 */
#ifndef PAR_CLIENT_INPUTS_H
#define PAR_CLIENT_INPUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <par/error.h>

struct inputs {
    const char *const *words; /* what is left of them */
    size_t count;
    bool are_files; /* the words name files of lines */
    FILE *file;     /* that is being read */
    const char *file_name;
    uint64_t number; /* of the line */
    char *line;
    size_t size;
};

/* Split the words of a command line: `words` up to ::: or :::: are the
 * template (*templates of them), what follows are the inputs.  Fails with
 * EINVAL for a second :::.  There is no closing: whoever reads them may be in
 * read(2) until the process ends. */
int inputs_open(struct inputs *in,
                const char *const *words,
                size_t count,
                size_t *templates,
                struct par_error *err);

/* The next input, NUL-ended, valid until the next call.  Returns 1, 0 at the
 * end, -1 if a file cannot be read or a line holds a zero octet. */
int inputs_next(struct inputs *in, const char **value, struct par_error *err);

/* How many there are, if that is known: UINT64_MAX if not. */
uint64_t inputs_count(const struct inputs *in);

#endif
