/* nanny_command.c - a command from its words to its answer */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "command.h"
#include "engine.h"
#include "nanny_answer.h"
#include "nanny_command.h"
#include "nanny_say.h"
#include "nanny_slot_begin.h"
#include "nanny_starts.h"
#include "nanny_stream.h"
#include "poller.h"
#include "rubbish.h"

enum { NOT_FOUND = 127, NOT_EXECUTABLE = 126 };

struct comp *nanny_command_comp(const struct seat *seat)
{
    return seat->command->comp;
}

/* ---- the end ---- */

void nanny_command_destroy(struct nanny *n, struct seat *seat)
{
    struct command *c = seat->command;

    for (int i = 0; i < COMMAND_STREAMS; i++)
        if (c->streams[i].fd >= 0)
            poller_close(n->poller, c->streams[i].fd);
    if (!n->closing && c->folder[0])
        rubbish_remove(n->disk, c->folder);
    meta_writer_clear(&c->input);
    tail_clear(&c->tail);
    free(c);
    seat->command = NULL;
}

/* Why it could not be started: the keeper says at which step. */
static int say_not_started(struct nanny *n,
                           const struct command *c,
                           struct facts *f,
                           char *text,
                           size_t size)
{
    int code = c->end.error == ENOENT ? NOT_FOUND : NOT_EXECUTABLE;

    if (strncmp(c->end.text, "exec ", 5) != 0) {
        snprintf(text, size, "%s", c->end.text);
        return PAR_INTERNAL;
    }
    f->has_exit = true;
    f->exit_status = code << 8; /* as waitpid(2) would tell it */
    if (code == NOT_FOUND && strchr(c->program, '/') && c->program[0] != '/' &&
        c->folder[0])
        snprintf(text, size,
                 "%.100s: not on host %.100s; send it with -f %.100s",
                 c->program, n->host, c->program);
    else
        snprintf(text, size, "%s", c->end.text);
    return PAR_EXIT;
}

static int say_ended(struct nanny *n,
                     const struct command *c,
                     struct facts *f,
                     char *text,
                     size_t size)
{
    char how[80];
    int status = c->end.status;

    f->has_exit = true;
    f->exit_status = status;
    facts_of_status(status, how, sizeof how);
    snprintf(text, size, "%.250s: %s on %s", c->program, how, n->name);
    return WIFSIGNALED(status) ? PAR_SIGNAL : PAR_EXIT;
}

static void answer(struct nanny *n, struct command *c)
{
    char text[PAR_ERROR_TEXT];
    char tail[COMMAND_TAIL + 1];
    enum wire_executed executed = c->failed ? WIRE_NOT_EXECUTED : WIRE_EXECUTED;
    struct facts f = {.text = text,
                      .attempt = c->run->batch->attempt,
                      .cpu_us = c->end.user_us + c->end.system_us,
                      .max_rss_kb = c->end.max_rss_kb,
                      .worker = n->name,
                      .host = n->host,
                      .pid = c->pid,
                      .phase = c->failed ? "not started" : "started"};
    uint64_t wall_us = (n->now - c->begun) * 1000;
    bool well = !c->failed && !c->lost && WIFEXITED(c->end.status) &&
                WEXITSTATUS(c->end.status) == 0;
    int status;

    tail_text(&c->tail, SLOT_TAIL_LINES, tail, sizeof tail);
    f.tail = tail;
    if (well) { /* it won the race against whoever wanted its end */
        struct wire_item item = {
            .executed = WIRE_EXECUTED,
            .wall_us = wall_us < UINT32_MAX ? (uint32_t)wall_us : UINT32_MAX};

        nanny_answer(n, c->run, &item);
        return;
    }
    if (c->failed) {
        status = say_not_started(n, c, &f, text, sizeof text);
    } else if (c->run->doom != DOOM_NONE) {
        status = nanny_doom_status(n, c->run, text, sizeof text);
        executed = WIRE_MAYBE_EXECUTED;
    } else if (c->lost) {
        status = PAR_WORKER_LOST;
        snprintf(text, sizeof text, "%s: its keeper was killed", c->program);
        executed = WIRE_MAYBE_EXECUTED;
    } else if (c->wall) {
        status = PAR_LIMIT;
        snprintf(text, sizeof text,
                 "%s: ran longer than its limit of wall time", c->program);
    } else {
        status = say_ended(n, c, &f, text, sizeof text);
    }
    nanny_answer_facts(n, c->run, status, executed, wall_us, &f);
}

/* Nothing of it runs: answered as soon as its output is sent. */
static void settle(struct nanny *n, struct seat *seat)
{
    struct command *c = seat->command;
    struct comp *comp = c->comp;
    struct run *r = c->run;

    c->stirred = false;
    if (c->phase != COMMAND_EMPTY || !nanny_streams_settle(n, seat))
        return;
    if (r->state != RUN_ANSWERED)
        answer(n, c);
    nanny_release(n, r);
    comp->held--;
    nanny_command_destroy(n, seat);
    slots_done(n->slots, seat->number, 1, n->now);
}

void nanny_command_over(struct command *c)
{
    c->phase = COMMAND_EMPTY;
    c->stirred = true;
    c->timeout_at = c->started_at = c->kill_at = UINT64_MAX;
}

/* ---- not yet ---- */

void nanny_command_refused(struct command *c)
{
    for (int i = 0; i < COMMAND_STREAMS; i++)
        c->streams[i].ended = true;
    nanny_command_over(c);
}

/* It will not be started.  Whoever waits for it does not wait for the disk. */
static void give_up(struct nanny *n, struct command *c)
{
    char text[PAR_ERROR_TEXT];
    int status = nanny_doom_status(n, c->run, text, sizeof text);

    c->given_up = true;
    c->timeout_at = UINT64_MAX;
    if (c->run->state != RUN_ANSWERED)
        nanny_answer_text(n, c->run, status, WIRE_NOT_EXECUTED, text);
}

/* Its seat is left: those that have a keeper are used before. */
void nanny_command_unbegun(struct nanny *n, struct seat *seat, const char *why)
{
    struct command *c = seat->command;
    struct comp *comp = c->comp;
    struct run *r = c->run;

    nanny_starts_hold(n, why);
    nanny_keeper_close(n, seat);
    if (r->doom != DOOM_NONE || r->state == RUN_ANSWERED) {
        give_up(n, c);
        nanny_command_refused(c);
        return;
    }
    comp->held--;
    nanny_command_destroy(n, seat);
    nanny_queue(n, comp, r, true);
    slots_done(n->slots, seat->number, 1, n->now);
    slots_end(n->slots, seat->number);
    slots_empty(n->slots, seat->number);
}

/* ---- what happens to it ---- */

static void on_keeper(struct nanny *n, struct seat *seat)
{
    struct command *c = seat->command;
    struct keeper_event e;

    while (c->phase != COMMAND_EMPTY && keeper_next(seat->keeper, &e)) {
        switch (e.kind) {
        case KEEPER_STARTED:
            c->pid = e.pid;
            nanny_starts_go(n);
            nanny_streams_begin(n, seat);
            if (c->phase == COMMAND_STARTING) {
                c->phase = COMMAND_RUNNING;
                c->started_at = n->now + STARTED_MS;
            }
            break;
        case KEEPER_FAILED:
            c->failed = true;
            c->end = e;
            nanny_command_over(c);
            break;
        case KEEPER_FULL:
            nanny_command_unbegun(n, seat, e.text);
            return;
        case KEEPER_EXITED:
            c->phase = COMMAND_EXITED;
            c->end = e;
            c->timeout_at = c->started_at = c->wall_at = UINT64_MAX;
            keeper_kill(seat->keeper, SIGKILL); /* its background */
            break;
        case KEEPER_EMPTY:
            nanny_command_over(c);
            break;
        case KEEPER_GONE:
            c->lost = c->phase != COMMAND_EXITED;
            nanny_keeper_close(n, seat);
            nanny_command_over(c);
            break;
        }
    }
}

void nanny_command_event(struct nanny *n, struct seat *seat, enum watch watch)
{
    if (watch == WATCH_KEEPER && seat->command->preparing)
        nanny_keeper_idle(n, seat);
    else if (watch == WATCH_KEEPER)
        on_keeper(n, seat);
    else
        nanny_stream_event(n, seat, watch);
}

static void kill_now(struct seat *seat)
{
    struct command *c = seat->command;

    c->kill_at = UINT64_MAX;
    if (!c->killed && c->phase != COMMAND_EMPTY)
        keeper_kill(seat->keeper, SIGKILL);
    c->killed = true;
}

void nanny_command_end(struct nanny *n,
                       struct seat *seat,
                       enum run_doom doom,
                       enum run_cancel how,
                       uint64_t grace_ms)
{
    struct command *c = seat->command;

    if (c->run->doom == DOOM_NONE)
        c->run->doom = (uint8_t)doom;
    if (c->preparing) {
        give_up(n, c);
    } else if (c->phase == COMMAND_EMPTY) { /* its output waits for nobody */
        c->stirred = true;
    } else if (how == CANCEL_KILL) {
        kill_now(seat);
    } else if (c->kill_at == UINT64_MAX) {
        keeper_kill(seat->keeper, SIGTERM);
        c->kill_at = n->now + grace_ms;
    }
}

void nanny_command_check(struct nanny *n, struct seat *seat)
{
    struct command *c = seat->command;

    if (c->stirred && c->phase == COMMAND_EMPTY) {
        settle(n, seat);
        return;
    }
    if (n->now >= c->started_at) {
        struct wire_header head = {.type = WIRE_STARTED,
                                   .id = run_id(c->run),
                                   .ref = c->run->batch->attempt};

        c->started_at = UINT64_MAX;
        if (c->run->state != RUN_ANSWERED)
            nanny_say(n, &head, NULL, NULL, 0);
    }
    if (n->now >= c->wall_at) {
        c->wall_at = UINT64_MAX;
        c->wall = true;
        kill_now(seat);
    }
    if (n->now >= c->timeout_at) {
        c->timeout_at = UINT64_MAX;
        nanny_command_end(n, seat, DOOM_TIMEOUT, CANCEL_KILL, 0);
    } else if (n->now >= c->kill_at) {
        kill_now(seat);
    }
}

uint64_t nanny_command_deadline(const struct seat *seat)
{
    const struct command *c = seat->command;
    uint64_t due = c->started_at;

    if (c->stirred && c->phase == COMMAND_EMPTY)
        return 0;
    if (c->timeout_at < due)
        due = c->timeout_at;
    if (c->wall_at < due)
        due = c->wall_at;
    return c->kill_at < due ? c->kill_at : due;
}
