/* bench_sched - what a job costs in the broker's core
 *
 * submit + assign + result in batches of 64, over 2 workers, and the memory
 * of a job that waits.  `make bench_sched && ./tests/bench/bench_sched`.
 */
#include "config.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "broker/sched.h"

enum {
    BATCH = 64,
    OUTSTANDING = 4096,     /* a client's window */
    JOBS = 8 * 1000 * 1000, /* unless the first argument says */
    BACKLOG = 1000 * 1000,
    WORKERS = 64 /* at most */
};

struct held {
    uint32_t worker;
    uint64_t dispatch;
};

struct bench {
    struct sched *sched;
    uint32_t path;
    uint64_t next_run[WORKERS];
    struct held held[2 * OUTSTANDING + WORKERS * 1024];
    size_t held_count;
    uint64_t done;
};

static uint64_t jobs = JOBS;

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void set_up(struct bench *b, uint32_t clients, uint32_t workers)
{
    struct sched_limits limits = {.max_queued = UINT32_MAX,
                                  .max_queued_bytes = UINT64_MAX};

    b->sched = sched_create(&limits);
    b->path = sched_path(b->sched, "app/add");
    b->held_count = 0;
    b->done = 0;
    for (uint32_t i = 1; i <= clients; i++) {
        sched_client_join(b->sched, i, 1);
        b->next_run[i - 1] = 1;
    }
    for (uint32_t i = 1; i <= workers; i++) {
        char name[16];
        struct worker_desc desc = {.name = name, .host = "here", .slots = 4};

        snprintf(name, sizeof name, "here.%u", i);
        if (sched_worker_join(b->sched, 0, i, &desc, NULL) < 0 ||
            sched_register(b->sched, 0, i, b->path) < 0)
            exit(1);
    }
}

static void submit(struct bench *b, uint32_t client, uint32_t count)
{
    static struct payload_ref payloads[BATCH];
    struct job_batch batch = {
        .client = client,
        .target = b->path,
        .first_run = b->next_run[client - 1],
        .count = count,
        .payloads = payloads,
    };
    uint64_t serial;

    for (uint32_t i = 0; i < count; i++)
        payloads[i] = (struct payload_ref){1, i * 40, 32};
    b->next_run[client - 1] += count;
    if (sched_submit(b->sched, 1, &batch, &serial, NULL) != PAR_OK)
        exit(1);
}

/* One turn of a broker: what is held is answered, then all is decided. */
static void turn(struct bench *b)
{
    struct job_outcome outcome = {.status = PAR_OK, .wall_us = 1};
    struct decision d;

    for (size_t i = 0; i < b->held_count; i++)
        sched_result(b->sched, 1, b->held[i].worker, b->held[i].dispatch,
                     &outcome);
    b->held_count = 0;
    sched_tick(b->sched, 1);
    while (sched_next(b->sched, &d)) {
        if (d.kind == DECIDE_ASSIGN)
            b->held[b->held_count++] = (struct held){d.worker, d.dispatch};
        b->done += d.kind == DECIDE_RESULT;
    }
    sched_settle(b->sched);
}

static void cycle(uint32_t clients, uint32_t workers, uint32_t batch)
{
    static struct bench bench;
    struct bench *b = &bench;
    uint64_t submitted = 0;
    double start;

    set_up(b, clients, workers);
    start = seconds();
    while (b->done < jobs) {
        for (uint32_t i = 1; i <= clients; i++)
            while (submitted - b->done < OUTSTANDING * i / clients) {
                submit(b, i, batch);
                submitted += batch;
            }
        turn(b);
    }
    printf("{\"bench\": \"sched\", \"metric\": \"jobs\", \"clients\": %u, "
           "\"workers\": %u, \"batch\": %u, \"value\": %.0f}\n",
           clients, workers, batch, (double)b->done / (seconds() - start));
    sched_destroy(b->sched);
}

static void memory(void)
{
    static struct bench bench;
    size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
    size_t after;

    set_up(&bench, 1, 0);
    for (uint32_t i = 0; i < BACKLOG / BATCH; i++)
        submit(&bench, 1, BATCH);
    after = mallinfo2().uordblks + mallinfo2().hblkhd;
    printf("{\"bench\": \"sched\", \"metric\": \"bytes_per_queued_job\", "
           "\"value\": %.1f}\n",
           (double)(after - before) / BACKLOG);
    sched_destroy(bench.sched);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        jobs = strtoull(argv[1], NULL, 10);
    cycle(1, 2, BATCH);
    if (argc > 2)
        return 0;
    cycle(1, 2, 1);
    cycle(16, 2, BATCH);
    cycle(16, 64, BATCH);
    memory();
    return 0;
}
