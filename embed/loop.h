/* loop.h - the thread that turns a broker and a worker, from open to over
 *
 *          stop              it is idle, or the worker has ended
 *   OPEN ---------> DRAINING -----------------------------------> OVER
 *    |                  | the time is up       the worker has      ^
 *    |                  '--------> KILLING ------------------------|
 *    '-------------------------------------------------------------'
 *      there never was a worker: it has failed     ended, or 1 s is up
 *
 * The inside of an embed: embed.c makes it, and takes it apart once the thread
 * has returned.  Between that only the thread touches broker and nanny.
 */
#ifndef PAR_EMBED_LOOP_H
#define PAR_EMBED_LOOP_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <zmq.h>

#include <par/error.h>
#include <par/worker.h>

#include "keys.h"

enum { EMBED_ENDPOINTS = 8, EMBED_ENDPOINT = 320 };

enum embed_phase { EMBED_OPEN, EMBED_DRAINING, EMBED_KILLING, EMBED_OVER };

struct embed {
    void *context;
    bool own_context;
    void *router;
    struct zap *zap;
    void *zap_pair[2]; /* ours, the handler's */
    pthread_t zap_thread;
    bool zap_runs;
    struct broker *broker;
    struct nanny *nanny; /* NULL: none is wanted, or until renew_at */
    struct par_worker_options worker;
    bool has_worker;
    char *libexec; /* of these options */
    uint64_t renew_at;
    char endpoints[EMBED_ENDPOINTS][EMBED_ENDPOINT];
    size_t endpoint_count;
    char key[KEY_TEXT];
    pthread_t thread;
    bool runs;
    enum embed_phase phase; /* the loop's */
    uint64_t until;         /* when a phase ends by itself; UINT64_MAX: never */
    int wake;               /* eventfd: look at `stop` */
    atomic_int stop;        /* -1: go on; else the drain's milliseconds */
    pthread_mutex_t mutex;
    pthread_cond_t settled;
    bool ready; /* or failed: then this says why */
    struct par_error error;
    zmq_pollitem_t *items;
    size_t item_count;
};

/* Begin the worker that e->worker describes. */
int loop_worker(struct embed *e, struct par_error *err);

/* The thread. */
void *loop_run(void *embed);

#endif
