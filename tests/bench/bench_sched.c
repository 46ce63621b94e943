/* bench_sched - what a job costs in the broker's core, shape by shape
 *
 *     make bench_sched && ./tests/bench/bench_sched [JOBS [SHAPE]]
 *
 * submit + assign + result, as broker/turn would do them, and the memory of a
 * job that waits.  A figure is CPU nanoseconds a job: between shapes that
 * differ only in what waits or in how many workers there are, it should stay
 * flat.
 */
#include "config.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "broker/sched.h"
#include "meta.h"

enum {
    BATCH = 64,
    JOBS = 1000 * 1000, /* unless the first argument says */
    MEMORY_JOBS = 1000 * 1000,
    LOG = 1 << 17
};

enum kind {
    ALIKE,   /* every worker may run every job */
    ONE,     /* one worker may, the others idle */
    NEEDS,   /* a job takes all of its worker's "lock" */
    TERMS,   /* beside it wait jobs of as many other terms as `backlog` says */
    TRICKLE, /* as NEEDS, but jobs end one a turn */
    AMOUNTS, /* as TRICKLE, but each job takes an amount of its own */
    RETRY,   /* every job fails once and is tried again, in another order */
    CLIENTS, /* `backlog` other clients have a job each in the queue */
    TARGETS  /* jobs of one client go to `backlog` paths in turn */
};

struct shape {
    const char *name;
    enum kind kind;
    uint32_t workers;
    uint32_t backlog; /* jobs that wait all the time */
    uint32_t batch;
};

static const struct shape shapes[] = {
    {"plain", ALIKE, 2, 10, 64},        {"plain", ALIKE, 2, 1000, 64},
    {"plain", ALIKE, 2, 100000, 64},    {"plain", ALIKE, 64, 10, 64},
    {"plain", ALIKE, 64, 1000, 64},     {"plain", ALIKE, 64, 100000, 64},
    {"plain", ALIKE, 1000, 10, 64},     {"plain", ALIKE, 1000, 1000, 64},
    {"plain", ALIKE, 1000, 100000, 64}, {"single", ALIKE, 2, 1000, 1},
    {"one-fits", ONE, 2, 1000, 64},     {"one-fits", ONE, 64, 1000, 64},
    {"one-fits", ONE, 1000, 1000, 64},  {"needs", NEEDS, 2, 1000, 64},
    {"needs", NEEDS, 64, 1000, 64},     {"needs", NEEDS, 1000, 1000, 64},
    {"trickle", TRICKLE, 2, 1000, 64},  {"trickle", TRICKLE, 1000, 1000, 64},
    {"amounts", AMOUNTS, 2, 10, 1},     {"amounts", AMOUNTS, 2, 1000, 1},
    {"amounts", AMOUNTS, 2, 10000, 1},  {"terms", TERMS, 2, 10, 64},
    {"terms", TERMS, 2, 1000, 64},      {"terms", TERMS, 1000, 1000, 64},
    {"retry", RETRY, 2, 10, 64},        {"retry", RETRY, 2, 1000, 64},
    {"retry", RETRY, 2, 30000, 64},     {"clients", CLIENTS, 2, 10, 64},
    {"clients", CLIENTS, 2, 1000, 64},  {"clients", CLIENTS, 2, 10000, 64},
    {"targets", TARGETS, 2, 10, 1},     {"targets", TARGETS, 2, 1000, 1},
    {"targets", TARGETS, 2, 10000, 1},
};

struct held {
    uint32_t worker;
    uint64_t dispatch;
    uint32_t attempt;
};

struct bench {
    const struct shape *shape;
    struct sched *sched;
    uint32_t *paths;
    uint32_t path_count;
    uint64_t now;
    uint64_t *next_run; /* by client */
    struct meta_writer meta;
    struct held *held;
    size_t held_count;
    uint64_t submitted;
    uint64_t done;
};

static uint64_t jobs = JOBS;

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void put_need(struct meta_writer *w, double amount)
{
    meta_put_uint(w, 5);
    meta_put_map(w, 1);
    meta_put_str(w, "lock");
    meta_put_float(w, amount);
}

/* What the jobs ask; `term` 0: as most do. */
static void write_meta(struct bench *b, uint32_t term)
{
    size_t mark;
    uint32_t pairs = 0;
    char text[16];

    b->meta.len = 0;
    mark = meta_open_map(&b->meta);
    if (b->shape->kind == NEEDS || b->shape->kind == TRICKLE || term > 0)
        put_need(&b->meta, 1), pairs++;
    if (b->shape->kind == AMOUNTS) /* from 0.1 to 1, in no order */
        put_need(&b->meta,
                 0.1 + (double)(b->submitted * 7919 % 100003) / 1.2e5),
            pairs++;
    if (term > 0) { /* a wish that nobody can fulfil */
        snprintf(text, sizeof text, "wish %u", term);
        meta_put_uint(&b->meta, 4);
        meta_put_map(&b->meta, 1);
        meta_put_str(&b->meta, text);
        meta_put_str(&b->meta, "yes");
        meta_put_uint(&b->meta, 6);
        meta_put_bool(&b->meta, false);
        pairs += 2;
    }
    if (b->shape->kind == RETRY) {
        meta_pair_int(&b->meta, 13, 2); /* attempts */
        meta_put_uint(&b->meta, 15);
        meta_put_array(&b->meta, 1);
        meta_put_str(&b->meta, "error");
        meta_put_uint(&b->meta, 16);
        meta_put_array(&b->meta, 3);
        meta_put_int(&b->meta, 20);
        meta_put_int(&b->meta, 1);
        meta_put_int(&b->meta, 20);
        pairs += 3;
    }
    meta_close_map(&b->meta, mark, pairs);
}

static void submit(struct bench *b, uint32_t client, uint32_t count)
{
    static struct payload_ref payloads[BATCH];
    struct job_batch batch = {
        .client = client,
        .target = b->paths[b->submitted / count % b->path_count],
        .first_run = b->next_run[client] + 1,
        .count = count,
        .meta = b->meta.data,
        .meta_len = b->meta.len,
        .payloads = payloads,
    };
    uint64_t serial;

    for (uint32_t i = 0; i < count; i++)
        payloads[i] = (struct payload_ref){1, i * 40, 32};
    b->next_run[client] += count;
    if (sched_submit(b->sched, b->now, &batch, &serial, NULL) != PAR_OK)
        exit(1);
}

static void add_workers(struct bench *b)
{
    for (uint32_t i = 1; i <= b->shape->workers; i++) {
        char name[16];
        struct sched_resource lock = {"lock", 1, NULL};
        struct worker_desc desc = {.name = name,
                                   .host = "here",
                                   .slots = 4,
                                   .resources = &lock,
                                   .resource_count = 1};

        snprintf(name, sizeof name, "here.%u", i);
        if (sched_worker_join(b->sched, b->now, i, &desc, NULL) < 0)
            exit(1);
        for (uint32_t k = 0; k < b->path_count; k++)
            if ((b->shape->kind != ONE || i == 1) &&
                sched_register(b->sched, b->now, i, b->paths[k]) < 0)
                exit(1);
    }
}

static void add_paths(struct bench *b)
{
    b->path_count = b->shape->kind == TARGETS ? b->shape->backlog : 1;
    b->paths = calloc(b->path_count, sizeof *b->paths);
    for (uint32_t i = 0; i < b->path_count; i++) {
        char name[24];

        snprintf(name, sizeof name, "app/add%u", i);
        b->paths[i] = sched_path(b->sched, name);
    }
}

static void add_clients(struct bench *b)
{
    uint32_t count = b->shape->kind == CLIENTS ? b->shape->backlog + 1 : 1;

    b->next_run = calloc(count + 1, sizeof *b->next_run);
    for (uint32_t i = 1; i <= count; i++)
        sched_client_join(b->sched, i, i);
}

/* Every worker's lock is taken, and many others want it. */
static void add_terms(struct bench *b)
{
    struct decision d;

    for (uint32_t i = 0; i < b->shape->workers + b->shape->backlog; i++) {
        write_meta(b, i < b->shape->workers ? 1 : i);
        submit(b, 1, 1);
    }
    sched_tick(b->sched, b->now);
    while (sched_next(b->sched, &d))
        ;
    sched_settle(b->sched);
}

static void open_bench(struct bench *b, const struct shape *shape)
{
    struct sched_limits limits = {.max_queued = UINT32_MAX,
                                  .max_queued_bytes = UINT64_MAX};

    *b = (struct bench){.shape = shape, .now = 1};
    b->sched = sched_create(&limits);
    b->held = calloc(LOG * 8, sizeof *b->held);
    add_clients(b);
    add_paths(b);
    add_workers(b);
    if (shape->kind == TERMS)
        add_terms(b);
    write_meta(b, 0);
}

static void close_bench(struct bench *b)
{
    sched_destroy(b->sched);
    meta_writer_clear(&b->meta);
    free(b->next_run);
    free(b->paths);
    free(b->held);
}

/* One turn of a broker: what is held is answered, then all is decided. */
static void turn(struct bench *b)
{
    struct job_outcome outcome = {.wall_us = 1};
    struct decision d;
    bool trickles = b->shape->kind == TRICKLE || b->shape->kind == AMOUNTS;
    bool one = trickles && b->held_count > 0;
    size_t end = one ? 1 : b->held_count;

    for (size_t i = 0; i < end; i++) {
        bool fails = b->shape->kind == RETRY && b->held[i].attempt == 1;

        outcome.status = fails ? PAR_EXCEPTION : PAR_OK;
        sched_result(b->sched, b->now, b->held[i].worker, b->held[i].dispatch,
                     &outcome);
    }
    b->held_count -= end;
    if (one) /* the last takes its place: another worker each time */
        b->held[0] = b->held[b->held_count];
    if (b->shape->kind == RETRY)
        b->now++;
    sched_tick(b->sched, b->now);
    while (sched_next(b->sched, &d)) {
        if (d.kind == DECIDE_ASSIGN)
            b->held[b->held_count++] =
                (struct held){d.worker, d.dispatch, d.attempt};
        b->done += d.kind == DECIDE_RESULT;
    }
    sched_settle(b->sched);
}

static void refill(struct bench *b)
{
    uint64_t window = (uint64_t)b->shape->workers * 512;

    if (b->shape->kind == CLIENTS)
        for (uint32_t i = 2; i < b->shape->backlog + 2; i++)
            if (b->next_run[i] == 0 || b->done % b->shape->backlog == i)
                submit(b, i, 1), b->submitted++;
    if (b->shape->kind != TERMS)
        window += b->shape->backlog;
    while (b->submitted - b->done < window) {
        if (b->shape->kind == AMOUNTS)
            write_meta(b, 0);
        submit(b, 1, b->shape->batch);
        b->submitted += b->shape->batch;
    }
}

static void measure(const struct shape *shape)
{
    struct bench b;
    uint64_t from;
    double start;

    open_bench(&b, shape);
    for (int i = 0; i < 4; i++) { /* warm: paces are known, tables are large */
        refill(&b);
        turn(&b);
    }
    from = b.done;
    start = seconds();
    while (b.done - from < jobs && seconds() - start < 10) {
        refill(&b);
        turn(&b);
    }
    printf("{\"bench\": \"sched\", \"shape\": \"%s\", \"workers\": %u, "
           "\"waiting\": %u, \"batch\": %u, \"metric\": \"ns_per_job\", "
           "\"value\": %.0f}\n",
           shape->name, shape->workers, shape->backlog, shape->batch,
           (seconds() - start) * 1e9 / (double)(b.done - from));
    fflush(stdout);
    close_bench(&b);
}

static void memory(void)
{
    static const struct shape shape = {"memory", ALIKE, 0, 0, BATCH};
    struct bench b;
    size_t before;
    size_t after;

    open_bench(&b, &shape);
    before = mallinfo2().uordblks + mallinfo2().hblkhd;
    for (uint32_t i = 0; i < MEMORY_JOBS / BATCH; i++)
        submit(&b, 1, BATCH);
    after = mallinfo2().uordblks + mallinfo2().hblkhd;
    printf("{\"bench\": \"sched\", \"metric\": \"bytes_per_queued_job\", "
           "\"value\": %.1f}\n",
           (double)(after - before) / MEMORY_JOBS);
    close_bench(&b);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        jobs = strtoull(argv[1], NULL, 10);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        if (argc < 3 || strcmp(argv[2], shapes[i].name) == 0)
            measure(&shapes[i]);
    if (argc < 3 || strcmp(argv[2], "memory") == 0)
        memory();
    return 0;
}
