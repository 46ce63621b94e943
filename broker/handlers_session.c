/* handlers_session.c - who must hear of the end of a session, in which order */
#include "config.h"

#include "handlers_session.h"

#include "answers.h"
#include "handlers_files.h"
#include "log.h"
#include "say.h"

/* Workers keep state per client; tell them that one has left. */
static void tell_workers(struct broker *b, uint32_t client)
{
    struct peer *peer;

    for (size_t i = 0; (peer = peers_next(&b->peers, &i));)
        if (peer->role == ROLE_WORKER)
            say(b, peer, WIRE_GOODBYE, 0, client, WIRE_DONE, NULL);
}

/* So long libzmq has to free what a peer that has left did not read. */
enum { TRIM_MS = 1000 };

void forget_session(struct broker *b, struct peer *peer, bool orderly)
{
    uint32_t number = peer->number;
    unsigned role = peer->role;
    bool has_run = peer->has_run;

    log_line(LOG_INFO, "%s %u left name=%s%s",
             role == ROLE_WORKER ? "worker" : "client", number, peer->name,
             orderly ? "" : " (connection lost)");
    for (unsigned i = 0; i < BROKER_RELAYS; i++)
        if (b->relays[i].nonce &&
            (b->relays[i].worker == number || b->relays[i].client == number)) {
            struct peer *asker =
                peers_by_number(&b->peers, b->relays[i].client);

            if (b->relays[i].worker == number && asker)
                say_error(b, asker, b->relays[i].id, 0, PAR_WORKER_LOST, true,
                          "the worker left");
            b->relays[i].nonce = 0;
        }
    if (peer->was_behind && !b->trim_at)
        b->trim_at = b->now + TRIM_MS;
    answers_drop(b, peer);
    files_worker_left(peer);
    peers_remove(&b->peers, peer);
    if (role == ROLE_WORKER) {
        sched_worker_leave(b->sched, b->now, number, orderly);
        return;
    }
    files_client_left(b, number);
    sched_client_leave(b->sched, b->now, number);
    if (has_run)
        tell_workers(b, number);
}

void end_session(struct broker *b, struct peer *peer, bool orderly)
{
    uint64_t conn = peer->conn;

    forget_session(b, peer, orderly);
    link_server_drop(b->link, conn);
}

void cut_session(struct broker *b, struct peer *peer, enum wire_reason why)
{
    say_goodbye(b, peer->conn, why);
    link_server_cut(b->link, peer->conn);
    end_session(b, peer, false);
}

int on_goodbye(struct broker *b,
               struct peer *from,
               struct link_msg *m,
               struct par_error *err)
{
    (void)err;
    if (from->role == ROLE_WORKER && m->wire.head.ref == WIRE_DRAINING) {
        from->leaving = true;
        sched_worker_pause(b->sched, b->now, from->number, true);
        return PAR_OK;
    }
    /* It has to come anew to begin anew: with a connection go the bounds on
     * what it may say.  (On inproc nobody would tell us of its end.) */
    if (from->transport != LINK_INPROC)
        link_server_cut(b->link, from->conn);
    /* What a worker has neither answered nor given back may have run; unless
     * it has drained: then it never read what was on its way. */
    end_session(b, from,
                from->role == ROLE_CLIENT ||
                    (from->leaving && m->wire.head.ref == WIRE_DONE));
    return PAR_OK;
}
