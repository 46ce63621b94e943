/* function.c - finding what to run: by name, by path, in this very program */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "answer.h"
#include "call.h"
#include "computation.h"
#include "connect.h"
#include "handle.h"
#include "meta_keys.h"
#include "options.h"
#include "request.h"
#include "send.h"

static void give_function(const struct computation *k,
                          size_t i,
                          struct par_function *function)
{
    *function =
        (struct par_function){.handle = k->number, .function = (uint32_t)i};
    if (i >= k->function_count) /* a command */
        return;
    snprintf(function->name, sizeof function->name, "%s", k->functions[i].name);
    snprintf(function->signature, sizeof function->signature, "%s",
             k->functions[i].signature.text);
}

/* Name what there is, and what was probably meant. */
static int no_function(const struct computation *k,
                       const char *name,
                       struct par_error *err)
{
    const char *names[OPTIONS_MAX + 1] = {NULL};
    const char *near;
    char list[200] = "nothing";
    size_t used = 0;

    for (size_t i = 0; i < k->function_count && i < OPTIONS_MAX; i++) {
        names[i] = k->functions[i].name;
        if (used < sizeof list)
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%s",
                                     i ? ", " : "", names[i]);
    }
    near = options_nearest(name, names);
    return par_fail(err, PAR_CODE(PAR_UNKNOWN_FUNCTION),
                    "%s has no function `%s'; it has %s%s%s%s", k->name, name,
                    list, near ? " (did you mean " : "", near ? near : "",
                    near ? "?)" : "");
}

int par_function(struct par_client *c,
                 uint32_t handle,
                 const char *name,
                 struct par_function *function,
                 struct par_error *err)
{
    struct computation *k;
    int rc = -1;

    if (client_begin(c, err))
        return -1;
    k = computation_need(c, handle, err);
    if (k && k->function_count == 0 && (k->is_exec || !k->is_ours)) {
        give_function(k, 0, function);
        rc = 0;
    } else if (k) {
        size_t i = 0;

        while (i < k->function_count && strcmp(k->functions[i].name, name) != 0)
            i++;
        if (i < k->function_count) {
            give_function(k, i, function);
            rc = 0;
        } else {
            rc = no_function(k, name, err);
        }
    }
    client_leave(c);
    return rc;
}

int par_self(struct par_client *c,
             const char *name,
             struct par_function *function,
             struct par_error *err)
{
    static const struct par_setup self = {.kind = "self"};
    struct computation *k;
    uint32_t number;

    if (client_begin(c, err))
        return -1;
    number = c->self;
    k = client_computation(c, number);
    /* The program is hashed once, and set up again after a reconnection. */
    if (!k || k->session != c->session)
        number = 0;
    client_leave(c);
    if (number == 0) {
        if (par_setup(c, &self, &number, err) || client_enter(c, err))
            return -1;
        c->self = number;
        client_leave(c);
    }
    return par_function(c, number, name, function, err);
}

int par_path(struct par_client *c,
             const char *path,
             struct par_function *function,
             struct par_error *err)
{
    (void)c;
    *function = (struct par_function){0};
    if (!*path || strlen(path) >= sizeof function->name)
        return par_fail(err, EINVAL, "path `%s': 1 to %zu octets are allowed",
                        path, sizeof function->name - 1);
    snprintf(function->name, sizeof function->name, "%s", path);
    return 0;
}

static int resolve(struct par_client *c,
                   const char *name,
                   uint32_t *number,
                   struct par_error *err)
{
    struct wire_header head = {.type = WIRE_RESOLVE};
    struct meta_writer meta = {0};
    struct computation *k = NULL;
    struct request q;
    int rc;

    request_open(c, &q);
    head.id = q.id;
    meta_put_map(&meta, 1);
    meta_pair_str(&meta, KEY_RESOLVE_NAME, name);
    rc = client_say(c, &head, &meta, NULL, 0, err);
    if (rc == 0)
        rc = answer_wait(c, &q, client_deadline(-1), err);
    if (rc == 0) {
        k = computation_by_handle(c, (uint32_t)q.ref);
        if (!k)
            k = computation_add(c, err);
        rc = k ? computation_adopt(c, k, &q, err) : -1;
        if (rc && k)
            computation_settle(c, k);
    }
    if (rc == 0) {
        snprintf(k->name, sizeof k->name, "%s", name);
        *number = k->number;
    }
    meta_writer_clear(&meta);
    request_close(&q);
    return rc;
}

int par_resolve(struct par_client *c,
                const char *name,
                uint32_t *handle,
                struct par_error *err)
{
    int rc;

    if (client_begin(c, err))
        return -1;
    rc = resolve(c, name, handle, err);
    client_leave(c);
    return rc;
}
