/* fake_broker.h - a broker that a test writes the part of
 *
 * It runs in a thread of its own behind a real link_server on inproc.  What
 * the test's function does not handle it answers like a broker with one idle
 * worker, whose computations have the functions
 *     0 echo ""      the argument array back
 *     1 add "ii:i"   the sum
 *     2 fail "s:n"   EXCEPTION with the text
 *     3 never ""     no answer
 */
#ifndef PAR_TESTS_UNIT_FAKE_BROKER_H
#define PAR_TESTS_UNIT_FAKE_BROKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <par/client.h>

#include "link.h"
#include "meta.h"

enum { FAKE_ECHO, FAKE_ADD, FAKE_FAIL, FAKE_NEVER };

struct fake;

/* Runs in the broker's thread.  Returns true if it has dealt with the message,
 * false for the usual answer. */
typedef bool fake_f(struct fake *f, struct link_msg *m);

struct fake {
    /* Set before fake_start(). */
    fake_f *on;
    uint64_t credit_items; /* granted in WELCOME; 0: 4096 */

    /* For the test's function. */
    uint64_t conn; /* who spoke last */
    int step;

    /* For the test. */
    atomic_uint seen[256]; /* messages of each type */
    atomic_uint runs;      /* run items */
    atomic_uint most_runs; /* in one message */
    atomic_uint open_runs; /* not answered */
    atomic_uint most_open; /* at once */
    char endpoint[64];

    void *context;
    void *router;
    void *control;
    struct link_server *server;
    void *thread;
    bool stop;
};

/* In this context, which clients are lent. */
void fake_start(struct fake *f, void *context);
void fake_stop(struct fake *f);

/* Say something to the client that spoke last.  `meta` may be NULL; its
 * memory is given back.  `item` may be NULL. */
void fake_say(struct fake *f,
              int type,
              unsigned flags,
              uint64_t id,
              uint64_t ref,
              struct meta_writer *meta,
              const void *item,
              size_t len);

/* RESULT for one run. */
void fake_answer(struct fake *f,
                 uint64_t run,
                 int status,
                 int executed,
                 const void *data,
                 size_t len);

/* {72: text} */
struct meta_writer fake_text(const char *text);

/* Connect to it. */
struct par_client *fake_client(struct fake *f);

/* Its computation, set up; the file is this very test. */
uint32_t fake_setup(struct par_client *c);
struct par_function fake_function(struct par_client *c, const char *name);

#endif
