/* print.h - results as text, as JSON, as exit codes */
#ifndef PAR_CLIENT_PRINT_H
#define PAR_CLIENT_PRINT_H

#include <stdbool.h>
#include <stdint.h>

#include <par/client.h>

/* A value on stdout: text and bytes raw, numbers shortest, the rest JSON, and
 * a newline (not with `raw`).  Nothing for no value.  Returns -1 if stdout
 * cannot be written. */
int print_value(const struct par_result *r, bool raw, struct par_error *err);

/* {"index", "value"} or {"index", "error", "executed", "worker", "output"} on
 * one line.  `output` is what a command wrote, its value if it ended well; NULL
 * for a function.  An error without any has no "output". */
int print_json(const struct par_result *r,
               uint64_t index,
               const char *output,
               size_t len,
               struct par_error *err);

/* The same for a job that failed here: it could not even be sent (`executed` is
 * 0), or its output is no value.  Where it ran is not told. */
int print_json_ours(uint64_t index,
                    const char *why,
                    int executed,
                    struct par_error *err);

/* What print_json_ours() says of a value that is over SPOOL_MEMORY. */
#define PRINT_TOO_LONG "its output is too long for one value"

/* What the process of a failed function wrote last, on stderr (a command's
 * words were there as it wrote them). */
void print_last_words(const struct par_result *r);

/* The exit code of `run` for this result.  *sentence is whether it needs one:
 * a command's own code speaks for itself. */
int print_exit_code(const struct par_result *r, bool *sentence);

/* If a command could not be executed: what may have been meant by its words, on
 * stderr.  False if there is nothing to say. */
bool print_hint(const struct par_result *r,
                const char *verb,
                char *const *words,
                size_t count);

#endif
