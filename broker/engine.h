/* engine.h - the inside of a broker: what its parts share
 *
 * Bottom to top; calls go down, and each has the header that says what it
 * gives:
 *
 *   out.c                what leaves: a batch in the making for each peer
 *   say.c                short messages
 *   answers.c            terminal answers: now, or when the client has room
 *   setup.c              SETUPs that wait, and their computations
 *   status.c             the rows of STATUS
 *
 *   handlers_files.c     files, from clients and to workers
 *   handlers_session.c   GOODBYE, and what an end of a session takes along
 *   handlers_hello.c     HELLO
 *   handlers_ask.c       PING, STATUS, errors that workers report
 *   handlers_client.c    RUN, CANCEL
 *   handlers_setup.c     SETUP, CLOSE, RESOLVE
 *   handlers_stream.c    streams of runs, and CREDIT
 *   handlers_worker.c    what workers say of their requests and dispatches
 *   handlers.c           who may say what
 *
 *   carry.c              what the scheduler decided
 *   turn.c               the turn, which does all of these
 *   broker.c             made, and taken apart
 *
 * Included by these alone.
 */
#ifndef PAR_BROKER_ENGINE_H
#define PAR_BROKER_ENGINE_H

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
        100,             /* ms between two looks for idle and crowded workers */
    BROKER_CATCH_UP = 5, /* between two looks for who has read meanwhile */
    BROKER_CHUNK_MS = 30000, /* for a client to send the next chunk */
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
    uint64_t trim_at; /* when freed memory goes back to the system; 0: not */
    struct payload_ref scratch[WIRE_ITEMS_MAX];
    struct meta_writer words; /* scratch for messages in the making */
    struct rate complaints;   /* lines of the log about breaches */
    uint64_t messages_in, messages_out, refused, malformed, late;
};

/* What a session may say that needs no credit.  The burst lets a client cancel
 * a window of runs at once, and ask about it. */
static const struct rate_limit control_limit = {.per_second = 2000,
                                                .burst = 2 * PEER_RUN_ITEMS};

/* What a peer said.  Returns PAR_OK, or the status that refuses the message,
 * with the reason in err: handlers.c answers. */
typedef int handle_f(struct broker *b,
                     struct peer *from,
                     struct link_msg *m,
                     struct par_error *err);

#endif
