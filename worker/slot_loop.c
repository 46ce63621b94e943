/* slot_loop.c - the loop of a slot, and RUN */
#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "slot_inside.h"

enum {
    LARGE = 32 * 1024, /* a larger result leaves in a message of its own */
    UNSENT_US = 1000,  /* so long a finished result may wait for others ... */
    QUICK_US = 500     /* ... behind functions that take no longer */
};

/* ---- RUN ---- */

/* The function of a RUN; NULL, with the reason, if there is none. */
static struct load_function *function_of(struct slot *s, uint64_t ref)
{
    uint32_t number = (uint32_t)ref;

    s->call.status = PAR_OK;
    if (!s->is_ready || ref >> 32 != s->handle)
        call_fail(&s->call, PAR_UNKNOWN_HANDLE,
                  "computation %u is not set up on this slot",
                  (unsigned)(ref >> 32));
    else if (number >= s->load.functions)
        call_fail(&s->call, PAR_UNKNOWN_FUNCTION, "function %u: there are %zu",
                  number, s->load.functions);
    else
        return &s->load.all[number];
    return NULL;
}

/* A client's first call on this slot: its own set-up comes first. */
static int meet_client(struct slot *s, uint32_t origin)
{
    if (!s->load.hooks[PAR_IS_CLIENT_SETUP] || slot_client(&s->state, origin))
        return 0;
    if (!slot_client_add(&s->state, origin))
        return call_fail(&s->call, PAR_INTERNAL, "no memory for the client");
    if (slot_run_hook(s, PAR_IS_CLIENT_SETUP, origin) == 0)
        return 0;
    slot_client_remove(&s->state, origin);
    return -1;
}

/* Returns whether the job's own code ran. */
static bool run_function(struct slot *s,
                         const struct wire_msg *msg,
                         uint64_t dispatch,
                         const struct wire_item *item)
{
    struct call *c = &s->call;
    struct load_function *f = function_of(s, msg->head.ref);

    if (!f || meet_client(s, item->origin) != 0)
        return false;
    c->function = f;
    c->dispatch = dispatch;
    c->origin = item->origin;
    c->meta = msg->meta;
    c->meta_len = msg->head.meta_len;
    c->data = item->data;
    c->len = item->len;
    c->ends_with_zero = item->offset == SIZE_MAX;
    return call_run(c);
}

static int send_large(struct slot *s, uint64_t dispatch, struct wire_item *r)
{
    struct wire_header head = {.type = WIRE_RESULT, .id = dispatch};
    const uint8_t *frame;
    size_t len;

    if (slot_send_results(s) != 0)
        return -1;
    batch_begin(&s->batch, &head, NULL, 0);
    batch_add_result(&s->batch, 0, r->status, r->executed, r->wall_us, NULL,
                     WIRE_SECOND_FRAME);
    frame = batch_frame(&s->batch, &len);
    return slot_send_frame(s, frame, len, &s->call);
}

static int deliver(struct slot *s, uint64_t dispatch, struct wire_item *r)
{
    size_t len;

    if (r->len > LARGE)
        return send_large(s, dispatch, r);
    if (!page_frame(s->page, &len))
        s->first_unsent_us = s->now_us;
    if (page_add_result(s->page, dispatch, r))
        return 0;
    if (slot_send_results(s) != 0)
        return -1;
    s->first_unsent_us = s->now_us;
    return page_add_result(s->page, dispatch, r) ? 0 : -1;
}

static void learn(struct load_function *f, uint64_t wall_us)
{
    f->mean_us = f->runs++ ? (f->mean_us * 7 + wall_us) / 8 : wall_us;
}

/* A finished job is not held back by one behind it that may take long. */
static bool may_take_long(struct slot *s, uint64_t ref)
{
    struct load_function *f = function_of(s, ref);

    return f && (f->runs == 0 || f->mean_us > QUICK_US);
}

static bool has_waited(const struct slot *s)
{
    size_t len;

    return page_frame(s->page, &len) &&
           (len >= WIRE_BATCH_BYTES ||
            s->now_us - s->first_unsent_us >= UNSENT_US);
}

/* Returns 1 if the item may not begin: the nanny has closed the book. */
static int run_item(struct slot *s,
                    const struct wire_msg *msg,
                    uint64_t dispatch,
                    const struct wire_item *item)
{
    uint64_t began = s->now_us;
    struct wire_item result;
    bool executed;

    if (!page_begin(s->page, dispatch, began))
        return 1;
    executed = run_function(s, msg, dispatch, item);
    s->now_us = clock_us();
    if (executed)
        learn(s->call.function, s->now_us - began);
    if (s->call.status != PAR_OK)
        call_explain(&s->call);
    result = (struct wire_item){
        .status = (uint16_t)s->call.status,
        .executed = executed ? WIRE_EXECUTED : WIRE_NOT_EXECUTED,
        .wall_us = s->now_us - began < UINT32_MAX
                       ? (uint32_t)(s->now_us - began)
                       : UINT32_MAX,
        .data = s->call.out.data,
        .len = s->call.out.len,
    };
    if (deliver(s, dispatch, &result) != 0)
        return -1;
    page_end(s->page);
    return has_waited(s) ? slot_send_results(s) : 0;
}

static int on_run(struct slot *s, const struct wire_msg *msg)
{
    struct wire_item item;
    size_t cursor = 0;
    uint64_t dispatch = msg->head.id;
    int result = 0;

    s->now_us = clock_us();
    while (result == 0 && wire_next(msg, &cursor, &item)) {
        if (may_take_long(s, msg->head.ref)) {
            if (slot_send_results(s) != 0)
                return -1;
            s->now_us = clock_us();
        }
        result = run_item(s, msg, dispatch++, &item);
    }
    return result < 0 ? -1 : 0;
}

/* ---- the loop ---- */

static int handle(struct slot *s, const struct wire_msg *msg)
{
    switch (msg->head.type) {
    case WIRE_SETUP:
        return slot_on_setup(s, msg);
    case WIRE_CLOSE:
        return slot_on_close(s, msg);
    case WIRE_RUN:
        return on_run(s, msg);
    case WIRE_PING:
        return slot_send_message(s, WIRE_PONG, &msg->head, msg->head.ref, NULL);
    default: /* CANCEL comes by the page; the others are not for functions */
        return 0;
    }
}

/* -1: the nanny is gone, or broke the rules. */
static int serve(struct slot *s)
{
    struct wire_msg msg;
    enum pipe_read got;

    for (;;) {
        got = pipe_read(s->pipe, &msg, PIPE_HELD);
        if (got == PIPE_NONE) {
            if (slot_send_results(s) != 0)
                return s->error.code ? -1 : 0;
            got = pipe_read(s->pipe, &msg, PIPE_WAIT);
        }
        if (got != PIPE_MESSAGE)
            return got == PIPE_END ? 0 : -1;
        if (handle(s, &msg) != 0)
            return s->error.code ? -1 : 0;
    }
}

static void clear(struct slot *s)
{
    call_clear(&s->call);
    batch_clear(&s->batch);
    slot_state_clear(&s->state);
    load_clear(&s->load);
    free(s->own_page);
    pipe_close(s->pipe);
}

/* A function has called pthread_exit(3).  Other threads that it has begun would
 * keep a process, and the pipe, as if nothing had happened. */
static void on_thread_exit(void *arg)
{
    struct slot *s = arg;

    if (s->config.own_process) {
        fprintf(stderr, "parslot: a function called pthread_exit(3)\n");
        _exit(1);
    }
    clear(s);
}

static int serve_to_the_end(struct slot *s, struct par_error *err)
{
    int result = serve(s);

    if (s->error.code)
        par_fail(err, s->error.code, "nothing can be sent: %s", s->error.text);
    else if (result != 0)
        par_fail(err, EPROTO, "from the nanny: %s", pipe_reason(s->pipe));
    if (!s->config.own_process) /* what it keeps would outlive it */
        slot_wind_up(s);
    return result;
}

int slot_run(const struct slot_config *config, struct par_error *err)
{
    struct slot s = {.config = *config, .page = config->page};
    volatile int result = -1; /* one of the macros is a setjmp(3) */

    s.pipe = pipe_open(config->pipe, err);
    if (!s.pipe)
        return -1;
    if (!s.page)
        s.page = s.own_page = calloc(1, sizeof *s.own_page);
    if (!s.page)
        par_fail(err, ENOMEM, "out of memory");
    pthread_cleanup_push(on_thread_exit, &s);
    if (s.page) {
        call_init(&s.call, &s.state, s.page);
        result = serve_to_the_end(&s, err);
    }
    pthread_cleanup_pop(0);
    clear(&s);
    return result;
}
