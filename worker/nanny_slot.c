/* nanny_slot.c - what a slot says, and what its process does */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine.h"
#include "meta_keys.h"
#include "nanny_registered.h"
#include "nanny_retire.h"
#include "nanny_setup.h"
#include "nanny_slot.h"
#include "nanny_slot_begin.h"
#include "nanny_slot_runs.h"
#include "nanny_starts.h"
#include "poller.h"

enum { READ_PIECE = 4096, READ_PIECES = 16 };

/* ---- what it says ---- */

/* A slot that served a request outside of the seats is not kept. */
static void serve(struct nanny *n, struct seat *seat)
{
    seat->slot->phase = SLOT_SERVING;
    seat->slot->due = UINT64_MAX;
    if (seat->number < slots_count(n->slots))
        slots_warm(n->slots, seat->number, n->now);
}

static bool on_ready(struct nanny *n,
                     struct seat *seat,
                     const struct wire_msg *m)
{
    struct live_slot *w = seat->slot;
    struct comp *c = seat->comp;
    struct par_error err = {0};
    struct meta_reader inside;
    struct meta_value v;

    if (w->phase == SLOT_SERVING && w->closes) {
        w->closes--;
        return true;
    }
    if (w->phase == SLOT_CLOSING && m->head.id != w->request)
        return w->closes-- > 0;
    if (m->head.id != w->request)
        return false;
    if (w->phase == SLOT_CLOSING) {
        w->closing = false;
        nanny_slot_leave(n, seat);
        return true;
    }
    if (w->phase != SLOT_SETTING)
        return false;
    if (!meta_find(m->meta, m->head.meta_len, KEY_READY_FUNCTIONS, &v, &inside))
        return false;
    if (comp_take_functions(c, &v, inside, &err)) {
        snprintf(w->words, sizeof w->words, "%.199s", err.text);
        return false;
    }
    if (c->registered)
        nanny_find_offers(n, c); /* before anything is given to it */
    serve(n, seat);
    if (c->setup_seat == (int)seat->number)
        nanny_setup_done(n, c, NULL);
    else if (seat->number >= slots_count(n->slots))
        nanny_slot_retire(n, seat, 0, NULL);
    return true;
}

static bool on_error(struct nanny *n,
                     struct seat *seat,
                     const struct wire_msg *m)
{
    struct live_slot *w = seat->slot;
    struct comp *c = seat->comp;
    char *text;

    if (m->head.id != w->request && w->closes) {
        w->closes--; /* client_close failed: nobody is there to be told */
        return true;
    }
    if (m->head.id != w->request ||
        (w->phase != SLOT_SETTING && w->phase != SLOT_CLOSING))
        return false;
    text = calloc(1, WORDS_MAX);
    if (!text ||
        meta_text(m->meta, m->head.meta_len, KEY_ANY_TEXT, text, WORDS_MAX) < 1)
        snprintf(w->words, sizeof w->words, "a set-up function failed");
    else
        snprintf(w->words, sizeof w->words, "%s", text);
    w->failed = true;
    if (c->setup_seat == (int)seat->number) {
        w->willed = !c->registered; /* whoever asked is told */
        nanny_setup_done(n, c, text && *text ? text : w->words);
    } else if (w->closing) {
        nanny_slot_close_failed(n, seat, text && *text ? text : w->words);
    }
    free(text);
    if (w->phase != SLOT_KILLED)
        nanny_slot_leave(n, seat);
    return true;
}

/* It has dropped what it was not to begin: give to it again. */
static bool on_pong(struct nanny *n,
                    struct seat *seat,
                    const struct wire_msg *m)
{
    struct live_slot *w = seat->slot;

    if (m->head.ref != 1 || !w->book_closed)
        return false;
    w->book_closed = false;
    w->lost_since = 0;
    page_reopen(w->page);
    if (seat->number < slots_count(n->slots))
        slots_block(n->slots, seat->number, false);
    return true;
}

static bool on_message(struct nanny *n,
                       struct seat *seat,
                       const struct wire_msg *m)
{
    switch (m->head.type) {
    case WIRE_RESULT:
        return nanny_slot_results(n, seat, m);
    case WIRE_READY:
        return on_ready(n, seat, m);
    case WIRE_ERROR:
        return on_error(n, seat, m);
    case WIRE_PONG:
        return on_pong(n, seat, m);
    default:
        return false;
    }
}

static void on_pipe(struct nanny *n, struct seat *seat)
{
    struct live_slot *w = seat->slot;
    enum pipe_effort effort = PIPE_NOW;
    struct wire_msg m;
    enum pipe_read got;

    while ((got = pipe_read(w->pipe, &m, effort)) == PIPE_MESSAGE) {
        effort = PIPE_HELD;
        if (!on_message(n, seat, &m)) {
            char what[SLOT_WORDS];

            snprintf(what, sizeof what, "%s where it makes no sense",
                     wire_type_name(m.head.type) ? wire_type_name(m.head.type)
                                                 : "an unknown message");
            nanny_slot_mistrust(n, seat, what);
            return;
        }
    }
    if (got == PIPE_BROKEN)
        nanny_slot_mistrust(n, seat, pipe_reason(w->pipe));
    if (got != PIPE_END)
        return;
    poller_forget(n->poller, pipe_fd(w->pipe));
    if (w->thread)
        nanny_slot_kill(n, seat);
    else if (w->phase < SLOT_LEAVING)
        nanny_slot_await(n, seat);
}

/* ---- what its process does ---- */

static void on_output(struct nanny *n, struct seat *seat)
{
    struct live_slot *w = seat->slot;
    char piece[READ_PIECE];
    ssize_t got = 0;

    for (int i = 0; i < READ_PIECES; i++) {
        got = read(w->output, piece, sizeof piece);
        if (got <= 0)
            break;
        tail_add(&w->tail, piece, (size_t)got);
    }
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
        poller_forget(n->poller, w->output);
}

static void on_exit_of(struct seat *seat, const struct keeper_event *e)
{
    struct live_slot *w = seat->slot;

    w->exited = true;
    w->status = e->status;
    if (w->mute && !(WIFSIGNALED(w->status) && WTERMSIG(w->status) == SIGKILL))
        w->words[0] = 0; /* it was about to end by itself, and we too quick */
    keeper_kill(seat->keeper, SIGKILL); /* what it left behind */
}

static void on_keeper(struct nanny *n, struct seat *seat)
{
    struct live_slot *w = seat->slot;
    struct keeper_event e;

    while (w->phase != SLOT_OVER && keeper_next(seat->keeper, &e)) {
        switch (e.kind) {
        case KEEPER_STARTED:
            w->pid = e.pid;
            nanny_starts_go(n);
            break;
        case KEEPER_FAILED:
            w->failed = true;
            snprintf(w->words, sizeof w->words, "%s", e.text);
            w->phase = SLOT_OVER;
            break;
        case KEEPER_FULL:
            w->unbegun = true;
            snprintf(w->words, sizeof w->words, "%s", e.text);
            nanny_keeper_close(n, seat);
            w->phase = SLOT_OVER;
            return;
        case KEEPER_EXITED:
            on_exit_of(seat, &e);
            break;
        case KEEPER_EMPTY:
            on_output(n, seat); /* its last words may be waiting */
            w->phase = SLOT_OVER;
            break;
        case KEEPER_GONE:
            if (!w->words[0])
                snprintf(w->words, sizeof w->words, "its keeper was killed");
            nanny_keeper_close(n, seat);
            on_output(n, seat);
            w->phase = SLOT_OVER;
            return;
        }
    }
}

void nanny_slot_event(struct nanny *n, struct seat *seat, enum watch watch)
{
    if (seat->slot->phase == SLOT_OVER)
        return; /* what is left in its pipe is read when it is settled */
    switch (watch) {
    case WATCH_PIPE:
        if (pipe_wants_write(seat->slot->pipe))
            seat->slot->dirty = true;
        on_pipe(n, seat);
        break;
    case WATCH_OUTPUT:
        on_output(n, seat);
        break;
    case WATCH_KEEPER:
        on_keeper(n, seat);
        break;
    case WATCH_THREAD:
        if (seat->slot->phase < SLOT_KILLED)
            on_pipe(n, seat); /* its last words may be waiting */
        seat->slot->phase = SLOT_OVER;
        break;
    default:
        break;
    }
}

void nanny_slot_flush(struct nanny *n, struct seat *seat)
{
    struct live_slot *w = seat->slot;
    bool waited = w->waits;

    w->dirty = false;
    w->waits = pipe_flush(w->pipe, PIPE_NOW) == 1;
    if (w->waits != waited)
        poller_watch(n->poller, pipe_fd(w->pipe),
                     nanny_tag(seat->number, WATCH_PIPE), true, w->waits);
}
