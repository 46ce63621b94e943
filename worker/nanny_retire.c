/* nanny_retire.c - a slot is told to end, or made to */
#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "engine.h"
#include "log.h"
#include "meta_keys.h"
#include "nanny_retire.h"
#include "poller.h"

/* It gets nothing more. */
static void end_seat(struct nanny *n, const struct seat *seat)
{
    if (seat->number < slots_count(n->slots))
        slots_end(n->slots, seat->number);
}

void nanny_slot_kill(struct nanny *n, struct seat *seat)
{
    struct live_slot *w = seat->slot;

    if (w->phase >= SLOT_KILLED)
        return;
    end_seat(n, seat);
    w->phase = SLOT_KILLED;
    w->due = w->check_at = UINT64_MAX;
    if (w->thread) { /* all that can be done: wait for it, and then leave it */
        shutdown(pipe_fd(w->pipe), SHUT_RDWR);
        w->due = n->now + THREAD_MS;
    } else {
        keeper_kill(seat->keeper, SIGKILL);
    }
}

/* A slot that reads the end of its pipe ends. */
void nanny_slot_leave(struct nanny *n, struct seat *seat)
{
    struct live_slot *w = seat->slot;

    end_seat(n, seat);
    w->willed |= w->phase != SLOT_SETTING;
    w->phase = SLOT_LEAVING;
    w->due = n->now + LEAVE_MS;
    w->check_at = UINT64_MAX;
    pipe_flush(w->pipe, PIPE_NOW);
    shutdown(pipe_fd(w->pipe), SHUT_WR);
}

void nanny_slot_retire(struct nanny *n,
                       struct seat *seat,
                       unsigned hooks,
                       const struct comp_request *r)
{
    struct live_slot *w = seat->slot;
    struct wire_header head = {
        .type = WIRE_CLOSE, .id = ++n->last_id, .ref = seat->comp->number};
    struct meta_writer meta = {0};

    if (w->phase != SLOT_SERVING)
        return;
    end_seat(n, seat);
    meta_put_map(&meta, r && r->call ? 2 : 1);
    meta_pair_int(&meta, KEY_PIPE_RUN_HOOKS, hooks);
    if (r && r->call) {
        meta_put_uint(&meta, KEY_PIPE_CALL);
        meta_put_raw(&meta, r->call, r->call_len);
    }
    w->phase = SLOT_CLOSING;
    w->closing = hooks || (r && r->call);
    w->request = head.id;
    w->due = n->now + HOOK_MS;
    if (live_slot_send(w, &head, &meta, NULL))
        nanny_slot_kill(n, seat);
    meta_writer_clear(&meta);
}

void nanny_slot_close_failed(struct nanny *n,
                             struct seat *seat,
                             const char *text)
{
    (void)n;
    seat->slot->closing = false;
    if (seat->comp->state == COMP_CLOSING)
        comp_close_failed(seat->comp, text);
    else
        log_line(LOG_WARN, "closing a slot: %.*s", (int)strcspn(text, "\n"),
                 text);
}

void nanny_slot_mistrust(struct nanny *n, struct seat *seat, const char *what)
{
    struct live_slot *w = seat->slot;

    if (!w->words[0])
        snprintf(w->words, sizeof w->words, "%s", what);
    poller_forget(n->poller, pipe_fd(w->pipe));
    nanny_slot_kill(n, seat);
}

/* The pipe of a process that dies is closed before its end is told.  Whoever
 * kills it now would take the blame from the true reason. */
void nanny_slot_await(struct nanny *n, struct seat *seat)
{
    end_seat(n, seat);
    seat->slot->mute = true;
    seat->slot->due = n->now + MUTE_MS;
}
