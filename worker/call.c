#include "config.h"

#include "call.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "utf8.h"

static struct call *call_of(struct par_task *t)
{
    return (struct call *)(void *)t;
}

/* ---- copies ---- */

const char *call_copy(struct call *c, const void *data, size_t len)
{
    struct call_copy *copy = malloc(sizeof *copy + len + 1);

    if (!copy) {
        call_fail(c, PAR_INTERNAL, "no memory for an argument");
        return "";
    }
    copy->next = c->copies;
    c->copies = copy;
    if (len)
        memcpy(copy->text, data, len);
    copy->text[len] = 0;
    return copy->text;
}

static void free_copies(struct call *c)
{
    while (c->copies) {
        struct call_copy *next = c->copies->next;

        free(c->copies);
        c->copies = next;
    }
}

/* ---- failing ---- */

/* Cut at a whole character; what is no text becomes '?': others will read it
 * as a msgpack string. */
static void add_text(struct call *c, const char *text)
{
    size_t step;

    for (; *text; text += step ? step : 1) {
        step = utf8_step(text, strnlen(text, 4));
        if (c->text.len + (step ? step : 1) > CALL_TEXT)
            break;
        meta_put_raw(&c->text, step ? text : "?", step ? step : 1);
    }
}

static void set_text(struct call *c, const char *text)
{
    meta_writer_reset(&c->text);
    add_text(c, text);
}

int call_fail(struct call *c, enum par_status status, const char *format, ...)
{
    char text[512];
    va_list args;

    if (c->status != PAR_OK)
        return -1;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    c->status = status;
    set_text(c, text);
    return -1;
}

static int fail(struct par_task *t, int code, const char *text)
{
    struct call *c = call_of(t);

    if (c->status != PAR_OK)
        return -1;
    c->status = PAR_EXCEPTION;
    c->code = code;
    set_text(c, text ? text : "");
    return -1;
}

void call_fail_in(struct call *c, const char *what, const char *name)
{
    const char *text = call_copy(c, c->text.data, c->text.len);

    set_text(c, what);
    add_text(c, " ");
    add_text(c, name);
    add_text(c, ": ");
    add_text(c, text);
    free_copies(c);
}

enum { KEY_CODE = 71, KEY_TEXT = 72 };

void call_explain(struct call *c)
{
    bool has_code = c->status == PAR_EXCEPTION;

    meta_writer_reset(&c->out);
    meta_put_map(&c->out, has_code ? 2 : 1);
    if (has_code)
        meta_pair_int(&c->out, KEY_CODE, c->code);
    meta_put_int(&c->out, KEY_TEXT);
    meta_put_strn(&c->out, (const char *)c->text.data, c->text.len);
}

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

enum { KEY_DIR = 2, KEY_WORKER = 30, KEY_SLOT = 31, KEY_HOST = 32 };
enum { KEY_GRANTS = 31, KEY_ATTEMPT = 69 }; /* in RUN */

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

    if (!meta_find(c->meta, c->meta_len, KEY_GRANTS, &v, &grants) ||
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
        return setup_text(c, KEY_DIR);
    if (strcmp(what, "worker") == 0)
        return setup_text(c, KEY_WORKER);
    if (strcmp(what, "host") == 0)
        return setup_text(c, KEY_HOST);
    if (strcmp(what, "slot") == 0)
        return number(c,
                      (uint64_t)meta_int(setup->data, setup->len, KEY_SLOT, 0));
    if (strcmp(what, "attempt") == 0)
        return number(c,
                      (uint64_t)meta_int(c->meta, c->meta_len, KEY_ATTEMPT, 1));
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
    .fail = fail,
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
    free_copies(c);
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
        free_copies(c);
        return false;
    }
    returned = c->function->function(&c->task);
    if (returned < 0)
        call_fail(c, PAR_EXCEPTION, "%s returned %d and did not say why",
                  c->function->name, returned);
    call_check_value(c);
    if (c->status == PAR_EXCEPTION && cancelled(&c->task))
        c->status = PAR_CANCELLED;
    free_copies(c);
    return true;
}
