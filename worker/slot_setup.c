/* slot_setup.c - SETUP and CLOSE on a slot, and the hooks that they run */
#include "config.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "meta_keys.h"
#include "slot_inside.h"

int slot_run_hook(struct slot *s, enum par_hook hook, uint32_t origin)
{
    struct call *c = &s->call;

    c->function = s->load.hooks[hook];
    if (!c->function)
        return 0;
    c->dispatch = 0;
    c->origin = origin;
    c->data = NULL;
    c->len = c->meta_len = 0;
    call_run(c);
    if (c->status == PAR_OK)
        return 0;
    call_fail_in(c, load_hook_name(hook), c->function->name);
    return -1;
}

enum {
    HOST_SETUP = 1,
    SLOT_SETUP = 2,
    CLIENT_CLOSE = 4,
    SLOT_CLOSE = 8,
    HOST_CLOSE = 16
};

static int refuse(struct slot *s, const char *why)
{
    s->call.status = PAR_OK;
    return call_fail(&s->call, PAR_SETUP_FAILED, "%s", why);
}

static int refuse_name(struct slot *s,
                       const char *why,
                       const struct meta_value *name)
{
    s->call.status = PAR_OK;
    return call_fail(&s->call, PAR_SETUP_FAILED, "%s %.*s", why,
                     (int)(name->len < 100 ? name->len : 100),
                     (const char *)name->data);
}

/* 16: a function, chosen by the caller at this moment, and its arguments. */
static int run_named(struct slot *s, const struct wire_msg *msg)
{
    struct call *c = &s->call;
    struct meta_value name, args;
    struct meta_reader pair;

    if (!meta_find(msg->meta, msg->head.meta_len, KEY_PIPE_CALL, &name, &pair))
        return 0;
    if (name.kind != META_ARRAY || !meta_next(&pair, &name) ||
        name.kind != META_STR || !meta_next(&pair, &args) ||
        args.kind != META_BIN)
        return refuse(s, "the call is not [function, arguments]");
    c->function = load_find(&s->load, name.data, name.len);
    if (!c->function)
        return refuse_name(s, "it has no function", &name);
    c->dispatch = 0;
    c->origin = 0;
    c->data = args.data;
    c->len = args.len;
    c->ends_with_zero = false;
    c->meta_len = 0;
    call_run(c);
    if (c->status == PAR_OK)
        return 0;
    call_fail_in(c, "call of", c->function->name);
    return -1;
}

/* 5: functions by name that take the place of the object's own hooks. */
static int override_hooks(struct slot *s, const struct wire_msg *msg)
{
    struct meta_reader map;
    struct meta_value v, name;

    if (!meta_find(msg->meta, msg->head.meta_len, KEY_PIPE_HOOKS, &v, &map) ||
        v.kind != META_MAP)
        return 0;
    for (size_t pairs = v.len; pairs > 0; pairs--) {
        enum par_hook hook = PAR_IS_FUNCTION;

        if (meta_next(&map, &v) && v.kind == META_STR)
            hook = load_hook_of(v.data, v.len);
        if (!meta_next(&map, &name) || name.kind != META_STR)
            return refuse(s, "a hook's function is not named");
        if (hook == PAR_IS_FUNCTION)
            return refuse_name(s, "there is no hook", &v);
        s->load.hooks[hook] = load_find(&s->load, name.data, name.len);
        if (!s->load.hooks[hook])
            return refuse_name(s, "it has no function", &name);
    }
    return 0;
}

/* ---- SETUP, CLOSE ---- */

static int load(struct slot *s, const struct wire_msg *msg)
{
    char path[PATH_MAX], dir[PATH_MAX];
    struct par_error err = {0};
    int result;

    meta_text(msg->meta, msg->head.meta_len, KEY_PIPE_PATH, path, sizeof path);
    meta_text(msg->meta, msg->head.meta_len, KEY_PIPE_FOLDER, dir, sizeof dir);
    if (s->config.own_process && *dir && chdir(dir) != 0) {
        par_fail(&err, errno, "%s: %s", dir, strerror(errno));
        return refuse(s, err.text);
    }
    result = *path ? load_object(&s->load, path, &err)
                   : load_table(&s->load, s->config.entries,
                                s->config.entry_count, &err);
    return result == 0 ? 0 : refuse(s, err.text);
}

static int set_up(struct slot *s, const struct wire_msg *msg)
{
    int64_t hooks =
        meta_int(msg->meta, msg->head.meta_len, KEY_PIPE_RUN_HOOKS, 0);

    if (s->is_ready)
        return refuse(s, "the slot is set up already");
    load_clear(&s->load);
    meta_writer_reset(&s->state.info);
    meta_put_raw(&s->state.info, msg->meta, msg->head.meta_len);
    if (load(s, msg) != 0 || override_hooks(s, msg) != 0)
        return -1;
    if (hooks & HOST_SETUP && slot_run_hook(s, PAR_IS_HOST_SETUP, 0) != 0)
        return -1;
    if (hooks & SLOT_SETUP && slot_run_hook(s, PAR_IS_SLOT_SETUP, 0) != 0)
        return -1;
    s->is_open = hooks & SLOT_SETUP;
    if (run_named(s, msg) != 0)
        return -1;
    s->is_ready = true;
    s->handle = (uint32_t)msg->head.ref;
    return 0;
}

static int send_ready(struct slot *s, const struct wire_header *to)
{
    struct meta_writer meta = {0};
    int result;

    meta_put_map(&meta, 1);
    meta_put_int(&meta, KEY_READY_FUNCTIONS);
    meta_put_array(&meta, (uint32_t)s->load.functions);
    for (size_t i = 0; i < s->load.functions; i++) {
        meta_put_array(&meta, 2);
        meta_put_str(&meta, s->load.all[i].name);
        meta_put_str(&meta, s->load.all[i].signature.text);
    }
    result = slot_send_message(s, WIRE_READY, to, to->ref, &meta);
    meta_writer_clear(&meta);
    return result;
}

/* The client leaves: its hook runs only if the client has ever been here. */
static int close_client(struct slot *s, uint32_t origin)
{
    int result = 0;

    if (slot_client(&s->state, origin))
        result = slot_run_hook(s, PAR_IS_CLIENT_CLOSE, origin);
    slot_client_remove(&s->state, origin);
    return result;
}

/* A failure is not for who asks for this. */
static void close_clients(struct slot *s)
{
    while (s->state.client_count > 0)
        (void)close_client(s, s->state.clients[0].origin);
}

static int close_slot(struct slot *s)
{
    s->is_ready = s->is_open = false;
    close_clients(s);
    return slot_run_hook(s, PAR_IS_SLOT_CLOSE, 0);
}

void slot_wind_up(struct slot *s)
{
    if (s->is_open)
        (void)close_slot(s);
}

int slot_on_setup(struct slot *s, const struct wire_msg *msg)
{
    int result;

    if (set_up(s, msg) == 0)
        return send_ready(s, &msg->head);
    result = slot_send_failure(s, &msg->head, PAR_SETUP_FAILED);
    slot_wind_up(s); /* the call has failed */
    return result;
}

/* The client that is named, or all. */
static int on_clients_gone(struct slot *s, const uint8_t *meta, size_t len)
{
    int64_t origin = meta_int(meta, len, KEY_PIPE_ORIGIN, -1);

    if (origin >= 0)
        return close_client(s, (uint32_t)origin);
    close_clients(s);
    return 0;
}

/* What was asked for, up to the first that fails. */
static int close_parts(struct slot *s, const struct wire_msg *msg)
{
    const uint8_t *meta = msg->meta;
    size_t len = msg->head.meta_len;
    int64_t hooks = meta_int(meta, len, KEY_PIPE_RUN_HOOKS, 0);

    if (run_named(s, msg) != 0)
        return -1;
    if (hooks & CLIENT_CLOSE && on_clients_gone(s, meta, len) != 0)
        return -1;
    if (hooks & SLOT_CLOSE && close_slot(s) != 0)
        return -1;
    if (hooks & HOST_CLOSE && slot_run_hook(s, PAR_IS_HOST_CLOSE, 0) != 0)
        return -1;
    return 0;
}

int slot_on_close(struct slot *s, const struct wire_msg *msg)
{
    if (close_parts(s, msg) == 0)
        return slot_send_message(s, WIRE_READY, &msg->head, msg->head.ref,
                                 NULL);
    return slot_send_failure(s, &msg->head, (uint64_t)s->call.status);
}
