/* options.h - one table of a program's options drives parsing and --help
 *
 * Over getopt_long(3), which has global state: for main programs, one parse
 * at a time.
 */
#ifndef PAR_COMMON_OPTIONS_H
#define PAR_COMMON_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <par/error.h>

struct option_spec {
    char letter;       /* 0: only the long form */
    const char *name;  /* NULL ends the table */
    const char *value; /* what --help calls it; NULL: it takes none */
    const char *help;  /* \n begins another line; NULL: --help is silent */
};

enum { OPTIONS_END = -1, OPTIONS_BAD = -2, OPTIONS_MAX = 64 };

struct options {
    const struct option_spec *table;
    int argc;
    char **argv;
    bool started;
    int at; /* after OPTIONS_END: argv[at] is the first word that is left */
};

/* The next option: its index in the table, with *value; OPTIONS_END at the
 * first word that is none, or after `--`; OPTIONS_BAD with the option, and the
 * nearest there is, in err. */
int options_next(struct options *o, const char **value, struct par_error *err);

/* The table as --help shows it. */
void options_help(FILE *out, const struct option_spec *table);

/* The word of `words` (NULL-ended) that `word` was probably meant to be, by
 * edit distance (Wagner and Fischer, 1974); NULL if none is near. */
const char *options_nearest(const char *word, const char *const *words);

/* A whole number, between the bounds; the error names the option, the value
 * and what is allowed. */
int options_int(const char *option,
                const char *value,
                int64_t low,
                int64_t high,
                int64_t *out,
                struct par_error *err);

/* A time in ms, between the bounds: 500ms, 1.5s, 2m, 1h, or a bare number of
 * seconds.  With `low` -1, for what may take for ever, that is "-1". */
int options_time(const char *option,
                 const char *value,
                 int64_t low,
                 int64_t high,
                 int64_t *ms,
                 struct par_error *err);

/* As options_time() reads it. */
enum { OPTIONS_TIME_TEXT = 24 };
void options_time_text(char text[OPTIONS_TIME_TEXT], int64_t ms);

/* A size: 4096, 64k, 10m, 2g. */
int options_size(const char *option,
                 const char *value,
                 uint64_t *out,
                 struct par_error *err);

#endif
