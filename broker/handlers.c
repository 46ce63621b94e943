/* handlers.c - who may say what, in one place */
#include "config.h"

#include "engine.h"

#include <stdio.h>

#include "log.h"

/* Anything that is not in this table is refused unread. */
static const struct handler {
    unsigned roles; /* of the session: any of these */
    handle_f *handle;
} handlers[2][WIRE_TYPES] = {
    {
        /* from a client */
        [WIRE_GOODBYE] = {ROLE_CLIENT, on_goodbye},
        [WIRE_PING] = {ROLE_CLIENT, on_ping},
        [WIRE_PONG] = {ROLE_CLIENT, on_pong},
        [WIRE_CREDIT] = {ROLE_CLIENT, on_credit},
        [WIRE_SETUP] = {ROLE_CLIENT, on_setup},
        [WIRE_RUN] = {ROLE_CLIENT, on_run},
        [WIRE_STREAM] = {ROLE_CLIENT, on_client_stream},
        [WIRE_CANCEL] = {ROLE_CLIENT, on_cancel},
        [WIRE_CLOSE] = {ROLE_CLIENT, on_close},
        [WIRE_RESOLVE] = {ROLE_CLIENT, on_resolve},
        [WIRE_BLOB_DATA] = {ROLE_CLIENT, on_blob_data},
        [WIRE_ERROR] = {ROLE_CLIENT, on_blob_data},
        [WIRE_STATUS] = {ROLE_CLIENT, on_status},
    },
    {
        /* from a worker */
        [WIRE_GOODBYE] = {ROLE_WORKER, on_goodbye},
        [WIRE_PING] = {ROLE_WORKER, on_ping},
        [WIRE_PONG] = {ROLE_WORKER, on_pong},
        [WIRE_ERROR] = {ROLE_WORKER, on_worker_error},
        [WIRE_CREDIT] = {ROLE_WORKER, on_credit},
        [WIRE_READY] = {ROLE_WORKER, on_ready},
        [WIRE_RESULT] = {ROLE_WORKER, on_result},
        [WIRE_STREAM] = {ROLE_WORKER, on_worker_stream},
        [WIRE_STARTED] = {ROLE_WORKER, on_started},
        [WIRE_REGISTER] = {ROLE_WORKER, on_register},
        [WIRE_UNREGISTER] = {ROLE_WORKER, on_unregister},
        [WIRE_RECALLED] = {ROLE_WORKER, on_recalled},
        [WIRE_BLOB_NEED] = {ROLE_WORKER, on_blob_need},
        [WIRE_STATUS] = {ROLE_WORKER, on_status},
    },
};

/* The third breach of the grammar, or of the credit, ends it. */
static void strike(struct broker *b,
                   struct peer *peer,
                   enum wire_reason reason,
                   const char *what)
{
    b->malformed += reason == WIRE_MALFORMED;
    log_line(LOG_WARN, "%s from session %u (%s): refused (%s)", what,
             peer->number, peer->address, wire_reason_name(reason));
    if (++peer->strikes < PEER_STRIKES)
        return;
    say_goodbye(b, peer->conn, reason);
    link_server_cut(b->link, peer->conn);
    end_session(b, peer, false);
}

static int dispatch(struct broker *b,
                    struct peer *from,
                    struct link_msg *m,
                    struct par_error *err)
{
    const struct wire_header *head = &m->wire.head;
    const char *name = wire_type_name(head->type);
    const struct handler *h;

    if (head->type >= WIRE_TYPES)
        return PAR_OK; /* advisory: ignored when unknown */
    h = &handlers[from->role == ROLE_WORKER][head->type];
    if (!name || (!h->handle &&
                  !handlers[from->role != ROLE_WORKER][head->type].handle)) {
        par_fail(err, PAR_CODE(PAR_UNSUPPORTED),
                 "messages of type 0x%02x (%s) are not served here", head->type,
                 name ? name : "unknown");
        return PAR_UNSUPPORTED;
    }
    if (!h->handle || !(h->roles & from->roles)) {
        par_fail(err, PAR_CODE(PAR_FORBIDDEN), "a %s may not say %s",
                 from->role == ROLE_WORKER ? "worker" : "client", name);
        return PAR_FORBIDDEN;
    }
    return h->handle(b, from, m, err);
}

/* Nobody we know: it must say HELLO first. */
static void handle_stranger(struct broker *b, struct link_msg *m)
{
    const struct wire_header *head = &m->wire.head;

    if (m->status != PAR_OK) {
        b->malformed++;
        say_error_to(b, m->conn, 0, 0, m->status, true,
                     m->status == PAR_VERSION ? "this broker speaks PAR/1"
                                              : "not a PAR/1 message");
        link_server_cut(b->link, m->conn);
        link_server_drop(b->link, m->conn);
    } else if (head->type == WIRE_HELLO) {
        handle_hello(b, m->conn, m);
    } else if (head->type == WIRE_GOODBYE) {
        link_server_drop(b->link, m->conn);
    } else if (head->type < WIRE_TYPES) {
        say_error_to(b, m->conn, head->id, head->count, PAR_UNKNOWN_SESSION,
                     true, "say HELLO first");
    }
}

void handle_message(struct broker *b, struct link_msg *m)
{
    struct peer *from = peers_by_conn(&b->peers, m->conn);
    struct par_error err = {0};
    const char *name;
    int status;

    b->messages_in++;
    if (!from) {
        handle_stranger(b, m);
        return;
    }
    from->heard = b->now;
    from->asked = 0;
    from->missed = 0;
    from->messages_in++;
    if (m->status != PAR_OK) {
        snprintf(err.text, sizeof err.text, "not a PAR/1 message");
        status = m->status;
    } else if (m->wire.head.type == WIRE_HELLO) {
        /* the same connection begins anew */
        end_session(b, from, false);
        handle_hello(b, m->conn, m);
        return;
    } else {
        status = dispatch(b, from, m, &err);
    }
    if (status == PAR_OK)
        return;
    b->refused++;
    say_error(b, from, m->wire.head.id, m->wire.head.count, status, true,
              err.text);
    if (m->wire.head.type == WIRE_RUN && from->role == ROLE_CLIENT) {
        if (m->status != PAR_OK)
            runs_undecoded(from, m);
        runs_answered(b, from, m->wire.head.count);
    }
    name = wire_type_name(m->wire.head.type);
    if (status == PAR_MALFORMED || status == PAR_VERSION)
        strike(b, from, WIRE_MALFORMED, name ? name : "an unknown message");
    else if (status == PAR_NO_CREDIT)
        strike(b, from, WIRE_NO_CREDIT, name);
}

void handle_gone(struct broker *b, uint64_t conn)
{
    struct peer *peer = peers_by_conn(&b->peers, conn);

    if (peer)
        end_session(b, peer, false);
}
