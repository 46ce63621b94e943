/* turn.c - one turn of the broker: the whole of it on one screen */
#include "config.h"

#include "broker.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "carry.h"
#include "engine.h"
#include "handlers.h"
#include "handlers_ask.h"
#include "handlers_files.h"
#include "handlers_session.h"
#include "handlers_stream.h"
#include "log.h"
#include "out.h"
#include "say.h"

int broker_poll(struct broker *b, zmq_pollitem_t *items)
{
    int n = link_server_poll(b->link, items);
    int watch = access_fd(b->access);

    if (watch >= 0)
        items[n++] = (zmq_pollitem_t){.fd = watch, .events = ZMQ_POLLIN};
    return n;
}

uint64_t broker_deadline(const struct broker *b)
{
    uint64_t due = sched_deadline(b->sched);
    uint64_t file = files_deadline(b);
    uint64_t list = access_deadline(b->access);
    uint64_t strangers = link_server_deadline(b->link);

    if (b->next_beat < due)
        due = b->next_beat;
    if (sched_may_crowd(b->sched) && b->next_balance < due)
        due = b->next_balance;
    if (b->trim_at && b->trim_at < due)
        due = b->trim_at;
    if (file < due)
        due = file;
    if (strangers < due)
        due = strangers;
    if (!list_is_empty(&b->peers.behind) && b->now + BROKER_CATCH_UP < due)
        due = b->now + BROKER_CATCH_UP;
    return list < due ? list : due;
}

/* Sessions whose key is no longer listed, or no longer for their role. */
static void cut_revoked(struct broker *b)
{
    struct peer *peer;

    for (size_t i = 0; (peer = peers_next(&b->peers, &i));) {
        const struct link_peer *who = link_server_peer(b->link, peer->conn);
        struct access_rule rule;

        if (!who ||
            (access_rule(b->access, who, &rule) && (rule.roles & peer->role))) {
            if (who)
                peer->roles = rule.roles;
            continue;
        }
        log_line(LOG_WARN, "session %u (%s) is revoked: cut off", peer->number,
                 peer->address);
        cut_session(b, peer, WIRE_REVOKED);
        i = 0; /* the table has changed */
    }
}

static void new_list(struct broker *b)
{
    if (b->zap) {
        struct authorized *list = access_list(b->access);

        if (list)
            zap_use(b->zap, list);
    }
    cut_revoked(b);
}

void broker_reload(struct broker *b)
{
    if (access_read(b->access))
        new_list(b);
}

/* A worker that has been silent for a heartbeat is asked; one that does not
 * answer is first suspected (no new work), then lost. */
static void beat(struct broker *b, struct peer *worker)
{
    if (b->now - worker->heard < b->heartbeat_ms) {
        if (worker->paused && !worker->leaving)
            sched_worker_pause(b->sched, b->now, worker->number, false);
        worker->paused = false;
        return;
    }
    if (worker->asked)
        worker->missed++;
    if (worker->missed >= BROKER_MISSED_LOST) {
        log_line(LOG_WARN, "worker %s is lost: silent for %llu ms",
                 worker->name, (unsigned long long)(b->now - worker->heard));
        link_server_cut(b->link, worker->conn);
        end_session(b, worker, false);
        return;
    }
    if (worker->missed >= BROKER_MISSED_SUSPECT && !worker->paused) {
        worker->paused = true;
        sched_worker_pause(b->sched, b->now, worker->number, true);
        /* If it is only slow, what has not begun there goes elsewhere. */
        say(b, worker, WIRE_RECALL, 0, next_nonce(b, 0), 0, NULL);
    }
    worker->asked = b->now;
    say(b, worker, WIRE_PING, 0, WIRE_NONCE_ID | ++b->last_nonce, 0, NULL);
}

static void beats(struct broker *b)
{
    uint32_t before;
    struct peer *peer;

    if (b->now < b->next_beat)
        return;
    b->next_beat = b->now + b->heartbeat_ms;
    for (size_t i = 0; (peer = peers_next(&b->peers, &i));) {
        before = b->peers.used;
        if (peer->role == ROLE_WORKER)
            beat(b, peer);
        if (b->peers.used < before)
            i--; /* another one stands in its place now */
    }
}

/* A worker that answers pings, and not what it was asked. */
static void give_up_overdue(struct broker *b)
{
    struct decision late;
    char why[PAR_ERROR_TEXT];

    while (sched_overdue(b->sched, b->now, &late)) {
        struct payload_ref text = {0};

        snprintf(why, sizeof why,
                 "worker %s has not answered the %s of %s within %u s",
                 sched_worker_name(b->sched, late.worker),
                 late.kind == DECIDE_CLOSE ? "CLOSE" : "SETUP",
                 sched_target_name(b->sched, late.target),
                 late.grace_ms / 1000);
        log_line(LOG_WARN, "%s", why);
        text.len = (uint32_t)strlen(why);
        text.block = payload_copy(&b->payloads, why, text.len, 1);
        text.len = text.block ? text.len : 0;
        sched_request_done(b->sched, b->now, late.worker, late.request,
                           PAR_SETUP_FAILED, text);
    }
}

/* Who had too much unread may have read some.  Each once: it may be behind
 * again. */
static void catch_up(struct broker *b)
{
    struct list all;

    if (list_is_empty(&b->peers.behind))
        return;
    list_init(&all);
    list_append(&b->peers.behind, &all);
    list_remove(&b->peers.behind); /* `all` is the head of them now */
    while (!list_is_empty(&all)) {
        struct peer *peer = LIST_ENTRY(all.next, struct peer, behind);

        list_remove(&peer->behind);
        if (!out_has_caught_up(b, peer)) {
            out_waits(b, peer);
        } else if (peer->role == ROLE_WORKER) {
            files_go_on(b, peer);
        } else {
            sched_client_pause(b->sched, b->now, peer->number, false);
            answers_go_on(b, peer);
            streams_go_on(b, peer);
        }
    }
}

/* Jobs that wait behind a long one, while there is a free slot elsewhere. */
static void balance(struct broker *b)
{
    size_t cursor = 0;
    uint32_t number;

    if (b->now < b->next_balance || !sched_may_crowd(b->sched))
        return;
    b->next_balance = b->now + BROKER_BALANCE;
    while ((number = sched_crowded(b->sched, b->now, &cursor))) {
        struct peer *worker = peers_by_number(&b->peers, number);

        if (worker)
            say(b, worker, WIRE_RECALL, 0, next_nonce(b, 0), 0, NULL);
    }
}

/* What a peer left unread lies among what others use: free(3) alone keeps it
 * for us. */
static void give_back(struct broker *b)
{
    if (!b->trim_at || b->now < b->trim_at)
        return;
    b->trim_at = 0;
    malloc_trim(0);
}

/* Returns true if there may be more. */
static bool take(struct broker *b)
{
    struct link_msg m;
    uint64_t conn;
    int taken = 0;

    while (taken < BROKER_BATCH && link_server_recv(b->link, &m)) {
        handle_message(b, &m);
        link_msg_close(&m);
        taken++;
    }
    /* Only now: what it had sent before it died is served. */
    while (link_server_gone(b->link, &conn))
        handle_gone(b, conn);
    return taken == BROKER_BATCH;
}

/* Peers that miss what they were to hear. */
static void cut_broken(struct broker *b)
{
    struct peer *peer;

    for (size_t i = 0; (peer = peers_next(&b->peers, &i));) {
        if (!peer->is_broken)
            continue;
        cut_session(b, peer, WIRE_TOO_MANY);
        i = 0; /* the table has changed */
    }
}

static void send_all(struct broker *b)
{
    out_flush_all(b);
    while (b->has_lost) {
        b->has_lost = false;
        cut_broken(b);
        carry_decisions(b);
        out_flush_all(b);
    }
}

bool broker_turn(struct broker *b, uint64_t now)
{
    bool more;

    b->now = now;
    more = take(b);
    if (access_reload(b->access, now))
        new_list(b);
    beats(b);
    balance(b);
    files_expire(b);
    give_up_overdue(b);
    catch_up(b);
    give_back(b);
    sched_tick(b->sched, now);
    if (sched_is_out_of_memory(b->sched)) {
        log_line(LOG_ERROR, "out of memory");
        abort(); /* crash-only: a broker that lost words must not go on */
    }
    carry_decisions(b);
    /* store_commit() will stand here: nobody is told what a crash could
     * undo. */
    send_all(b);
    return more;
}
