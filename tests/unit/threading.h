/* threading.h - a nanny whose slots are threads, and functions of every manner
 */
#ifndef PAR_TESTS_UNIT_THREADING_H
#define PAR_TESTS_UNIT_THREADING_H

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>

#include "nursing.h"
#include "worker/call.h"
#include "worker/engine.h"

static atomic_int release; /* lets `wait` end */
static atomic_int waiting;

static inline int wait_here(struct par_task *t)
{
    struct timespec nap = {.tv_nsec = 100000};

    atomic_fetch_add(&waiting, 1);
    while (!atomic_load(&release))
        nanosleep(&nap, NULL);
    return par_put_int(t, 1);
}

static inline int polite(struct par_task *t)
{
    struct timespec nap = {.tv_nsec = 100000};

    while (!par_cancelled(t))
        nanosleep(&nap, NULL);
    return par_throw(t, 1, "as you wish");
}

static atomic_int between;

/* Stay where a slot is in the midst of page_begin(), until the book is
 * closed. */
static inline int hesitant(struct par_task *t)
{
    struct timespec nap = {.tv_nsec = 100000};
    struct page *p = (struct page *)call_of(t)->page;
    uint64_t id = atomic_exchange(&p->running, 0);

    atomic_store(&between, 1);
    while (!(atomic_load(&p->next) & PAGE_CLOSED))
        nanosleep(&nap, NULL);
    atomic_store(&p->running, id);
    return polite(t);
}

/* Say that it has ended, which is a lie. */
static inline int stray(struct par_task *t)
{
    struct page *p = (struct page *)call_of(t)->page;

    atomic_store(&p->running, 0);
    atomic_store(&between, 1);
    return wait_here(t);
}

static inline int give_one(struct par_task *t)
{
    return par_put_int(t, 1);
}

/* ---- state: how often each hook ran ---- */

static atomic_int refuse; /* in slot_setup */
static atomic_int linger; /* in slot_close */
static atomic_int host_opened, host_closed, opened, closed, met, left;

static inline int open_host(struct par_task *t)
{
    (void)t;
    atomic_fetch_add(&host_opened, 1);
    return 0;
}
PAR_HOST_SETUP(open_host)

static inline int close_host(struct par_task *t)
{
    (void)t;
    atomic_fetch_add(&host_closed, 1);
    return 0;
}
PAR_HOST_CLOSE(close_host)

static inline int open_slot(struct par_task *t)
{
    atomic_fetch_add(&opened, 1);
    if (atomic_load(&refuse))
        return par_throw(t, 1, "no GPU");
    par_set_state(t, malloc(1));
    return 0;
}
PAR_SLOT_SETUP(open_slot)

static inline int close_slot(struct par_task *t)
{
    struct timespec nap = {.tv_nsec = 100000};

    atomic_fetch_add(&closed, 1);
    while (atomic_load(&linger))
        nanosleep(&nap, NULL);
    free(par_state(t));
    return 0;
}
PAR_SLOT_CLOSE(close_slot)

static inline int open_client(struct par_task *t)
{
    atomic_fetch_add(&met, 1);
    par_set_client_state(t, malloc(1));
    return 0;
}
PAR_CLIENT_SETUP(open_client)

static inline int close_client(struct par_task *t)
{
    atomic_fetch_add(&left, 1);
    free(par_client_state(t));
    return 0;
}
PAR_CLIENT_CLOSE(close_client)

/* Nobody closes what it leaves behind. */
static inline int leave(struct par_task *t)
{
    free(par_client_state(t));
    free(par_state(t));
    pthread_exit(NULL);
}

enum {
    PATH_WAIT = 7,
    PATH_POLITE,
    PATH_ONE,
    PATH_LEAVE,
    PATH_HESITANT,
    PATH_STRAY,
    PATHS = 6
};

static const char *const paths[] = {"/wait",  "/polite",   "/one",
                                    "/leave", "/hesitant", "/stray"};

/* It offers its paths: tell their handles. */
static inline void answer_register(void)
{
    struct meta_writer w = {0};
    uint64_t id = 0;

    WAIT_FOR(answer_count > 0);
    for (unsigned i = 0; i < answer_count; i++)
        if (answers[i].type == WIRE_REGISTER)
            id = answers[i].id;
    cr_assert(ne(u64, id, 0));
    meta_put_map(&w, 1);
    meta_put_uint(&w, 1);
    meta_put_array(&w, PATHS);
    for (unsigned i = 0; i < PATHS; i++) {
        meta_put_array(&w, 2);
        meta_put_str(&w, paths[i]);
        meta_put_uint(&w, PATH_WAIT + i);
    }
    say_item(WIRE_READY, id, 0, 0, &w, NULL, 0);
    meta_writer_clear(&w);
}

static inline void init(void)
{
    static const char *brokers[2];
    struct par_error err = {0};

    nursing_open();
    options.threads = true;
    options.slots = 2;
    options.libexec = top_builddir();
    options.dest_path = scratch_path("dest");
    options.zmq_context = context;
    brokers[0] = listen_by(LINK_INPROC);
    options.brokers = brokers;
    nanny = nanny_create(&options, &err);
    cr_assert(nanny != NULL, "%s", err.text);
    nanny_register(nanny, paths[0], "", wait_here, NULL, NULL);
    nanny_register(nanny, paths[1], "", polite, NULL, NULL);
    nanny_register(nanny, paths[2], "", give_one, NULL, NULL);
    nanny_register(nanny, paths[3], "", leave, NULL, NULL);
    nanny_register(nanny, paths[4], "", hesitant, NULL, NULL);
    nanny_register(nanny, paths[5], "", stray, NULL, NULL);
    answer_register();
}

static inline void fini(void)
{
    atomic_store(&release, 1);
    atomic_store(&linger, 0);
    nursing_close();
}

static inline void run_path(uint64_t id, uint64_t path)
{
    begin_runs_at(id, path << 32);
    add_args(0, NULL);
    end_runs();
}

static inline struct answer *find_remark(uint64_t id)
{
    for (unsigned i = 0; i < answer_count; i++)
        if (answers[i].id == id && answers[i].type == WIRE_ERROR)
            return &answers[i];
    return NULL;
}

#endif
