/* test_sched_random.c - a broker's core under random facts, beside a model
 *
 * The model knows only what a client and a worker may rely on.  SEED in the
 * environment chooses the facts.
 *
 * length: the model, what happens to it and what it expects are one thought
 */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/sched.h"
#include "meta.h"
#include "meta_keys.h"
#include "random.h"
#include "wire.h"

enum {
    STEPS = 250000,
    CLIENTS = 6,
    WORKERS = 6,
    PATHS = 2,
    TARGETS = 4, /* those after the paths are computations */
    KINDS = 15,
    NEEDS_MEM = 3, /* kinds */
    WAITS = 9,
    IO_SLOTS = 5,
    HELD = 2048,
    REQUESTS = 256,
    ORDERS = 64
};

struct run {
    uint32_t client; /* place in clients; its number below */
    uint32_t number;
    uint64_t id;
    uint32_t target;
    unsigned kind;
    uint32_t block;
    uint32_t attempts; /* dispatched, less those that came back */
    uint32_t answers;
    bool detach;
    bool returned;
    bool touched; /* may have run */
    bool held;
};

struct model {
    struct sched *s;
    uint64_t now;
    struct random random;
    struct run *runs; /* by serial */
    size_t run_count;
    size_t run_size;
    unsigned char *blocks; /* 1: ours to forget, 2: forgotten */
    uint32_t block_count;
    uint32_t block_size;
    uint32_t client_numbers;
    uint32_t worker_numbers;
    struct {
        uint32_t number; /* 0: none */
        uint32_t account;
        bool paused;
        uint64_t next_run;
        /* The last first attempts until this turn, and in it.  What goes to
         * several workers in one turn goes at the same time. */
        uint64_t last[TARGETS][KINDS];
        uint64_t newest[TARGETS][KINDS];
    } clients[CLIENTS];
    struct {
        uint32_t number;
        uint32_t slots;
        bool paused;
        bool gpu_used[2];
        bool mem_used;    /* there is enough for one that needs it */
        uint32_t io_used; /* io slots */
        bool offers[TARGETS];
        struct held {
            uint64_t dispatch;
            uint64_t serial;
            int gpu; /* -1: none */
            bool said;
        } held[HELD];
        size_t held_count;
        struct asked {
            uint64_t id;
            uint32_t target; /* number */
            bool close;
        } asked[REQUESTS];
        size_t asked_count;
    } workers[WORKERS];
    uint32_t targets[TARGETS]; /* numbers; 0: to be made */
    bool ready[TARGETS][WORKERS];
    struct {
        uint32_t client;
        uint64_t id;
    } orders[ORDERS];
    size_t order_count;
    struct meta_writer meta[KINDS];
    uint64_t retries, assigned, answered, given_up;
};

static struct model m;

/* ---- what jobs ask for ---- */

static void put_label(struct meta_writer *w, const char *key)
{
    meta_put_uint(w, 4);
    meta_put_map(w, 1);
    meta_put_str(w, key);
    meta_put_str(w, "yes");
}

static void put_need(struct meta_writer *w, const char *name, int64_t n)
{
    meta_put_uint(w, 5);
    meta_put_map(w, 1);
    meta_put_str(w, name);
    meta_put_int(w, n);
}

static void put_backoff(struct meta_writer *w)
{
    meta_put_uint(w, 16);
    meta_put_array(w, 3);
    meta_put_int(w, 5);
    meta_put_int(w, 2);
    meta_put_int(w, 40);
}

static void make_kind(struct meta_writer *w, unsigned kind)
{
    uint32_t pairs = 0;
    size_t mark = meta_open_map(w);

    if (kind == 1 || kind == 2)
        put_label(w, "gpu"), pairs++;
    if (kind == 2)
        meta_put_uint(w, 6), meta_put_bool(w, false), pairs++;
    if (kind == NEEDS_MEM)
        put_need(w, "mem", 3), pairs++;
    if (kind == 4)
        put_need(w, "gpu", 1), pairs++;
    if (kind == 5)
        meta_pair_int(w, KEY_RUN_ATTEMPTS, 3), put_backoff(w), pairs += 2;
    if (kind == 6)
        meta_pair_int(w, KEY_RUN_QUEUE_MS, 50), pairs++;
    if (kind == 7)
        meta_pair_int(w, KEY_ANY_DEADLINE_MS, 120), pairs++;
    if (kind == 8)
        meta_pair_str(w, KEY_RUN_CANCEL, "never"), pairs++;
    if (kind == WAITS)
        meta_pair_str(w, KEY_RUN_CLASS, "io"), pairs++;
    if (kind == 10)
        meta_pair_int(w, KEY_ANY_PRIORITY, 5), pairs++;
    if (kind == 11)
        meta_pair_str(w, KEY_RUN_HOST, "host[24]"), pairs++;
    if (kind == 12) {
        meta_pair_int(w, KEY_RUN_ATTEMPTS, 6);
        meta_pair_int(w, KEY_RUN_CRASH_LIMIT, 2);
        meta_put_uint(w, 15);
        meta_put_array(w, 3);
        meta_put_str(w, "error");
        meta_put_str(w, "crash");
        meta_put_str(w, "timeout");
        put_backoff(w);
        pairs += 4;
    }
    if (kind == 13)
        put_label(w, "nobody has it"),
            meta_pair_int(w, KEY_RUN_UNPLACEABLE_MS, 70), pairs += 2;
    if (kind == 14)
        meta_pair_int(w, KEY_RUN_UNPLACEABLE_MS, 0), pairs++;
    meta_close_map(w, mark, pairs);
}

static uint32_t attempts_of(unsigned kind)
{
    return kind == 5 ? 3 : kind == 12 ? 6 : 1;
}

static bool suits(unsigned kind, size_t worker)
{
    switch (kind) {
    case 1:
        return worker % 2 == 0;
    case 4:
        return worker % 3 == 0;
    case 11:
        return worker == 2 || worker == 4;
    case 13:
        return false;
    default:
        return true;
    }
}

/* ---- payloads ---- */

static uint32_t new_block(void)
{
    if (++m.block_count >= m.block_size) {
        m.block_size = m.block_size ? 2 * m.block_size : 1024;
        m.blocks = realloc(m.blocks, m.block_size);
    }
    m.blocks[m.block_count] = 1;
    return m.block_count;
}

static void forget(uint32_t block)
{
    cr_assert(block > 0 && block <= m.block_count);
    cr_assert(eq(int, m.blocks[block], 1), "payload %u forgotten twice", block);
    m.blocks[block] = 2;
}

static size_t below(size_t n)
{
    return random_below(&m.random, n);
}

/* ---- facts ---- */

static void client_joins(size_t i)
{
    if (m.clients[i].number != 0)
        return;
    memset(&m.clients[i], 0, sizeof m.clients[i]);
    m.clients[i].number = ++m.client_numbers;
    m.clients[i].account = 1 + (uint32_t)(i % 2);
    m.clients[i].next_run = 1;
    cr_assert(eq(
        int, sched_client_join(m.s, m.clients[i].number, m.clients[i].account),
        0));
}

static void client_leaves(size_t i)
{
    if (m.clients[i].number == 0)
        return;
    sched_client_leave(m.s, m.now, m.clients[i].number);
    for (size_t k = 0; k < m.order_count;)
        if (m.orders[k].client == m.clients[i].number)
            m.orders[k] = m.orders[--m.order_count];
        else
            k++;
    m.clients[i].number = 0;
}

static void worker_joins(size_t i)
{
    static const uint32_t indexes[] = {0, 1};
    struct sched_label labels[] = {{"gpu", "yes"}};
    struct sched_resource resources[] = {{"mem", 4, NULL}, {"gpu", 2, indexes}};
    char name[16];
    char host[16];
    struct worker_desc desc = {
        .name = name,
        .host = host,
        .slots = 1 + (uint32_t)below(3),
        .io_slots = IO_SLOTS,
        .labels = labels,
        .label_count = i % 2 == 0,
        .resources = resources,
        .resource_count = i % 3 == 0 ? 2 : 1,
    };

    if (m.workers[i].number != 0)
        return;
    memset(&m.workers[i], 0, sizeof m.workers[i]);
    m.workers[i].number = ++m.worker_numbers;
    m.workers[i].slots = desc.slots;
    snprintf(name, sizeof name, "w.%zu", i);
    snprintf(host, sizeof host, "host%zu", i);
    cr_assert(
        eq(int, sched_worker_join(m.s, m.now, m.workers[i].number, &desc, NULL),
           0));
    for (size_t t = 0; t < TARGETS; t++)
        m.ready[t][i] = false;
    for (size_t t = 0; t < PATHS; t++)
        if (below(3) > 0) {
            uint32_t path = sched_path(m.s, t ? "app/b" : "app/a");

            cr_assert(eq(
                int, sched_register(m.s, m.now, m.workers[i].number, path), 0));
            m.targets[t] = path;
            m.ready[t][i] = true;
        }
}

static void worker_leaves(size_t i)
{
    bool orderly = below(2) == 0;

    if (m.workers[i].number == 0)
        return;
    for (size_t k = 0; k < m.workers[i].held_count; k++) {
        struct run *run = &m.runs[m.workers[i].held[k].serial];

        run->held = false;
        if (orderly && !m.workers[i].held[k].said) {
            run->attempts--;
            run->returned = true;
        } else {
            run->touched = true;
        }
    }
    sched_worker_leave(m.s, m.now, m.workers[i].number, orderly);
    memset(&m.workers[i], 0, sizeof m.workers[i]);
}

static void submit(size_t i)
{
    uint32_t n = 1 + (uint32_t)below(below(4) ? 4 : 64);
    size_t t = below(TARGETS);
    unsigned kind = (unsigned)below(KINDS);
    struct payload_ref payloads[64];
    struct job_batch batch = {
        .client = m.clients[i].number,
        .function = (uint32_t)below(2),
        .first_run = m.clients[i].next_run + below(2),
        .count = n,
        .detach = below(5) == 0,
        .meta = m.meta[kind].data,
        .meta_len = m.meta[kind].len,
        .payloads = payloads,
    };
    uint64_t serial;
    int status;

    if (m.clients[i].number == 0)
        return;
    if (t < PATHS)
        m.targets[t] = sched_path(m.s, t ? "app/b" : "app/a");
    batch.target = m.targets[t];
    for (uint32_t k = 0; k < n; k++)
        payloads[k] = (struct payload_ref){new_block(), 0, 100};
    status = sched_submit(m.s, m.now, &batch, &serial, NULL);
    if (status != PAR_OK) { /* they are still ours */
        cr_assert(status != PAR_MALFORMED && status != PAR_DUPLICATE_ID);
        for (uint32_t k = 0; k < n; k++)
            forget(payloads[k].block);
        return;
    }
    cr_assert(eq(u64, serial, m.run_count));
    m.clients[i].next_run = batch.first_run + n;
    for (uint32_t k = 0; k < n; k++) {
        if (m.run_count == m.run_size) {
            m.run_size *= 2;
            m.runs = realloc(m.runs, m.run_size * sizeof *m.runs);
        }
        m.runs[m.run_count++] = (struct run){
            .client = (uint32_t)i,
            .number = m.clients[i].number,
            .id = batch.first_run + k,
            .target = (uint32_t)t,
            .kind = kind,
            .block = payloads[k].block,
            .detach = batch.detach,
        };
    }
}

static void cancel(size_t i)
{
    struct run *run;

    if (m.run_count < 2 || m.clients[i].number == 0)
        return;
    run = &m.runs[m.run_count - 1 -
                  below(m.run_count - 1 < 200 ? m.run_count - 1 : 200)];
    if (below(2))
        sched_cancel_job(m.s, m.now, m.clients[run->client].account,
                         (uint64_t)(run - m.runs), (unsigned)below(3));
    else
        sched_cancel(m.s, m.now, run->number, run->id, (unsigned)below(3));
}

/* Remove a dispatch from what a worker holds. */
static struct held take_held(size_t i, size_t k)
{
    struct held held = m.workers[i].held[k];

    m.workers[i].held[k] = m.workers[i].held[--m.workers[i].held_count];
    if (held.gpu >= 0)
        m.workers[i].gpu_used[held.gpu] = false;
    if (m.runs[held.serial].kind == NEEDS_MEM)
        m.workers[i].mem_used = false;
    m.workers[i].io_used -= m.runs[held.serial].kind == WAITS;
    m.runs[held.serial].held = false;
    return held;
}

static void result(size_t i)
{
    static const int statuses[] = {
        PAR_OK,        PAR_OK,          PAR_OK,      PAR_OK,
        PAR_EXCEPTION, PAR_SIGNAL,      PAR_OOM,     PAR_CANCELLED,
        PAR_DRAINING,  PAR_WORKER_LOST, PAR_TIMEOUT, PAR_EXIT,
    };
    struct job_outcome outcome = {
        .status = statuses[below(sizeof statuses / sizeof *statuses)],
        .executed = WIRE_EXECUTED,
        .wall_us = below(2) ? 20 : 5000,
    };
    struct held held;
    struct run *run;
    bool unstarted;

    if (m.workers[i].held_count == 0)
        return;
    held = take_held(i, below(m.workers[i].held_count));
    run = &m.runs[held.serial];
    if (outcome.status == PAR_DRAINING || below(6) == 0)
        outcome.executed = WIRE_NOT_EXECUTED;
    unstarted =
        outcome.executed == WIRE_NOT_EXECUTED && !held.said &&
        (outcome.status == PAR_DRAINING || outcome.status == PAR_WORKER_LOST);
    if (unstarted) {
        run->attempts--;
        run->returned = true;
    }
    if (outcome.executed != WIRE_NOT_EXECUTED || outcome.status == PAR_OK)
        run->touched = true;
    if (outcome.status != PAR_OK || below(2))
        outcome.payload = (struct payload_ref){new_block(), 0, 7};
    if (!sched_result(m.s, m.now, m.workers[i].number, held.dispatch,
                      &outcome) &&
        outcome.payload.block != 0)
        forget(outcome.payload.block);
    /* Once more: it is late now, and the broker knows. */
    cr_assert(eq(
        int,
        sched_result(m.s, m.now, m.workers[i].number, held.dispatch, &outcome),
        false));
}

static void give_back(size_t i)
{
    struct held held;

    if (m.workers[i].held_count == 0)
        return;
    held = take_held(i, below(m.workers[i].held_count));
    sched_returned(m.s, m.now, m.workers[i].number, held.dispatch);
    if (!held.said) {
        m.runs[held.serial].attempts--;
        m.runs[held.serial].returned = true;
    }
}

static void start(size_t i)
{
    struct held *held;

    if (m.workers[i].held_count == 0)
        return;
    held = &m.workers[i].held[below(m.workers[i].held_count)];
    if (sched_started(m.s, m.now, m.workers[i].number, held->dispatch))
        m.runs[held->serial].touched = true;
    held->said = true;
}

static void order(size_t i)
{
    size_t t = PATHS + below(TARGETS - PATHS);
    bool close = below(4) == 0;
    struct setup_order o = {
        .client = m.clients[i].number,
        .id = m.clients[i].next_run,
        .wait = (uint32_t)below(3),
        .unplaceable_ms = below(2) ? 100 : 0,
        .keep = below(4) == 0,
        .where = below(4)   ? NULL
                 : below(2) ? "w.1"
                            : "host2",
        .terminate = below(2) == 0,
        .timeout_ms = below(2) ? 200 : -1,
    };
    int status;

    if (o.client == 0 || m.order_count == ORDERS)
        return;
    if (m.targets[t] == 0)
        m.targets[t] =
            sched_target_add(m.s, m.clients[i].account, "a computation");
    o.target = m.targets[t];
    if (below(3) == 0)
        o.call = (struct payload_ref){new_block(), 0, 9};
    m.clients[i].next_run++;
    m.orders[m.order_count].client = o.client;
    m.orders[m.order_count++].id = o.id;
    status = close ? sched_close(m.s, m.now, &o) : sched_setup(m.s, m.now, &o);
    if (status == PAR_OK)
        return;
    m.order_count--;
    if (o.call.block != 0)
        forget(o.call.block);
}

static void answer_request(size_t i)
{
    size_t k;
    struct asked asked;
    int status = below(4) ? PAR_OK : PAR_SETUP_FAILED;
    struct payload_ref text = {0};

    if (m.workers[i].number == 0 || m.workers[i].asked_count == 0)
        return;
    k = below(m.workers[i].asked_count);
    asked = m.workers[i].asked[k];
    m.workers[i].asked[k] = m.workers[i].asked[--m.workers[i].asked_count];
    if (status != PAR_OK)
        text = (struct payload_ref){new_block(), 0, 20};
    sched_request_done(m.s, m.now, m.workers[i].number, asked.id, status, text);
    for (size_t t = PATHS; t < TARGETS; t++)
        if (m.targets[t] == asked.target)
            m.ready[t][i] =
                asked.close ? false : m.ready[t][i] || status == PAR_OK;
}

/* What has not been answered in time is forgotten. */
static void lose_patience(void)
{
    struct decision late;

    while (sched_overdue(m.s, m.now, &late)) {
        size_t i = 0, k = 0;

        while (m.workers[i].number != late.worker)
            i++;
        while (m.workers[i].asked[k].id != late.request)
            k++;
        m.workers[i].asked[k] = m.workers[i].asked[--m.workers[i].asked_count];
        for (size_t t = PATHS; t < TARGETS; t++)
            if (m.targets[t] == late.target && late.kind == DECIDE_CLOSE)
                m.ready[t][i] = false;
        sched_request_done(m.s, m.now, late.worker, late.request,
                           PAR_SETUP_FAILED,
                           (struct payload_ref){new_block(), 0, 20});
        m.given_up++;
    }
}

static void give_up(size_t i)
{
    size_t t = PATHS + below(TARGETS - PATHS);

    sched_target_failed(m.s, m.now, m.workers[i].number, m.targets[t],
                        (struct payload_ref){new_block(), 0, 20});
    m.ready[t][i] = false;
}

/* ---- decisions ---- */

static size_t worker_place(uint32_t number)
{
    for (size_t i = 0; i < WORKERS; i++)
        if (m.workers[i].number == number)
            return i;
    return WORKERS;
}

static void see_assign(const struct decision *d)
{
    size_t i = worker_place(d->worker);
    struct run *run = &m.runs[d->serial];
    struct held held = {d->dispatch, d->serial, -1, false};
    const char *name;
    uint32_t index;

    cr_assert(i < WORKERS, "a job for a worker that has left");
    cr_assert(eq(int, m.workers[i].paused, false));
    cr_assert(m.clients[run->client].number != run->number ||
              !m.clients[run->client].paused);
    cr_assert(eq(int, run->answers, 0));
    cr_assert(eq(int, run->held, false));
    cr_assert(suits(run->kind, i));
    cr_assert(m.ready[run->target][i], "target %u is not ready at worker %zu",
              run->target, i);
    cr_assert(ne(u64, d->dispatch & WIRE_BROKER_ID, 0));
    cr_assert(eq(u32, d->payload.block, run->block));
    cr_assert(eq(int, m.blocks[run->block], 1));
    cr_assert(eq(u32, d->attempt, ++run->attempts));
    cr_assert(le(u32, run->attempts, attempts_of(run->kind)));
    if (run->attempts == 1 && !run->returned &&
        m.clients[run->client].number == run->number) {
        size_t t = run->target;
        uint64_t *newest = &m.clients[run->client].newest[t][run->kind];

        cr_assert(gt(u64, d->serial, m.clients[run->client].last[t][run->kind]),
                  "first come, first served");
        *newest = d->serial > *newest ? d->serial : *newest;
    }
    if (run->kind == 4) {
        cr_assert(sched_grant(m.s, d->grant, 0, &name, &index));
        cr_assert(eq(str, (char *)name, "gpu"));
        cr_assert(eq(int, m.workers[i].gpu_used[index], false));
        m.workers[i].gpu_used[index] = true;
        held.gpu = (int)index;
        cr_assert(eq(int, sched_grant(m.s, d->grant, 1, &name, &index), false));
    }
    if (run->kind == NEEDS_MEM) {
        cr_assert(eq(int, m.workers[i].mem_used, false), "3 and 3 of 4");
        m.workers[i].mem_used = true;
    }
    m.workers[i].io_used += run->kind == WAITS;
    cr_assert(le(u32, m.workers[i].io_used, IO_SLOTS));
    run->held = true;
    cr_assert(lt(sz, m.workers[i].held_count, HELD));
    cr_assert(
        le(sz, m.workers[i].held_count, m.workers[i].slots * 128 + IO_SLOTS));
    m.workers[i].held[m.workers[i].held_count++] = held;
    m.assigned++;
    m.retries += run->attempts > 1;
}

static void see_result(const struct decision *d)
{
    struct run *run = &m.runs[d->serial];
    bool there = m.clients[run->client].number == run->number;

    cr_assert(eq(int, run->answers++, 0), "two answers");
    cr_assert(eq(u64, d->run, run->id));
    /* One that was decided before its client left may still be told. */
    if (there || d->client != 0)
        cr_assert(eq(u32, d->client, run->number));
    else
        cr_assert(eq(int, run->detach, true));
    if (run->touched)
        cr_assert(ne(u32, d->executed, WIRE_NOT_EXECUTED));
    m.answered++;
}

static void see_order_end(const struct decision *d)
{
    for (size_t k = 0; k < m.order_count; k++)
        if (m.orders[k].client == d->client && m.orders[k].id == d->run) {
            m.orders[k] = m.orders[--m.order_count];
            return;
        }
    for (size_t i = 0; i < CLIENTS; i++) /* it may just have left */
        cr_assert(ne(u32, m.clients[i].number, d->client),
                  "an answer to no question");
}

static void see_request(const struct decision *d)
{
    size_t i = worker_place(d->worker);

    if (i == WORKERS)
        return; /* it left in the same turn */
    cr_assert(lt(sz, m.workers[i].asked_count, REQUESTS));
    m.workers[i].asked[m.workers[i].asked_count++] =
        (struct asked){d->request, d->target, d->kind == DECIDE_CLOSE};
    for (size_t t = PATHS; t < TARGETS; t++)
        if (m.targets[t] == d->target && d->kind == DECIDE_CLOSE)
            m.ready[t][i] = false;
}

static void see_abort(const struct decision *d)
{
    size_t i = worker_place(d->worker);

    if (i == WORKERS)
        return; /* it left in the same turn */
    cr_assert(d->mode == 1 || d->mode == 2);
    cr_assert(eq(u32, d->grace_ms, 500));
}

static void see_retire(const struct decision *d)
{
    for (size_t t = PATHS; t < TARGETS; t++)
        if (m.targets[t] == d->target) {
            m.targets[t] = 0;
            for (size_t i = 0; i < WORKERS; i++)
                m.ready[t][i] = false;
        }
}

static void turn(void)
{
    struct decision d;

    for (size_t i = 0; i < CLIENTS; i++)
        memcpy(m.clients[i].last, m.clients[i].newest,
               sizeof m.clients[i].last);
    lose_patience();
    sched_tick(m.s, m.now);
    while (sched_next(m.s, &d)) {
        switch (d.kind) {
        case DECIDE_ASSIGN:
            see_assign(&d);
            break;
        case DECIDE_RESULT:
            see_result(&d);
            if (d.payload.block)
                forget(d.payload.block);
            if (d.spent.block)
                forget(d.spent.block);
            break;
        case DECIDE_STARTED:
            cr_assert(eq(int, m.runs[d.serial].answers, 0));
            break;
        case DECIDE_ABORT:
            see_abort(&d);
            break;
        case DECIDE_SETUP:
        case DECIDE_CLOSE:
            see_request(&d);
            break;
        case DECIDE_READY:
        case DECIDE_CLOSED:
        case DECIDE_REFUSED:
            see_order_end(&d);
            break;
        case DECIDE_FORGET:
            forget(d.payload.block);
            break;
        case DECIDE_RETIRE:
            see_retire(&d);
            break;
        }
    }
    sched_settle(m.s);
}

static void step(void)
{
    size_t client = below(CLIENTS);
    size_t worker = below(WORKERS);
    size_t what = below(100);

    if (what < 2)
        client_joins(client);
    else if (what < 3 && below(4) == 0)
        client_leaves(client);
    else if (what < 5)
        worker_joins(worker);
    else if (what < 6 && below(3) == 0)
        worker_leaves(worker);
    else if (what < 8 && m.workers[worker].number != 0) {
        m.workers[worker].paused = below(2);
        sched_worker_pause(m.s, m.now, m.workers[worker].number,
                           m.workers[worker].paused);
    } else if (what < 10 && m.clients[client].number != 0) {
        m.clients[client].paused = below(4) == 0;
        sched_client_pause(m.s, m.now, m.clients[client].number,
                           m.clients[client].paused);
    } else if (what < 20)
        submit(client);
    else if (what < 25)
        cancel(client);
    else if (what < 28)
        order(client);
    else if (what < 33)
        answer_request(worker);
    else if (what < 34)
        give_up(worker);
    else if (what < 40)
        start(worker);
    else if (what < 44)
        give_back(worker);
    else if (what < 77)
        result(worker);
    else
        m.now += below(20);
    if (below(3) == 0)
        turn();
}

/* Everybody works off what there is; then nobody is left to run the rest. */
static void wind_up(void)
{
    for (size_t i = 0; i < WORKERS; i++)
        worker_leaves(i);
    for (int i = 0; i < 40; i++) {
        m.now += 3600 * 1000;
        turn();
    }
}

static void check_end(void)
{
    struct sched_stats stats;

    for (uint64_t i = 1; i < m.run_count; i++) {
        const struct run *run = &m.runs[i];
        bool there = m.clients[run->client].number == run->number;

        if (there || run->detach)
            cr_assert(eq(int, run->answers, 1), "run %u of client %u",
                      (unsigned)run->id, run->number);
    }
    for (size_t i = 0; i < CLIENTS; i++)
        client_leaves(i);
    turn();
    turn();
    for (uint32_t i = 1; i <= m.block_count; i++)
        cr_assert(eq(int, m.blocks[i], 2), "payload %u is not forgotten", i);
    sched_stats(m.s, &stats);
    cr_assert(eq(u32, stats.queued + stats.assigned, 0));
    cr_assert(eq(u32, stats.running + stats.delayed, 0));
    cr_assert(eq(u64, stats.queued_bytes, 0));
    cr_assert(eq(u64, stats.submitted, m.run_count - 1));
    cr_assert(eq(sz, m.order_count, 0));
}

Test(sched_random, every_run_gets_one_true_answer, .timeout = 300)
{
    const char *given = getenv("SEED");
    struct sched_limits limits = {
        .max_queued = 2000, .max_queued_bytes = 1 << 20, .setup_ms = 200};

    m.random.state = given ? strtoull(given, NULL, 0) : 20261121;
    fprintf(stderr, "SEED=%llu\n", (unsigned long long)m.random.state);
    limits.seed = m.random.state;
    m.s = sched_create(&limits);
    m.now = 1;
    m.run_count = 1; /* serials count from 1 */
    m.run_size = 1024;
    m.runs = calloc(m.run_size, sizeof *m.runs);
    for (unsigned i = 0; i < KINDS; i++)
        make_kind(&m.meta[i], i);
    for (int i = 0; i < STEPS; i++) {
        step();
        if (i % 64 == 0)
            sched_check(m.s);
    }
    wind_up();
    sched_check(m.s);
    check_end();
    sched_check(m.s);
    /* It must have been about something. */
    cr_assert(gt(u64, m.assigned, STEPS / 10));
    cr_assert(gt(u64, m.retries, STEPS / 1000));
    cr_assert(gt(u64, m.given_up, 10));
    sched_destroy(m.s);
    for (unsigned i = 0; i < KINDS; i++)
        meta_writer_clear(&m.meta[i]);
    free(m.runs);
    free(m.blocks);
}
