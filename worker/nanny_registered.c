/* nanny_registered.c - functions that the embedding program registers by path
 *
 * On thread slots they are called where they are.  On process slots the
 * program is started again, so each must be a PAR_FUNCTION of it as well: it
 * is found there by its address, and in the new process by its name.
 */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PAR_TASK_NO_TABLE
#include "engine.h"
#include "nanny_registered.h"
#include "signature.h"

enum { PATH_MAX_OCTETS = 255 };

/* The table of the program that we are linked to, if it has one. */
const struct par_function_entry *const *par_functions(size_t *count)
    __attribute__((weak));

static bool path_is_good(const char *path)
{
    size_t len = strlen(path);

    for (size_t i = 0; i < len; i++)
        if (isspace((unsigned char)path[i]) || iscntrl((unsigned char)path[i]))
            return false;
    return len > 0 && len <= PATH_MAX_OCTETS;
}

static const char *name_in_table(par_function_f *function)
{
    const struct par_function_entry *const *table;
    size_t count = 0;

    table = par_functions ? par_functions(&count) : NULL;
    for (size_t i = 0; i < count; i++)
        if (table[i]->function == function && table[i]->hook == PAR_IS_FUNCTION)
            return table[i]->name;
    return NULL;
}

static int check(const struct nanny *n,
                 const char *path,
                 const char *signature,
                 par_function_f *function,
                 struct par_error *err)
{
    struct signature parsed;

    if (n->state != NANNY_CONNECTING || n->welcomed)
        return par_fail(err, EBUSY, "register before the worker runs");
    if (!path_is_good(path))
        return par_fail(err, EINVAL,
                        "path `%.260s' is not 1 to %d characters without "
                        "white space",
                        path, PATH_MAX_OCTETS);
    for (size_t i = 0; i < n->offer_count; i++)
        if (strcmp(n->offers[i].path, path) == 0)
            return par_fail(err, EEXIST, "path %s is registered", path);
    if (signature_parse(&parsed, signature, strlen(signature), err))
        return par_fail_in(err, path);
    if (!n->settings->threads && !name_in_table(function))
        return par_fail(err, EINVAL,
                        "path %s: on process slots the function must be a "
                        "PAR_FUNCTION of this program as well",
                        path);
    return 0;
}

/* All of them together are one computation, which needs no set-up of files. */
static int need_comp(struct nanny *n)
{
    if (n->offered)
        return 0;
    n->offered = comp_create(++n->last_number);
    if (!n->offered)
        return -1;
    n->offered->registered = true;
    n->offered->state = COMP_READY;
    list_append(&n->comps, &n->offered->node);
    return 0;
}

int nanny_register(struct nanny *n,
                   const char *path,
                   const char *signature,
                   par_function_f *function,
                   void *context,
                   struct par_error *err)
{
    struct offer *more, *o;
    const char *name;

    if (check(n, path, signature, function, err))
        return -1;
    more = realloc(n->offers, (n->offer_count + 1) * sizeof *more);
    if (!more || need_comp(n)) {
        n->offers = more ? more : n->offers;
        return par_fail(err, ENOMEM, "out of memory");
    }
    n->offers = more;
    o = &n->offers[n->offer_count];
    name = n->settings->threads ? path : name_in_table(function);
    *o = (struct offer){.path = strdup(path),
                        .signature = strdup(signature),
                        .name = strdup(name),
                        .function = function,
                        .context = context,
                        .index = (uint32_t)n->offer_count};
    n->offer_count++;
    return o->path && o->signature && o->name
               ? 0
               : par_fail(err, ENOMEM, "out of memory");
}

struct slot_entry *nanny_entries(struct nanny *n,
                                 bool own,
                                 size_t *count,
                                 struct par_error *err)
{
    const struct par_function_entry *const *table = NULL;
    struct slot_entry *program, *all;
    size_t in_program = 0, used = 0;

    if (par_functions)
        table = par_functions(&in_program);
    program = slot_entries(table, in_program, err);
    if (!program || own) {
        *count = in_program;
        return program;
    }
    all = calloc(n->offer_count + in_program + 1, sizeof *all);
    for (size_t i = 0; all && i < n->offer_count; i++)
        all[used++] = (struct slot_entry){
            PAR_IS_FUNCTION, n->offers[i].path, n->offers[i].signature,
            n->offers[i].function, n->offers[i].context};
    for (size_t i = 0; all && i < in_program; i++)
        if (program[i].hook != PAR_IS_FUNCTION)
            all[used++] = program[i]; /* slot_setup and the like */
    free(program);
    if (!all)
        par_fail(err, ENOMEM, "out of memory");
    *count = used;
    return all;
}

void nanny_find_offers(struct nanny *n, const struct comp *c)
{
    struct meta_reader r = meta_read(c->functions.data, c->functions.len);
    struct meta_value v, name;

    if (n->all_found)
        return;
    n->all_found = true;
    meta_next(&r, &v);
    for (uint32_t k = 0; k < c->function_count; k++) {
        if (!meta_next(&r, &v) || !meta_next(&r, &name) || !meta_next(&r, &v))
            return;
        for (size_t i = 0; i < n->offer_count; i++)
            if (meta_is(&name, n->offers[i].name))
                n->offers[i].index = k;
    }
}

void nanny_free_offers(struct nanny *n)
{
    for (size_t i = 0; i < n->offer_count; i++) {
        free(n->offers[i].path);
        free(n->offers[i].signature);
        free(n->offers[i].name);
    }
    free(n->offers);
}
