/* load.c - dlopen(3), and the table of functions that the object brings */
#include "config.h"

#include "load.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const hook_names[] = {
    [PAR_IS_HOST_SETUP] = "host_setup",
    [PAR_IS_SLOT_SETUP] = "slot_setup",
    [PAR_IS_CLIENT_SETUP] = "client_setup",
    [PAR_IS_CLIENT_CLOSE] = "client_close",
    [PAR_IS_SLOT_CLOSE] = "slot_close",
    [PAR_IS_HOST_CLOSE] = "host_close",
};

enum { HOOKS = sizeof hook_names / sizeof *hook_names };

const char *load_hook_name(enum par_hook hook)
{
    return hook_names[hook];
}

enum par_hook load_hook_of(const void *name, size_t len)
{
    for (unsigned i = PAR_IS_FUNCTION + 1; i < HOOKS; i++)
        if (strlen(hook_names[i]) == len &&
            memcmp(hook_names[i], name, len) == 0)
            return (enum par_hook)i;
    return PAR_IS_FUNCTION;
}

struct slot_entry *slot_entries(const struct par_function_entry *const *table,
                                size_t count,
                                struct par_error *err)
{
    struct slot_entry *entries = calloc(count + 1, sizeof *entries);

    if (!entries) {
        par_fail(err, ENOMEM, "out of memory");
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        if (table[i]->abi != PAR_TASK_ABI || table[i]->hook >= HOOKS) {
            par_fail(err, EINVAL,
                     "made with par/task.h of version %u; this is %d",
                     table[i]->abi, PAR_TASK_ABI);
            free(entries);
            return NULL;
        }
        entries[i] = (struct slot_entry){
            .hook = (enum par_hook)table[i]->hook,
            .name = table[i]->name,
            .signature = table[i]->signature,
            .function = table[i]->function,
        };
    }
    return entries;
}

static int add(struct load *l,
               const struct slot_entry *entry,
               size_t at,
               struct par_error *err)
{
    struct load_function *f = &l->all[at];

    if (!entry->name || !entry->signature || !entry->function)
        return par_fail(err, EINVAL, "an entry of its table is empty");
    if (load_find(l, entry->name, strlen(entry->name)))
        return par_fail(err, EEXIST, "two functions are %s", entry->name);
    f->hook = entry->hook;
    f->name = entry->name;
    f->function = entry->function;
    f->data = entry->data;
    if (signature_parse(&f->signature, entry->signature,
                        strlen(entry->signature), err) != 0)
        return par_fail_in(err, entry->name);
    if (entry->hook != PAR_IS_FUNCTION && !l->hooks[entry->hook])
        l->hooks[entry->hook] = f;
    return 0;
}

static int by_name(const void *a, const void *b)
{
    const struct load_function *left = a;
    const struct load_function *right = b;

    return strcmp(left->name, right->name);
}

/* Hooks are known by their place: they come when that is final. */
int load_table(struct load *l,
               const struct slot_entry *entries,
               size_t count,
               struct par_error *err)
{
    size_t at = 0;

    l->all = calloc(count + 1, sizeof *l->all);
    if (!l->all)
        return par_fail(err, ENOMEM, "out of memory");
    l->count = count;
    for (size_t i = 0; i < count; i++)
        if (entries[i].hook == PAR_IS_FUNCTION &&
            add(l, &entries[i], at++, err) != 0)
            return -1;
    l->functions = at;
    qsort(l->all, at, sizeof *l->all, by_name);
    for (size_t i = 0; i < count; i++)
        if (entries[i].hook != PAR_IS_FUNCTION &&
            add(l, &entries[i], at++, err) != 0)
            return -1;
    if (l->functions == 0)
        return par_fail(err, ENOENT,
                        "it offers nothing: no PAR_FUNCTION is in it");
    return 0;
}

typedef const struct par_function_entry *const *functions_f(size_t *count);

/* A symbol of another kind than data: C has no cast for it. */
static functions_f *functions_of(void *object)
{
    functions_f *functions;
    void *symbol = dlsym(object, "par_functions");

    memcpy(&functions, &symbol, sizeof functions);
    return functions;
}

int load_object(struct load *l, const char *path, struct par_error *err)
{
    const struct par_function_entry *const *table;
    struct slot_entry *entries;
    functions_f *functions;
    size_t count;
    int result;

    l->object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!l->object)
        return par_fail(err, ENOEXEC, "%s", dlerror());
    functions = functions_of(l->object);
    if (!functions)
        return par_fail(err, ENOEXEC,
                        "it offers nothing: it does not use par/task.h");
    table = functions(&count);
    entries = slot_entries(table, count, err);
    if (!entries)
        return -1;
    result = load_table(l, entries, count, err);
    free(entries);
    return result;
}

void load_clear(struct load *l)
{
    free(l->all);
    *l = (struct load){0};
}

struct load_function *load_find(struct load *l, const void *name, size_t len)
{
    for (size_t i = 0; i < l->count; i++)
        if (l->all[i].name && strlen(l->all[i].name) == len &&
            memcmp(l->all[i].name, name, len) == 0)
            return &l->all[i];
    return NULL;
}
