/* handlers.c - the table of who may say what, in one place
 *
 * And what happens to those who say anything else: they are told, and cut off
 * when they go on.
 */
#include "config.h"

#include "handlers.h"

#include <stdio.h>
#include <string.h>

#include "answers.h"
#include "handlers_ask.h"
#include "handlers_client.h"
#include "handlers_files.h"
#include "handlers_hello.h"
#include "handlers_session.h"
#include "handlers_setup.h"
#include "handlers_stream.h"
#include "handlers_worker.h"
#include "log.h"
#include "meta_keys.h"
#include "say.h"

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

/* Who comes again and again does not fill the disk with it; STATUS counts. */
static const struct rate_limit complaints = {.per_second = 1, .burst = 32};

/* The third breach of the grammar, or of the credit, ends it. */
static void strike(struct broker *b,
                   struct peer *peer,
                   enum wire_reason reason,
                   const char *what)
{
    b->malformed += reason == WIRE_MALFORMED;
    if (rate_take(&b->complaints, &complaints, b->now) == RATE_WITHIN)
        log_line(LOG_WARN, "%s from session %u (%s): refused (%s)", what,
                 peer->number, peer->address, wire_reason_name(reason));
    if (++peer->strikes >= PEER_STRIKES)
        cut_session(b, peer, reason);
}

/* What is bounded otherwise: by credit, by having been asked for, by the runs
 * there are. */
static bool is_bounded(unsigned type)
{
    static const uint8_t bounded[] = {
        WIRE_RUN,     WIRE_RESULT,   WIRE_STREAM,    WIRE_CREDIT,
        WIRE_GOODBYE, WIRE_PONG,     WIRE_ERROR,     WIRE_READY,
        WIRE_STARTED, WIRE_RECALLED, WIRE_BLOB_NEED, WIRE_BLOB_DATA};

    return memchr(bounded, (int)type, sizeof bounded) != NULL;
}

/* Too many small messages?  Returns PAR_OK, or QUOTA with the reason. */
static int check_rate(struct broker *b,
                      struct peer *from,
                      unsigned type,
                      enum rate_verdict *verdict,
                      struct par_error *err)
{
    *verdict = RATE_WITHIN;
    if (is_bounded(type))
        return PAR_OK;
    *verdict = rate_take(&from->control, &control_limit, b->now);
    if (*verdict == RATE_WITHIN)
        return PAR_OK;
    par_fail(err, EDQUOT,
             "more than %u small messages a second; the next one in %llu ms",
             control_limit.per_second,
             (unsigned long long)rate_wait(&from->control, &control_limit));
    return PAR_QUOTA;
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

/* The same connection begins anew, but for its patience. */
static void hello_again(struct broker *b, struct peer *from, struct link_msg *m)
{
    struct rate control = from->control;
    struct peer *anew;

    forget_session(b, from, false);
    handle_hello(b, m->conn, m);
    anew = peers_by_conn(&b->peers, m->conn);
    if (anew)
        anew->control = control;
}

/* A run that a message is about goes on, whatever becomes of the message. */
static bool is_about_run(unsigned type)
{
    return type == WIRE_STREAM || type == WIRE_CREDIT || type == WIRE_CANCEL ||
           type == WIRE_MESSAGE;
}

static void refuse(struct broker *b,
                   struct peer *from,
                   struct link_msg *m,
                   int status,
                   const char *text)
{
    const struct wire_header *head = &m->wire.head;
    bool about_run =
        is_about_run(head->type) &&
        !(head->type == WIRE_CANCEL && m->status == PAR_OK &&
          meta_int(m->wire.meta, head->meta_len, KEY_ANY_JOB, 0) > 0);

    b->refused++;
    say_error(b, from, head->id, about_run ? 0 : head->count, status,
              !about_run, text);
    if (head->type == WIRE_RUN && from->role == ROLE_CLIENT) {
        if (m->status != PAR_OK)
            runs_undecoded(from, m);
        answers_count(b, from, head->count);
    }
}

void handle_message(struct broker *b, struct link_msg *m)
{
    struct peer *from = peers_by_conn(&b->peers, m->conn);
    unsigned type = m->wire.head.type;
    const char *name = wire_type_name(type);
    struct par_error err = {0};
    enum rate_verdict verdict;
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
    status = check_rate(b, from, type, &verdict, &err);
    if (status == PAR_OK && m->status == PAR_OK && type == WIRE_HELLO) {
        hello_again(b, from, m);
        return;
    }
    if (status == PAR_OK && m->status != PAR_OK) {
        snprintf(err.text, sizeof err.text, "not a PAR/1 message");
        status = m->status;
    } else if (status == PAR_OK) {
        status = dispatch(b, from, m, &err);
    }
    if (status == PAR_OK)
        return;
    refuse(b, from, m, status, err.text);
    if (m->status == PAR_MALFORMED || m->status == PAR_VERSION)
        strike(b, from, WIRE_MALFORMED, name ? name : "an unknown message");
    else if (status == PAR_NO_CREDIT)
        strike(b, from, WIRE_NO_CREDIT, name);
    else if (verdict == RATE_FLOOD)
        cut_session(b, from, WIRE_TOO_MANY);
}

void handle_gone(struct broker *b, uint64_t conn)
{
    struct peer *peer = peers_by_conn(&b->peers, conn);

    if (peer)
        end_session(b, peer, false);
}
