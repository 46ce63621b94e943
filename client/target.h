/* target.h - what the first word of run and map names
 *
 *     FILE:FUNCTION   an existing file, or a path with a `/`: set up by its
 *                     content, free when that is known already
 *     NAME:FUNCTION   set up before by this account (parctl setup)
 *     anything else   a command
 */
#ifndef PAR_CLIENT_TARGET_H
#define PAR_CLIENT_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <par/client.h>

struct target {
    bool is_command;
    char *file; /* or the name; NULL for a command */
    const char *function;
    bool by_content;
};

/* Take the word apart.  Returns -1 if out of memory. */
int target_parse(struct target *t, const char *word);
void target_drop(struct target *t);

/* The kind of computation that a file is ("source", "object"), by its name and
 * first octets; fails with what would be one. */
const char *target_kind(const char *file, struct par_error *err);

enum { TARGET_FILES = 1000 };

/* Files that go along: their paths for the worker, made from words of the
 * command line.  Ended by a NULL path. */
struct target_files {
    struct par_file all[TARGET_FILES + 1];
    size_t count;
};

/* "./prog" travels as "prog", "../x.h" and "/a/x.h" as "x.h". */
int target_add_file(struct target_files *files,
                    const char *word,
                    struct par_error *err);

/* Set up or find it: its function, ready to be run. */
int target_function(struct par_client *c,
                    const struct target *t,
                    const struct target_files *more,
                    struct par_function *function,
                    struct par_error *err);

/* Set up commands: in our place on this host and uid, elsewhere with the
 * files and the environment that are named. */
int target_command(struct par_client *c,
                   const char *name,
                   const struct target_files *files,
                   const char *const *env,
                   struct par_function *function,
                   struct par_error *err);

#endif
