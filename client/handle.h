/* handle.h - what is behind struct par_client, and how its parts are called
 *
 * One mutex guards everything.  Whoever waits becomes the pump: it polls the
 * socket with the mutex released (`polling`), and meanwhile the socket is its
 * alone; others queue what they send and wake it, and wait on `news`.
 * Functions named client_* expect the mutex held unless they say otherwise.
 */
#ifndef PAR_HANDLE_H
#define PAR_HANDLE_H

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <par/client.h>

#include "batch.h"
#include "credit.h"
#include "keys.h"
#include "link.h"
#include "list.h"
#include "runs.h"
#include "ticket.h"

struct computation;

enum client_state {
    CLIENT_CONNECTING, /* no WELCOME yet */
    CLIENT_OPEN,
    CLIENT_LOST /* `trouble` says why; the next call connects again */
};

/* A message that waits until the socket is ours again. */
struct parcel {
    struct list node;
    uint8_t *frame;
    size_t len;
    zmq_msg_t second;
    bool has_second;
};

/* Told once why connecting takes long ("waiting for ..."); may be NULL. */
typedef void client_notice_f(void *context, const char *text);

struct par_client {
    pthread_mutex_t lock;
    pthread_cond_t news;
    unsigned waiting; /* threads that wait for news */
    bool polling;
    bool delivering; /* a thread is in the caller's stream function */
    bool poked;      /* wake is set */
    volatile sig_atomic_t interrupted; /* see par_interrupt() */
    int wake;                          /* eventfd: ends the pump's sleep */
    int epoll;                         /* par_fd(); -1 until asked for ... */
    uint32_t epoll_session;            /* ... and of which connection */
    pid_t pid;                         /* a fork()ed child must keep off */

    void *context; /* of ZeroMQ */
    bool own_context;
    void *private_broker;
    struct link_client *link; /* NULL while the broker's key is missing */
    char *endpoint;
    struct key_pair key;
    uint8_t broker_key[KEY_SIZE];
    struct ticket ticket; /* empty without; then broker_key is from it */
    uint64_t connect_timeout;
    uint64_t next_try; /* look for a missing broker key again; 0: none due */
    client_notice_f *notice;
    void *notice_context;

    enum client_state state;
    uint32_t session; /* counts connections: handles belong to one */
    struct par_error trouble;
    uint64_t next_id;
    struct credit run_credit;
    struct credit result_credit;

    struct batch batch; /* the open RUN message; empty if its count is 0 */
    struct list outbox; /* of struct parcel */
    struct runs runs;
    struct group group;   /* jobs that no map owns */
    struct list requests; /* of struct request */
    struct list pieces;   /* of struct piece (stream.c) */
    par_stream_f *on_stream;
    void *on_stream_context;

    struct computation **computations; /* by handle - 1; never freed before
                                          the handle itself */
    uint32_t computation_count;
    uint32_t self;       /* the handle of this program; 0: not set up yet */
    struct list outputs; /* of struct output: par_setup_output() */
};

/* ---- open.c, choose.c, connect.c ---- */

/* Settle the endpoint and the keys, and start a private broker if that is
 * it. */
int client_choose(struct par_client *c,
                  const char *broker,
                  const struct par_options *options,
                  struct par_error *err);

/* par_open() with somebody to tell what is waited for. */
struct par_client *client_open(const char *broker,
                               const struct par_options *options,
                               client_notice_f *notice,
                               void *notice_context,
                               struct par_error *err);

/* Be connected, connecting (again) if need be; until `deadline`. */
int client_connect(struct par_client *c, struct par_error *err);

/* What the link says has happened to the connection. */
void client_link_event(struct par_client *c, enum link_event event);

/* The broker has welcomed us. */
void client_welcomed(struct par_client *c, const struct wire_msg *msg);

/* Open the socket, or note when to look for the broker's key again. */
void client_try(struct par_client *c, uint64_t now);

/* The connection has ended: everybody who waits is told. */
void client_lose(struct par_client *c, int code, const char *why);

/* ---- call.c: the way in and out of every public function ---- */

/* Lock.  Fails in a forked child (unlocked then). */
int client_enter(struct par_client *c, struct par_error *err);
void client_leave(struct par_client *c);

/* The same, and be connected. */
int client_begin(struct par_client *c, struct par_error *err);

/* When a call with this timeout ends, by clock_ms(). */
uint64_t client_deadline(int64_t timeout);

/* Has a call waited long enough?  Fails with ETIMEDOUT and `what` when the
 * deadline has passed, with EINTR after par_interrupt(). */
int client_patience(const struct par_client *c,
                    uint64_t deadline,
                    struct par_error *err,
                    const char *what,
                    ...) __attribute__((format(printf, 4, 5)));

/* ---- pump.c ---- */

/* Do one step of input and output, or wait for who does it.  Returns when
 * something may have changed, or at `deadline`.  Releases the lock while it
 * sleeps and while it calls the stream function. */
void client_turn(struct par_client *c, uint64_t deadline);

/* Take in what has arrived, without sleeping.  False if that was nothing.
 * Only when nobody polls. */
bool client_receive(struct par_client *c);

/* Send a message: takes `frame`; moves from `second` if not NULL. */
int client_send(struct par_client *c,
                uint8_t *frame,
                size_t len,
                zmq_msg_t *second,
                struct par_error *err);

/* A message of a header, metadata and at most one bare item. */
int client_say(struct par_client *c,
               const struct wire_header *head,
               const struct meta_writer *meta,
               const void *item,
               size_t len,
               struct par_error *err);

/* Send the open batch, and what waits in the outbox. */
void client_flush(struct par_client *c);

void client_drop_outbox(struct par_client *c);

/* End the pump's sleep: there is something to send. */
void client_poke(struct par_client *c);

/* ---- receive.c ---- */

enum {
    RESULT_ITEMS = 4096, /* what the broker may send us ahead */
    RESULT_BYTES = 64 * 1024 * 1024
};

/* How many results the broker may send: the value of a CREDIT key. */
void client_put_grant(const struct par_client *c, struct meta_writer *meta);

void client_take(struct par_client *c, struct link_msg *m);

/* The grants of WELCOME and CREDIT: [[channel, items, bytes, ...], ...]. */
void client_hear_credit(struct par_client *c,
                        const struct wire_msg *msg,
                        uint64_t key);

/* ---- run.c ---- */

/* Send the open batch, if there is one. */
int client_end_batch(struct par_client *c, struct par_error *err);

/* Put one job into the open batch.  Waits for credit until `deadline`. */
struct run *client_run(struct par_client *c,
                       const struct par_function *function,
                       const struct meta_writer *options,
                       const void *payload,
                       size_t len,
                       struct group *group,
                       struct par_error *err);

/* Check the arguments against the function and write them as payload. */
int client_pack(struct par_client *c,
                const struct par_function *function,
                const struct par_value *args,
                size_t count,
                struct meta_writer *payload,
                struct par_error *err);

/* The metadata of RUN that these options and function ask for. */
int client_run_options(const struct par_function *function,
                       const struct par_run_options *options,
                       struct meta_writer *meta,
                       struct par_error *err);

int client_cancel(struct par_client *c,
                  uint64_t id,
                  enum par_cancel mode,
                  struct par_error *err);

/* ---- map.c ---- */

/* Cancel what is open in the group and forget its results. */
void client_give_up(struct par_client *c, struct group *g);

/* ---- wait.c ---- */

/* May its result be taken: has it ended, with all its output handed out? */
bool client_is_over(const struct run *run);

/* Of those that may be taken, the one that ended first; NULL: none may. */
struct run *client_first_over(const struct group *g);

/* Move a result out of the table. */
void client_give(struct par_client *c,
                 struct run *run,
                 struct par_result *result);

/* ---- stream.c ---- */

void client_stream_piece(struct par_client *c, struct link_msg *m);
void client_stream_credit(struct par_client *c, const struct wire_msg *msg);
void client_stream_deliver(struct par_client *c);
void client_stream_clear(struct par_client *c);

/* ---- setup.c, blob.c ---- */

struct computation *client_computation(const struct par_client *c,
                                       uint32_t handle);
void client_blob_need(struct par_client *c, const struct wire_msg *msg);
void client_computations_clear(struct par_client *c);

#endif
