/* worker.h - a worker inside your own program (doc/examples/embedded.c)
 *
 *     struct par_worker_options o = {.slots = 4, .threads = true};
 *     struct par_worker *w = par_worker_open(&o, &err);
 *
 *     if (!w || par_worker_register(w, "/api/add", "ii:i", add, NULL, &err) ||
 *         par_worker_run(w, &err))       (until par_worker_stop())
 *         fprintf(stderr, "%s\n", err.text);
 *     par_worker_close(w);
 *
 * A registered function has the same face as in par/task.h.  On thread slots
 * it runs in threads of this process, in several at once: no isolation, cannot
 * be killed, and STATUS says so.  On process slots the program is started again
 * for each slot, so it must begin with par_main() (par/client.h) and offer the
 * same functions by PAR_FUNCTION; if it is not dumpable (prctl(2)), its file
 * must also stay what it was.
 *
 * A function that returns int returns 0, or -1 and fills *err (which may be
 * NULL).  No function here installs a signal handler, calls srand() or writes
 * to stdout; threads that are started here take no signals.  A handle belongs
 * to one thread at a time, except for par_worker_stop() and par_worker_name().
 */
#ifndef PAR_WORKER_H
#define PAR_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <par/error.h>
#include <par/task.h>

#ifdef __cplusplus
extern "C" {
#endif

struct par_pair {
    const char *name;
    const char *value;
};

/* All zero is a good default: the local broker, one process slot a CPU. */
struct par_worker_options {
    const char *const *brokers; /* endpoints, tried in turn; NULL-ended; NULL:
                                   PAR_BROKER, else the local one */
    const char *name; /* NULL: HOST.1, HOST.2 ... the first that is free */
    int slots;        /* 0: a slot per CPU; -n: leave n CPUs free */
    int io_slots;     /* 0: 256 */
    bool threads;     /* thread slots */
    const struct par_pair *labels;    /* ended by a NULL name */
    const struct par_pair *resources; /* "cpu" "4", "gpu" "[0,1]"; likewise */
    const char *key;        /* a key file or name; NULL: PAR_KEY, else id.key */
    const char *ticket;     /* a ticket file instead of brokers and key */
    const char *source_ip;  /* the address of this host to connect from, for
                               tcp; NULL: the kernel's choice */
    const char *dest_path;  /* where files go; NULL: a run directory */
    uint64_t max_file_size; /* 0: 10 MiB */
    const char *libexec;    /* where parspawn and parslot are; NULL: found */
    void *zmq_context; /* lent; NULL: its own.  inproc needs the broker's */
    int give_up_ms;    /* without a broker for so long: clean up, start afresh;
                          0: 60 s, -1: never */
    bool debug;        /* log to stderr what happens; else nothing goes there */
};

struct par_worker;

/* Checks the options and starts parspawn; does not connect yet.  Strings are
 * copied.  NULL on failure: EINVAL names the option and its value; else what
 * stands in the way is named: a folder, a key, a program that is not there.
 * par_worker_close() frees it. */
struct par_worker *par_worker_open(const struct par_worker_options *options,
                                   struct par_error *err);

/* Offer a function by path, before the worker runs (else EBUSY).  The path is 1
 * to 255 characters without white space; the signature may be "" (takes
 * anything).  Both are copied; the function, and what `context` points to, must
 * stay until par_worker_close().  EEXIST: the path is there already; EINVAL: a
 * bad path or signature, or, for process slots, a function that is no
 * PAR_FUNCTION. */
int par_worker_register(struct par_worker *worker,
                        const char *path,
                        const char *signature,
                        par_function_f *function,
                        void *context,
                        struct par_error *err);

/* Serve until par_worker_stop().  Blocks; waits for a broker that is not there,
 * and for one that has gone, for ever.  Returns 0 after an orderly stop, -1 if
 * the worker cannot go on (its name is taken, its key is refused for good ...).
 * Once: to serve again open another. */
int par_worker_run(struct par_worker *worker, struct par_error *err);

/* The same in a thread of its own; returns once it runs (not yet connected:
 * par_wait_workers() of a client waits for that). */
int par_worker_start(struct par_worker *worker, struct par_error *err);

/* Stop: the first call drains (what runs is finished, closing functions run,
 * for 10 s at most), the second kills.  From any thread, and from a signal
 * handler. */
void par_worker_stop(struct par_worker *worker);

/* Wait, for ever, for the thread of par_worker_start() to end; the result is
 * that of par_worker_run().  EINVAL: there is no such thread. */
int par_worker_join(struct par_worker *worker, struct par_error *err);

/* Stops it at once if par_worker_start() runs it, kills its slots, frees; not
 * while par_worker_run() is in it.  Thread slots cannot be killed: they run
 * their closing functions.  NULL allowed. */
void par_worker_close(struct par_worker *worker);

/* "" before the broker has welcomed it; valid until par_worker_close().  From
 * any thread. */
const char *par_worker_name(const struct par_worker *worker);

/* What was given to par_worker_register(), for a function on a thread slot;
 * NULL on a process slot, which is another process. */
void *par_worker_context(struct par_task *t);

#ifdef __cplusplus
}
#endif
#endif
