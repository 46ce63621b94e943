/* rig.h - a broker, workers and a client in one test process
 *
 * Real sockets in a folder of the test's own, real slots; the same for every
 * transport and kind of slot, so that a case cannot tell them apart unless it
 * asks.
 */
#ifndef PAR_TESTS_CONTRACT_RIG_H
#define PAR_TESTS_CONTRACT_RIG_H

#include <par/broker.h>
#include <par/client.h>
#include <par/worker.h>

enum rig_transport { RIG_INPROC, RIG_IPC, RIG_TCP, RIG_TRANSPORTS };
enum rig_slots { RIG_THREAD, RIG_PROCESS, RIG_SLOTS };

enum { RIG_WORKERS = 8 };

struct rig {
    void *context;
    struct par_broker *broker;
    struct par_worker *workers[RIG_WORKERS];
    unsigned worker_count;
    enum rig_slots slots;
    struct par_client *client;
    uint32_t handle; /* of tasks.so, for process slots */
};

/* A broker on all three transports.  Fails the test if it cannot. */
void rig_open(struct rig *r);

/* One more worker, over this transport; returns it. */
struct par_worker *rig_worker(struct rig *r,
                              enum rig_transport transport,
                              enum rig_slots kind,
                              int slots);

/* A client over this transport, not kept: the caller closes it. */
struct par_client *rig_client(struct rig *r, enum rig_transport transport);

/* All of that: `slots` slots of one kind, all over one transport, and the
 * functions of tasks.c ready. */
void rig_start(struct rig *r,
               enum rig_transport transport,
               enum rig_slots kind,
               int slots);

/* Set tasks.so up; returns its handle once `wait` workers are ready. */
uint32_t rig_set_up(struct par_client *c, unsigned wait);

/* A function of tasks.c. */
struct par_function rig_function(struct rig *r, const char *name);
/* The same for another client. */
struct par_function rig_function_of(struct rig *r,
                                    struct par_client *c,
                                    const char *name);

/* Run a function of tasks.c and wait; the result is the caller's to clear. */
struct par_result rig_run(struct rig *r,
                          const char *name,
                          const struct par_value *args,
                          size_t n);
/* The same for one that returns an integer, and must not fail. */
int64_t rig_int(struct rig *r,
                const char *name,
                const struct par_value *args,
                size_t n);

void rig_close(struct rig *r);

/* A path in the test's own folder; in a static buffer of 8. */
const char *rig_path(const char *name);

#endif
