/* slot_self.c - par_main(): a program of the user's turns into a slot */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "slot.h"

#include <par/client.h>
#include <par/worker.h>

/* The table of the program that we are linked to, if it has one. */
const struct par_function_entry *const *par_functions(size_t *count)
    __attribute__((weak));

void par_main(int *argc, char ***argv)
{
    const struct par_function_entry *const *table = NULL;
    struct par_error err = {0};
    struct slot_entry *entries;
    size_t count = 0;
    int code;

    (void)argc;
    (void)argv;
    /* Without the pipe somebody has only kept the variable. */
    if (!getenv(SLOT_ENV) || !slot_has_pipe())
        return;
    if (par_functions)
        table = par_functions(&count);
    entries = slot_entries(table, count, &err);
    if (!entries) {
        fprintf(stderr, "par_main: %s\n", err.text);
        exit(1);
    }
    code = slot_process(entries, count);
    free(entries);
    exit(code);
}

void *par_worker_context(struct par_task *t)
{
    return t->ops->state(t, PAR_LEVEL_FUNCTION);
}
