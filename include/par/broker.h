/* broker.h - a broker inside your own program
 *
 *     const char *at[] = {"inproc://par", "ipc:///tmp/x/par.sock", NULL};
 *     struct par_broker_options o = {.endpoints = at};
 *     struct par_broker *b = par_broker_start(&o, &err);
 *     ... par_broker_endpoint(b, 0) ...
 *     par_broker_stop(b, 1000);
 *
 * (doc/examples/embedded.c.)  It runs in threads of its own, which take no
 * signals.  par_open(NULL) does this for you when no broker is running
 * (par/client.h); use this to listen as well.  It keeps nothing on disk but the
 * socket file, and for tcp its keys, and installs no signal handler.  With an
 * ipc endpoint keep descriptors in reserve: libzmq 4.3.4 ends the process that
 * has none left when somebody connects.  A handle
 * belongs to one thread at a time.
 */
#ifndef PAR_BROKER_H
#define PAR_BROKER_H

#include <stddef.h>
#include <stdint.h>

#include <par/error.h>

#ifdef __cplusplus
extern "C" {
#endif

/* All zero: nothing to listen on, which is refused. */
struct par_broker_options {
    const char *const *endpoints; /* inproc://NAME ipc://PATH tcp://HOST:PORT
                                     (port 0: any); NULL-ended */
    const char *config_dir;    /* for tcp: broker.key and authorized are here;
                                  NULL: the user's */
    void *zmq_context;         /* lent; NULL: its own */
    uint32_t max_queued;       /* jobs per account; 0: 4 000 000 */
    uint64_t max_queued_bytes; /* 0: 512 MiB */
};

struct par_broker;

/* Returns once every endpoint is bound; strings are copied.  NULL on failure:
 * EINVAL a bad endpoint, EADDRINUSE and others, naming the one.
 * par_broker_stop() frees it. */
struct par_broker *par_broker_start(const struct par_broker_options *options,
                                    struct par_error *err);

/* The i-th endpoint as bound (ports filled in); NULL past the end.  It and the
 * key are valid until par_broker_stop(). */
const char *par_broker_endpoint(const struct par_broker *broker, size_t i);

/* The public key of its tcp endpoints, 40 characters of Z85; "" without. */
const char *par_broker_key(const struct par_broker *broker);

/* Refuse new work, wait up to drain_ms for what runs (0: do not), say goodbye
 * to everybody, end the threads, free.  Close workers and clients of this
 * process first: on inproc they notice only the goodbye.  NULL allowed. */
void par_broker_stop(struct par_broker *broker, int drain_ms);

#ifdef __cplusplus
}
#endif
#endif
