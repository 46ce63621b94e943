/* call.c - run a function: its task, its state, its end */
#include "config.h"

#include "call.h"
#include "meta_keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- state, and where we are ---- */

static bool cancelled(struct par_task *t)
{
    struct call *c = call_of(t);

    return c->dispatch != 0 && page_is_cancelled(c->page, c->dispatch);
}

static void *state(struct par_task *t, int level)
{
    struct call *c = call_of(t);
    struct slot_client *client;

    if (level == PAR_LEVEL_SLOT)
        return c->state->slot;
    if (level == PAR_LEVEL_FUNCTION)
        return c->function->data;
    client = slot_client(c->state, c->origin);
    return client ? client->state : NULL;
}

static void set_state(struct par_task *t, int level, void *pointer)
{
    struct call *c = call_of(t);
    struct slot_client *client;

    if (level == PAR_LEVEL_SLOT) {
        c->state->slot = pointer;
    } else if (level == PAR_LEVEL_CLIENT) {
        client = slot_client_add(c->state, c->origin);
        if (client)
            client->state = pointer;
        else
            call_fail(c, PAR_INTERNAL, "no memory for the client's state");
    }
}

static const char *setup_text(struct call *c, uint64_t key)
{
    struct meta_value v;

    if (!meta_find(c->state->info.data, c->state->info.len, key, &v, NULL) ||
        v.kind != META_STR)
        return NULL;
    return call_copy(c, v.data, v.len);
}

static const char *number(struct call *c, uint64_t n)
{
    char text[24];

    snprintf(text, sizeof text, "%llu", (unsigned long long)n);
    return call_copy(c, text, strlen(text));
}

static const char *grant(struct call *c, const char *resource)
{
    struct meta_value v;
    struct meta_reader grants;

    if (!meta_find(c->meta, c->meta_len, KEY_RUN_GRANTS, &v, &grants) ||
        v.kind != META_MAP)
        return NULL;
    for (size_t pairs = v.len; pairs > 0; pairs--) {
        meta_next(&grants, &v);
        if (meta_is(&v, resource) && meta_next(&grants, &v) &&
            v.kind == META_STR)
            return call_copy(c, v.data, v.len);
        meta_skip(&grants, NULL, NULL);
    }
    return NULL;
}

static const char *info(struct par_task *t, const char *what)
{
    struct call *c = call_of(t);
    const struct meta_writer *setup = &c->state->info;

    if (strcmp(what, "dir") == 0)
        return setup_text(c, KEY_PIPE_FOLDER);
    if (strcmp(what, "worker") == 0)
        return setup_text(c, KEY_PIPE_WORKER);
    if (strcmp(what, "host") == 0)
        return setup_text(c, KEY_PIPE_HOST);
    if (strcmp(what, "slot") == 0)
        return number(
            c, (uint64_t)meta_int(setup->data, setup->len, KEY_PIPE_NUMBER, 0));
    if (strcmp(what, "attempt") == 0)
        return number(
            c, (uint64_t)meta_int(c->meta, c->meta_len, KEY_ANY_ATTEMPT, 1));
    if (strcmp(what, "job") == 0)
        return number(c, wire_job_number(c->dispatch));
    return grant(c, what);
}

/* ---- running ---- */

static const struct par_task_ops ops = {
    .abi = PAR_TASK_ABI,
    .size = sizeof ops,
    .count = call_count,
    .arg = call_arg,
    .kind = call_kind,
    .as_int = call_as_int,
    .as_float = call_as_float,
    .as_bool = call_as_bool,
    .as_bytes = call_as_bytes,
    .length = call_length,
    .item = call_item,
    .next = call_next,
    .field = call_field,
    .raw = call_raw,
    .put = call_put,
    .put_raw = call_put_raw,
    .fail = call_raise,
    .cancelled = cancelled,
    .state = state,
    .set_state = set_state,
    .info = info,
};

void call_init(struct call *c, struct slot_state *s, const struct page *p)
{
    *c = (struct call){.task = {&ops}, .state = s, .page = p};
}

void call_clear(struct call *c)
{
    call_free_copies(c);
    free(c->args);
    meta_writer_clear(&c->out);
    meta_writer_clear(&c->text);
}

static void begin(struct call *c)
{
    meta_writer_reset(&c->out);
    c->arg_count = c->asked = 0;
    c->depth = 0;
    c->kind = PAR_NONE;
    c->status = PAR_OK;
    c->code = 0;
}

bool call_run(struct call *c)
{
    int returned;

    begin(c);
    if (call_take_args(c) != 0) {
        call_free_copies(c);
        return false;
    }
    returned = c->function->function(&c->task);
    if (returned < 0)
        call_fail(c, PAR_EXCEPTION, "%s returned %d and did not say why",
                  c->function->name, returned);
    call_check_value(c);
    if (c->status == PAR_EXCEPTION && cancelled(&c->task))
        c->status = PAR_CANCELLED;
    call_free_copies(c);
    return true;
}
