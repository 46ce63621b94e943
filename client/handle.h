/* handle.h - what is behind struct par_client
 *
 * One mutex guards everything.  Whoever waits becomes the pump: it polls the
 * socket with the mutex released (`polling`), and meanwhile the socket is its
 * alone; others queue what they send and wake it, and wait on `news`.
 * Functions named client_* expect the mutex held unless they say otherwise.
 *
 * The parts, from the bottom up: call (the way in and out), line, send,
 * grants; session, request, stream, blob; receive; pump; connect, answer; then
 * what callers see: run, write, wait, map, setup, ask.
 */
#ifndef PAR_CLIENT_HANDLE_H
#define PAR_CLIENT_HANDLE_H

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
    int epoll;                         /* par_fd(); -1 until asked for */
    int told;         /* eventfd in it: set for what nothing else in it shows */
    bool is_told;     /* it is set */
    bool rests;       /* it shows nothing else now: another thread polls that */
    pthread_t looker; /* called par_process() last; of no meaning before */
    bool has_looker;
    bool is_shared;               /* others did so, too */
    pid_t pid;                    /* a fork()ed child must keep off: */
    volatile unsigned char *here; /* there this page reads 0; NULL: ask */

    void *context; /* of ZeroMQ */
    bool own_context;
    void *private_broker;
    struct link_client *link; /* NULL while the broker's key is missing */
    int link_fds[LINK_POLL];  /* of its sockets */
    int link_fd_count;
    struct link_client *polled_link; /* ended while the pump polls it */
    char *endpoint;
    struct key_pair key;
    uint8_t broker_key[KEY_SIZE];
    struct ticket ticket; /* empty without; then broker_key is from it */
    uint64_t connect_timeout;
    uint64_t next_try; /* look for a missing broker key again; 0: none due */
    uint64_t tell;     /* when to tell what connecting waits for */
    client_notice_f *notice;
    void *notice_context;

    enum client_state state;
    uint32_t session; /* counts connections: handles belong to one */
    uint64_t serial;  /* counts handles: what a thread keeps belongs to one */
    struct par_error trouble;
    uint64_t next_id;
    struct credit run_credit;
    struct credit result_credit;

    struct batch batch; /* the open RUN message; empty if its count is 0 */
    struct list outbox; /* of struct parcel (send.c) */
    struct runs runs;
    struct group group;   /* jobs that no map owns */
    struct list requests; /* of struct request */
    struct list pieces;   /* of struct piece (stream.c) */
    par_stream_f *on_stream;
    void *on_stream_context;
    par_restart_f *on_restart;
    void *on_restart_context;

    struct computation **computations; /* by place - 1 */
    uint32_t computation_count;
    uint32_t self; /* the handle of this program; 0: not set up yet */
};

#endif
