/* computation.c - what this handle knows of computations and their functions */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "call.h"
#include "computation.h"
#include "handle.h"
#include "meta_keys.h"
#include "request.h"

enum {
    PLACE_BITS = 20, /* of a number; the others count how often it was taken */
    PLACE_MASK = (1 << PLACE_BITS) - 1,
    TAKEN_MAX = (1 << (32 - PLACE_BITS)) - 1
};

struct computation *client_computation(const struct par_client *c,
                                       uint32_t number)
{
    uint32_t place = number & PLACE_MASK;
    struct computation *k;

    if (place < 1 || place > c->computation_count)
        return NULL;
    k = c->computations[place - 1];
    return k->number == number ? k : NULL;
}

bool client_is_set_up(struct par_client *c, uint32_t handle)
{
    const struct computation *k;
    bool is;

    if (client_enter(c, NULL))
        return false;
    k = client_computation(c, handle);
    is = k && k->session == c->session && c->state == CLIENT_OPEN;
    client_leave(c);
    return is;
}

static void forget(struct computation *k)
{
    sources_clear(&k->sources);
    free(k->functions);
    *k = (struct computation){.taken = k->taken + 1};
}

void client_computations_clear(struct par_client *c)
{
    for (uint32_t i = 0; i < c->computation_count; i++) {
        forget(c->computations[i]);
        free(c->computations[i]);
    }
    free(c->computations);
    c->computations = NULL;
    c->computation_count = 0;
}

void computation_settle(const struct par_client *c, struct computation *k)
{
    /* What is ours keeps its number if it is set up again. */
    bool is_lost = k->session != c->session && !k->is_ours;

    if (k->number != 0 && k->users == 0 && (k->session == 0 || is_lost))
        forget(k);
}

/* NULL: there is none. */
static struct computation *find_free(struct par_client *c, uint32_t *place)
{
    for (uint32_t i = 0; i < c->computation_count; i++) {
        struct computation *k = c->computations[i];

        computation_settle(c, k);
        *place = i + 1;
        if (k->number == 0 && k->taken <= TAKEN_MAX)
            return k;
    }
    return NULL;
}

static struct computation *add_place(struct par_client *c, uint32_t *place)
{
    size_t n = c->computation_count;
    struct computation **all =
        realloc(c->computations, (n + 1) * sizeof(struct computation *));
    struct computation *k = n < PLACE_MASK ? calloc(1, sizeof *k) : NULL;

    if (all)
        c->computations = all;
    if (!all || !k) {
        free(k);
        return NULL;
    }
    all[n] = k;
    *place = ++c->computation_count;
    return k;
}

struct computation *computation_add(struct par_client *c, struct par_error *err)
{
    uint32_t place;
    struct computation *k = find_free(c, &place);

    if (!k)
        k = add_place(c, &place);
    if (!k) {
        par_fail(err, ENOMEM, "out of memory");
        return NULL;
    }
    k->number = k->taken << PLACE_BITS | place;
    return k;
}

struct computation *computation_need(struct par_client *c,
                                     uint32_t number,
                                     struct par_error *err)
{
    struct computation *k = client_computation(c, number);

    if (k && k->session == c->session)
        return k;
    par_fail(err, PAR_CODE(PAR_UNKNOWN_HANDLE), "%s is not set up (any more)",
             k ? k->name : "the computation");
    return NULL;
}

struct computation *computation_by_handle(const struct par_client *c,
                                          uint32_t handle)
{
    for (uint32_t i = 0; i < c->computation_count; i++) {
        struct computation *k = c->computations[i];

        if (k->session == c->session && k->handle == handle)
            return k;
    }
    return NULL;
}

/* One [name, signature]; a signature that we cannot read takes anything: the
 * worker checks again. */
static bool read_function(struct meta_reader *r, struct function_entry *f)
{
    struct meta_value pair, name, signature;

    if (!meta_next(r, &pair) || pair.kind != META_ARRAY || pair.len != 2 ||
        !meta_next(r, &name) || !meta_next(r, &signature) ||
        name.kind != META_STR || signature.kind != META_STR ||
        name.len >= sizeof f->name)
        return false;
    memcpy(f->name, name.data, name.len);
    f->name[name.len] = '\0';
    if (signature_parse(&f->signature, (const char *)signature.data,
                        signature.len, NULL))
        signature_parse(&f->signature, "", 0, NULL);
    return true;
}

static int read_functions(struct computation *k,
                          const struct request *q,
                          struct par_error *err)
{
    struct function_entry *all = NULL;
    struct meta_value list;
    struct meta_reader r;
    size_t n = 0;

    if (meta_find(q->meta.data, q->meta.len, KEY_READY_FUNCTIONS, &list, &r) &&
        list.kind == META_ARRAY && list.len > 0) {
        /* meta_check() has bounded list.len. */
        all = calloc(list.len, sizeof *all);
        if (!all)
            return par_fail(err, ENOMEM, "out of memory");
        while (n < list.len && read_function(&r, &all[n]))
            n++;
    }
    free(k->functions);
    k->functions = all;
    k->function_count = n;
    return 0;
}

/* READY has come: the computation is of use in this connection. */
int computation_adopt(struct par_client *c,
                      struct computation *k,
                      const struct request *q,
                      struct par_error *err)
{
    if (read_functions(k, q, err))
        return -1;
    k->handle = (uint32_t)q->ref;
    k->session = c->session;
    return 0;
}

static struct function_entry *entry_of(const struct par_client *c,
                                       const struct par_function *function)
{
    struct computation *k = client_computation(c, function->handle);

    return k && function->function < k->function_count
               ? &k->functions[function->function]
               : NULL;
}

int computation_ref(const struct par_client *c,
                    const struct par_function *function,
                    uint64_t *ref,
                    struct par_error *err)
{
    struct computation *k;

    *ref = 0;
    if (function->handle == 0) /* a path: it goes into the metadata */
        return 0;
    k = client_computation(c, function->handle);
    if (!k)
        return par_fail(err, PAR_CODE(PAR_UNKNOWN_HANDLE),
                        "no computation %u in this handle", function->handle);
    if (k->session != c->session)
        return par_fail(err, PAR_CODE(PAR_UNKNOWN_HANDLE),
                        "%s is not set up (any more): set it up again",
                        k->name);
    *ref = (uint64_t)k->handle << 32 | function->function;
    return 0;
}

/* Is it a single map where names could be meant? */
static bool is_by_name(const struct function_entry *f,
                       const struct meta_writer *args)
{
    struct meta_reader r = meta_read(args->data, args->len);
    struct meta_value v;

    if (!f->signature.is_named || !meta_next(&r, &v) || v.len != 1 ||
        !meta_next(&r, &v) || v.kind != META_MAP)
        return false;
    return f->signature.count != 1 || (f->signature.args[0].letter != 'm' &&
                                       f->signature.args[0].letter != 'v');
}

static int by_name(const struct function_entry *f,
                   struct meta_writer *args,
                   struct par_error *err)
{
    struct meta_writer matched = {0};

    /* The map is what follows the array's head, of one octet. */
    if (signature_match_names(&f->signature, f->name, args->data + 1,
                              args->len - 1, &matched, err)) {
        meta_writer_clear(&matched);
        return -1;
    }
    meta_writer_clear(args);
    *args = matched;
    return 0;
}

int computation_check(const struct par_client *c,
                      const struct par_function *function,
                      struct meta_writer *args,
                      struct par_error *err)
{
    struct function_entry *f = entry_of(c, function);

    if (!f)
        return 0; /* nobody told us its signature */
    if (is_by_name(f, args) && by_name(f, args, err))
        return -1;
    return signature_check(&f->signature, f->name, args->data, args->len, err);
}
