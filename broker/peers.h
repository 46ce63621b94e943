/* peers.h - the sessions: who has said HELLO, and what we owe each other
 *
 * A session is numbered from 1; sched and the messages of a turn know it by
 * that.  All forget it when it ends, and 2^32 others (a refused HELLO takes a
 * number too) come before the number is given again.  A connection leads to
 * its session, so what an old connection says cannot reach a new session.
 */
#ifndef PAR_BROKER_PEERS_H
#define PAR_BROKER_PEERS_H

#include <stdbool.h>
#include <stdint.h>

#include "batch.h"
#include "credit.h"
#include "feeds.h"
#include "idmap.h"
#include "keys.h"
#include "link.h"
#include "list.h"
#include "rate.h"
#include "sched.h"

enum {
    PEER_SESSION = 16,
    PEER_NAME = 64,
    PEER_RUN_ITEMS = 4096, /* runs of a client that are not answered */
    PEER_RUN_BYTES = 8 * 1024 * 1024,
    PEER_BEHIND = 8 * 1024 * 1024, /* octets unread: let it read first */
    PEER_STRIKES = 3 /* breaches of the grammar before we hang up */
};

/* A terminal answer that waits for the client's credit. */
struct held_result {
    struct list node;
    struct decision decision;
};

struct peer {
    uint32_t number;
    uint64_t conn;
    unsigned role;  /* what it is here: ROLE_CLIENT or ROLE_WORKER */
    unsigned roles; /* what it may be */
    uint32_t account;
    enum link_transport transport;
    char user[LINK_USER];
    char address[LINK_ADDRESS];
    char name[PEER_NAME];  /* of a worker */
    char agent[PEER_NAME]; /* what it calls its program */
    uint8_t session[PEER_SESSION];
    uint64_t since;
    uint64_t heard; /* when last */
    uint64_t asked; /* when we pinged and were not answered yet; 0: not */
    unsigned missed;
    unsigned strikes;
    struct rate control; /* what it says that needs no credit */
    bool paused;
    bool leaving;          /* a worker that drains */
    uint32_t paths;        /* that a worker offers */
    bool is_broken;        /* words for it were lost */
    bool was_behind;       /* once: memory was taken for it */
    bool has_run;          /* a client that workers may know */
    struct credit runs;    /* what we grant a client */
    uint64_t answered;     /* how many of those runs have their answer */
    struct credit results; /* what a client grants us */
    struct feeds feeds;    /* the streams of its running commands */
    struct list held;      /* of held_result */
    uint32_t held_count;
    uint32_t requests;  /* SETUPs and CLOSEs of a client, not answered yet */
    struct batch out;   /* a RUN or RESULT in the making */
    struct list dirty;  /* linked while `out` holds items */
    struct list behind; /* linked while something waits for it to read */
    struct list needs;  /* of a worker: BLOB-NEEDs that do */
    uint32_t need_count;
    uint64_t out_next; /* worker: the dispatch that would continue it */
    uint32_t out_spec;
    int out_stream; /* whose octets are in it, if it is a STREAM */
    uint64_t messages_in, messages_out;
};

struct peers_account {
    char name[KEY_NAME];
    uint32_t sessions;
};

/* All zero but dirty (list_init) is empty. */
struct peers {
    struct peer **all; /* a table of pointers: a peer stays where it is */
    uint32_t used;
    uint32_t size;
    struct idmap by_number;
    struct idmap by_conn;
    uint32_t last_number;
    struct peers_account *accounts; /* account n is accounts[n - 1] */
    uint32_t account_count;
    struct list dirty;
    struct list behind;
};

void peers_open(struct peers *p);
void peers_clear(struct peers *p);

/* NULL if out of memory. */
struct peer *peers_add(struct peers *p, uint64_t conn);
void peers_remove(struct peers *p, struct peer *peer);

/* Let a client send more runs: as many as it has answers, and a window ahead.
 * Returns true if that is worth a word to it. */
bool peer_grant_runs(struct peer *client);

/* NULL if there is none. */
struct peer *peers_by_conn(const struct peers *p, uint64_t conn);
struct peer *peers_by_number(const struct peers *p, uint32_t number);

/* Walk: *cursor starts at 0.  Removing the peer just returned is allowed if
 * the cursor is then not advanced: use peers_next() again from *cursor - 1. */
struct peer *peers_next(const struct peers *p, size_t *cursor);

/* The number of an account's name; 0 if out of memory. */
uint32_t peers_account(struct peers *p, const char *name);

/* A peer, until it is removed, is a session of this account (not 0; once).
 * Returns how many that makes. */
uint32_t peers_join(struct peers *p, struct peer *peer, uint32_t account);
const char *peers_account_name(const struct peers *p, uint32_t account);

#endif
