/* nanny_death.c - a slot has ended: settle what it had in its hands
 *
 * Results that it left behind are delivered, the run that it had begun is
 * blamed, and what it had not begun goes to other slots (page.h has the why).
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "engine.h"
#include "log.h"
#include "nanny_answer.h"
#include "nanny_death.h"
#include "nanny_retire.h"
#include "nanny_setup.h"
#include "nanny_slot_runs.h"
#include "nanny_starts.h"
#include "poller.h"
#include "thread_slot.h"

enum { TAIL_ROOM = SLOT_TAIL + 1 };

static const char *words_of(const struct nanny *n,
                            const struct seat *seat,
                            char *text,
                            size_t size)
{
    const struct live_slot *w = seat->slot;
    char end[80], who[SETTINGS_NAME + 40];

    snprintf(who, sizeof who, "slot %u of %s", seat->number + 1, n->name);
    if (w->words[0])
        snprintf(text, size, "%s: %s", who, w->words);
    else if (!w->exited)
        snprintf(text, size, "%s is gone", who);
    else
        snprintf(text, size,
                 WIFSIGNALED(w->status) ? "%s was killed by %s"
                                        : "%s ended with %s",
                 who, facts_of_status(w->status, end, sizeof end));
    return text;
}

/* ---- what it left behind ---- */

static struct run *first_given(const struct live_slot *w)
{
    return list_is_empty(&w->given)
               ? NULL
               : LIST_ENTRY(w->given.next, struct run, node);
}

/* Results may be there twice: in the pipe and in the outbox. */
static void collect(struct nanny *n, struct seat *seat)
{
    struct wire_msg m;
    bool fair = true;

    while (fair && pipe_read(seat->slot->pipe, &m, PIPE_NOW) == PIPE_MESSAGE)
        fair = m.head.type != WIRE_RESULT || nanny_slot_results(n, seat, &m);
    if (fair)
        nanny_slot_collect(n, seat);
}

/* ---- who is to blame ---- */

static void blame(struct nanny *n, struct seat *seat, struct run *r)
{
    struct live_slot *w = seat->slot;
    char text[PAR_ERROR_TEXT];
    char *tail = malloc(TAIL_ROOM);
    uint64_t wall_us = w->seen == run_id(r) && n->now * 1000 > w->seen_since_us
                           ? n->now * 1000 - w->seen_since_us
                           : 0;
    struct facts f = {.text = text,
                      .attempt = r->batch->attempt,
                      .exit_status = w->status,
                      .has_exit = w->exited,
                      .tail = tail,
                      .worker = n->name,
                      .host = n->host,
                      .pid = w->pid,
                      .phase = "started"};
    int status = PAR_WORKER_LOST;

    if (tail)
        tail_text(&w->tail, SLOT_TAIL_LINES, tail, TAIL_ROOM);
    if (r->doom != DOOM_NONE) {
        status = nanny_doom_status(n, r, text, sizeof text);
        f.has_exit = false;
    } else {
        words_of(n, seat, text, sizeof text);
    }
    nanny_answer_facts(n, r, status, WIRE_MAYBE_EXECUTED, wall_us, &f);
    free(tail);
}

/* What had begun and has no result, first to last. */
static void blame_begun(struct nanny *n, struct seat *seat)
{
    struct live_slot *w = seat->slot;
    uint64_t begun = page_close(w->page);
    struct run *r;

    while (w->answered < begun && (r = first_given(w))) {
        list_remove(&r->node);
        w->answered++;
        seat->comp->held--;
        if (r->state != RUN_ANSWERED)
            blame(n, seat, r);
        nanny_release(n, r);
    }
}

static void give_back(struct nanny *n, struct seat *seat)
{
    struct live_slot *w = seat->slot;

    while (!list_is_empty(&w->given)) {
        struct run *r = LIST_ENTRY(w->given.prev, struct run, node);

        list_remove(&r->node);
        seat->comp->held--;
        if (r->state == RUN_ANSWERED)
            nanny_release(n, r);
        else
            nanny_queue(n, seat->comp, r, true);
    }
}

/* ---- what follows for its computation ---- */

static void count_death(struct nanny *n, struct comp *c, const char *text)
{
    bool ready = c->state == COMP_READY;

    log_line(LOG_INFO, "%s", text);
    if (!deaths_add(&c->deaths, n->now))
        return;
    if (!ready) { /* being closed: what waits would wait for ever */
        nanny_empty_queue(n, c, PAR_WORKER_LOST, text);
        return;
    }
    log_line(LOG_WARN,
             "%d slots of a computation died in %d s, it is stopped here; "
             "the last: %s",
             SLOTS_DEATHS, SLOTS_DEATHS_MS / 1000, text);
    nanny_comp_break(n, c, text);
}

/* Words for whoever waits for a set-up or a CLOSE: with what the slot printed
 * last. */
static void tell(struct nanny *n,
                 struct seat *seat,
                 const char *text,
                 void (*say)(struct nanny *, struct seat *, const char *))
{
    char *words = malloc(TAIL_ROOM + PAR_ERROR_TEXT);
    size_t len;

    if (!words || !seat->slot) {
        free(words);
        say(n, seat, text);
        return;
    }
    len = (size_t)snprintf(words, PAR_ERROR_TEXT, "%s\n", text);
    if (len >= PAR_ERROR_TEXT)
        len = PAR_ERROR_TEXT - 1;
    if (!tail_text(&seat->slot->tail, SLOT_TAIL_LINES, words + len, TAIL_ROOM))
        words[len - 1] = 0; /* nothing but the sentence */
    say(n, seat, words);
    free(words);
}

static void setup_failed(struct nanny *n, struct seat *seat, const char *text)
{
    nanny_setup_done(n, seat->comp, text);
}

static void end_thread(struct nanny *n, struct live_slot *w)
{
    enum thread_end end;

    poller_forget(n->poller, thread_slot_fd(w->thread));
    end = thread_slot_end(w->thread, 0);
    if (end == THREAD_RUNS_ON)
        log_line(LOG_WARN, "a function does not end: its thread is left");
    else if (end == THREAD_EXITED && !w->words[0])
        snprintf(w->words, sizeof w->words,
                 "a function called pthread_exit(3)");
}

void nanny_slot_over(struct nanny *n, struct seat *seat)
{
    struct live_slot *w = seat->slot;
    struct comp *c = seat->comp;
    char text[PAR_ERROR_TEXT];
    bool willed = w && w->willed;
    bool unbegun = !w || w->unbegun;

    if (w) {
        if (w->thread)
            end_thread(n, w);
        collect(n, seat);
        blame_begun(n, seat);
        give_back(n, seat);
        words_of(n, seat, text, sizeof text);
    } else {
        snprintf(text, sizeof text, "%s", n->starts.why);
    }
    if (unbegun)
        nanny_starts_hold(n, text);
    if (c->setup_seat == (int)seat->number && unbegun &&
        !nanny_starts_hopeless(n))
        c->setup_seat = COMP_NO_SEAT; /* it is tried again */
    else if (c->setup_seat == (int)seat->number)
        tell(n, seat, text, setup_failed);
    else if (w && w->closing)
        tell(n, seat, text, nanny_slot_close_failed);
    live_slot_destroy(w, n->poller);
    seat->slot = NULL;
    seat->comp = NULL;
    c->slots--;
    if (seat->number < slots_count(n->slots))
        slots_empty(n->slots, seat->number);
    if (!unbegun && !willed)
        count_death(n, c, text);
}
