/* slot.h - runs functions for a nanny, over a pipe
 *
 * The same code serves in parslot (a shared object), in a program that begins
 * with par_main() (its own functions), and in a thread of the program that
 * holds the nanny (functions registered there).  It has no globals.
 */
#ifndef PAR_WORKER_SLOT_H
#define PAR_WORKER_SLOT_H

#include <stdbool.h>
#include <stddef.h>

#define PAR_TASK_NO_TABLE
#include <par/error.h>
#include <par/task.h>

#include "page.h"

/* A slot program finds its pipe and its page here, and this variable in its
 * environment. */
enum { SLOT_PIPE = 3, SLOT_PAGE = 4 };
#define SLOT_ENV "PAR_SLOT_FD"

/* One line of a table of functions. */
struct slot_entry {
    enum par_hook hook;
    const char *name;
    const char *signature;
    par_function_f *function;
    void *data; /* par_worker_context() */
};

struct slot_config {
    int pipe;          /* taken over */
    struct page *page; /* shared with the nanny; NULL: none */
    bool own_process;  /* SETUP may change the working directory */
    /* What SETUP without an object offers. */
    const struct slot_entry *entries;
    size_t entry_count;
};

/* Was this process started with a slot's pipe? */
bool slot_has_pipe(void);

/* A whole process as a slot: the pipe and the page of SLOT_PIPE and SLOT_PAGE.
 * Returns the exit code; what is wrong goes to stderr. */
int slot_process(const struct slot_entry *entries, size_t count);

/* Serve until the nanny closes its end.  Returns 0 then; -1 if it broke the
 * rules or memory is out. */
int slot_run(const struct slot_config *config, struct par_error *err);

/* The entries of a table as par/task.h makes it (par_functions()); the caller
 * frees them.  NULL, with the reason, if it is of another version. */
struct slot_entry *slot_entries(const struct par_function_entry *const *table,
                                size_t count,
                                struct par_error *err);

#endif
