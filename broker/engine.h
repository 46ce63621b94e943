/* engine.h - what is inside a broker, for the files that make it up
 *
 * broker.c opens and closes it, turn.c moves it, handlers*.c tell the
 * scheduler what peers said, carry.c does what the scheduler decided, say.c
 * words the answers, status.c answers questions.
 */
#ifndef PAR_ENGINE_H
#define PAR_ENGINE_H

#include "access.h"
#include "blobs.h"
#include "computations.h"
#include "link.h"
#include "payload.h"
#include "peers.h"
#include "rate.h"
#include "wire.h"
#include "zap.h"

enum {
    BROKER_BATCH = 256, /* messages taken in one turn */
    BROKER_ENDPOINTS = 16,
    BROKER_ENDPOINT = 256,
    BROKER_RELAYS = 1024, /* pings on their way at once; a power of two */
    BROKER_BALANCE =
        100, /* ms between two looks for idle and crowded workers */
    BROKER_MISSED_SUSPECT = 2,
    BROKER_MISSED_LOST = 4
};

/* A client's PING that went on to a worker. */
struct relayed_ping {
    uint64_t nonce; /* ours, towards the worker; 0: free */
    uint32_t worker;
    uint32_t client;
    uint64_t id; /* the client's */
};

struct broker {
    struct link_server *link;
    struct sched *sched;
    struct peers peers;
    struct payload_store payloads;
    struct blobs *blobs;
    struct computations computations;
    struct access *access;
    struct zap *zap;
    bool has_key;
    uint8_t secret_key[KEY_SIZE];
    char public_key[KEY_TEXT];
    char host[65];
    uint64_t epoch;
    uint64_t now;
    uint64_t started;
    uint64_t heartbeat_ms;
    uint64_t next_balance; /* likewise for who sits behind a long job */
    uint64_t next_beat;    /* when to look at the workers' silence again */
    bool draining;
    bool has_lost; /* messages, for want of memory, in this turn */
    struct sched_limits limits;
    uint32_t max_sessions;
    uint32_t max_account_sessions;
    char endpoints[BROKER_ENDPOINTS][BROKER_ENDPOINT];
    unsigned endpoint_count;
    char advertise[BROKER_ENDPOINTS][BROKER_ENDPOINT];
    unsigned advertise_count;
    bool advertise_given; /* else it follows from the endpoints */
    struct relayed_ping relays[BROKER_RELAYS];
    uint64_t last_nonce;
    struct payload_ref scratch[WIRE_ITEMS_MAX];
    struct meta_writer words; /* scratch for messages in the making */
    uint64_t messages_in, messages_out, refused, malformed, late;
};

/* What a session may say that needs no credit.  The burst lets a client cancel
 * a window of runs at once, and ask about it. */
static const struct rate_limit control_limit = {.per_second = 2000,
                                                .burst = 2 * PEER_RUN_ITEMS};

/* ---- handlers.c: what a peer said ---- */

void handle_message(struct broker *b, struct link_msg *m);
void handle_gone(struct broker *b, uint64_t conn);

/* A handler returns PAR_OK, or the status that refuses the message, with the
 * reason in err: the dispatcher answers. */
typedef int handle_f(struct broker *b,
                     struct peer *from,
                     struct link_msg *m,
                     struct par_error *err);

/* handlers_hello.c */
int handle_hello(struct broker *b, uint64_t conn, struct link_msg *m);

/* handlers_ask.c */
handle_f on_ping, on_pong, on_status, on_worker_error;
uint64_t next_nonce(struct broker *b, unsigned relay);

/* handlers_session.c */
handle_f on_goodbye;
/* End a session: everybody forgets it.  end_session() forgets the connection
 * as well. */
void forget_session(struct broker *b, struct peer *peer, bool orderly);
void end_session(struct broker *b, struct peer *peer, bool orderly);

/* handlers_client.c */
handle_f on_run, on_cancel;
/* A RUN could not be read; the client has counted it as sent. */
void runs_undecoded(struct peer *client, struct link_msg *m);

/* handlers_stream.c */
handle_f on_client_stream, on_worker_stream, on_credit;

/* handlers_setup.c */
handle_f on_setup, on_close, on_resolve;

/* handlers_files.c */
handle_f on_blob_data, on_blob_need;
/* Let the set-ups that wait for files go on as far as they can. */
void files_advance(struct broker *b);
void files_client_left(struct broker *b, uint32_t client);
/* Set-ups whose client does not send a file in time; and when to look. */
void files_expire(struct broker *b);
uint64_t files_deadline(const struct broker *b);

/* handlers_worker.c */
handle_f on_ready, on_result, on_started, on_recalled, on_register,
    on_unregister;

/* ---- carry.c: what the scheduler decided ---- */

void carry_decisions(struct broker *b);

/* ---- say.c: words ---- */

void say(struct broker *b,
         struct peer *to,
         unsigned type,
         unsigned flags,
         uint64_t id,
         uint64_t ref,
         const struct meta_writer *meta);
void say_error(struct broker *b,
               struct peer *to,
               uint64_t id,
               unsigned count,
               int status,
               bool final,
               const char *text);
void say_error_to(struct broker *b,
                  uint64_t conn,
                  uint64_t id,
                  unsigned count,
                  int status,
                  bool final,
                  const char *text);
void say_goodbye(struct broker *b, uint64_t conn, enum wire_reason reason);
/* CREDIT for runs, if there is so much more that it is worth a word. */
void say_credit(struct broker *b, struct peer *to);
/* READY of a set-up: how its workers answered, and its functions. */
void say_ready(struct broker *b, struct peer *to, uint64_t id, uint32_t target);

/* ---- status.c ---- */

/* looked: how many jobs or targets that took to look at */
int status_rows(struct broker *b,
                const struct peer *asker,
                const char *what,
                uint64_t limit,
                struct meta_writer *rows,
                uint64_t *looked,
                struct par_error *err);

#endif
