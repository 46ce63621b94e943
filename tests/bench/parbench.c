/* parbench.c - what a job costs: latency, throughput, efficiency, start, memory
 *
 *     parbench [-t inproc|ipc|curve] [-k thread|process] [-w WORKERS]
 *              [-W WINDOW] [-n JOBS] [-r RUNS] [-s BYTES] [-u WORK_US]
 *     parbench -C start [-r RUNS]            cold process to first result
 *     parbench -C memory [-n JOBS] [-s BYTES]  broker's growth a queued job
 *
 * A worker has one slot.  inproc: broker, workers and client are threads of
 * this process; else each is a process of its own.  Every result is checked:
 * each job once, with the right octets.  Case names and figures have the form
 * of other benchmarks of job systems, so that they can be laid side by side.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench_parts.h"
#include "figures.h"

static void fill(const struct bench *b, uint8_t *payload, uint64_t number)
{
    uint64_t v[WORDS] = {number, ~number, b->rounds, 0};

    memset(payload, 0x5a, b->size);
    memcpy(payload, v, sizeof v);
}

static void check(struct bench *b, const struct par_result *r)
{
    uint64_t v[WORDS];
    char text[400];

    if (r->status != PAR_OK)
        die("a job failed", par_result_error(r, text, sizeof text));
    if (r->len != b->size)
        die("a result", "of another size than its payload");
    memcpy(v, r->data, sizeof v);
    if (v[0] >= b->jobs || v[1] != ~v[0] || v[2] != b->rounds ||
        (b->rounds && v[0] % 64 == 0 && v[3] != figures_burn(v[0], b->rounds)))
        die("a result", "with wrong octets");
    if (b->seen[v[0] / 8] & 1 << v[0] % 8)
        die("a result", "came twice");
    b->seen[v[0] / 8] |= (uint8_t)(1 << v[0] % 8);
}

/* ---- what is measured ---- */

static void take(struct bench *b, uint64_t got, double sent)
{
    struct par_result r;
    struct par_error err = {0};

    if (par_wait_any(b->client, NULL, 0, 60000, &r, &err))
        die("waiting", err.text);
    if (b->window == 1)
        b->rtt[got] = (figures_now() - sent) * 1e6;
    check(b, &r);
    par_result_clear(&r);
}

/* All jobs once, `window` in flight.  Returns the seconds. */
static double run_jobs(struct bench *b)
{
    uint8_t *payload = malloc(b->size);
    double began = figures_now(), at = began;
    struct par_error err = {0};
    uint64_t sent = 0, got = 0, job;

    memset(b->seen, 0, b->jobs / 8 + 1);
    for (; got < b->jobs; got++) {
        for (; sent < b->jobs && sent - got < b->window; sent++) {
            fill(b, payload, sent);
            at = b->window == 1 ? figures_now() : 0;
            if (par_run_raw(b->client, &b->echo, payload, b->size, NULL, &job,
                            &err))
                die("running", err.text);
        }
        take(b, got, at);
    }
    free(payload);
    return figures_now() - began;
}

static void measure(struct bench *b)
{
    double rate[FIGURES_RUNS], p50[FIGURES_RUNS], p99[FIGURES_RUNS];
    double efficiency[FIGURES_RUNS], ideal = 0, took;
    uint64_t jobs = b->jobs;
    char name[200];

    b->seen = calloc(jobs / 8 + 1, 1);
    b->rtt = calloc(jobs + 1, sizeof *b->rtt);
    b->jobs = jobs / 10 + 1; /* warm up */
    run_jobs(b);
    b->jobs = jobs;
    for (int i = 0; i < b->runs; i++) {
        if (b->rounds)
            ideal = figures_ideal(b->workers, b->rounds, jobs);
        took = run_jobs(b);
        if (b->rounds)
            ideal = (ideal + figures_ideal(b->workers, b->rounds, jobs)) / 2;
        rate[i] = (double)jobs / took;
        efficiency[i] = ideal / took;
        if (b->window == 1) {
            p50[i] = figures_quantile(b->rtt, jobs, 0.5);
            p99[i] = figures_quantile(b->rtt, jobs, 0.99);
        }
    }
    snprintf(name, sizeof name, "parbench/%s/%s/w%d/W%u", b->kind, b->transport,
             b->workers, b->window);
    if (b->work_us > 0)
        sprintf(name + strlen(name), "/work%gus", b->work_us);
    if (b->size != 32)
        sprintf(name + strlen(name), "/%zuB", b->size);
    figures_emit(name, "jobs", rate, (size_t)b->runs, "jobs/s");
    if (b->rounds)
        figures_emit(name, "efficiency", efficiency, (size_t)b->runs, "ratio");
    if (b->window == 1) {
        figures_emit(name, "rtt_p50", p50, (size_t)b->runs, "us");
        figures_emit(name, "rtt_p99", p99, (size_t)b->runs, "us");
    }
    free(b->seen);
    free(b->rtt);
}

static void measure_start(struct bench *b)
{
    const char *argv[] = {"parbench", "first", NULL};
    double ms[FIGURES_RUNS];
    char line[16] = "";
    int out;

    for (int i = 0; i < b->runs; i++) {
        double began = figures_now();
        pid_t pid = bench_start(argv, &out, NULL);

        if (read(out, line, sizeof line) < 1 || line[0] != '0')
            die("start", "the first job failed");
        ms[i] = (figures_now() - began) * 1e3;
        close(out);
        waitpid(pid, NULL, 0);
    }
    figures_emit("parbench/start/private", "start", ms, (size_t)b->runs, "ms");
}

static void measure_memory(struct bench *b)
{
    struct par_run_options o = {.unplaceable_ms = -1};
    struct par_error err = {0};
    uint8_t *payload = calloc(1, b->size);
    double before, bytes;
    uint64_t job;

    b->workers = 0;
    b->kind = "thread";
    b->transport = "ipc";
    bench_open(b);
    before = figures_resident(b->broker_pid);
    for (uint64_t i = 0; i < b->jobs; i++)
        if (par_run_raw(b->client, &b->echo, payload, b->size, &o, &job, &err))
            die("queueing", err.text);
    if (par_flush(b->client, &err) ||
        par_ping(b->client, NULL, 0, 30000, NULL, &err))
        die("queueing", err.text);
    bytes = (figures_resident(b->broker_pid) - before) / (double)b->jobs;
    figures_emit("parbench/memory/ipc", "bytes_per_queued_job", &bytes, 1,
                 "bytes");
    free(payload);
    bench_close(b);
}

static int usage(void)
{
    fprintf(stderr,
            "usage: parbench [-t inproc|ipc|curve] [-k thread|process] [-w "
            "WORKERS]\n"
            "                [-W WINDOW] [-n JOBS] [-r RUNS] [-s BYTES] [-u "
            "WORK_US]\n"
            "                [-C start|memory]\n");
    return 2;
}

static int read_options(struct bench *b, int argc, char **argv)
{
    int o;

    while ((o = getopt(argc, argv, "C:t:k:w:W:n:r:s:u:")) != -1)
        switch (o) {
        case 'C':
            b->what = optarg;
            break;
        case 't':
            b->transport = optarg;
            break;
        case 'k':
            b->kind = optarg;
            break;
        case 'w':
            b->workers = atoi(optarg);
            break;
        case 'W':
            b->window = (unsigned)atoi(optarg);
            break;
        case 'n':
            b->jobs = strtoull(optarg, NULL, 10);
            break;
        case 'r':
            b->runs = atoi(optarg);
            break;
        case 's':
            b->size = strtoull(optarg, NULL, 10);
            break;
        case 'u':
            b->work_us = atof(optarg);
            break;
        default:
            return -1;
        }
    return b->workers < 1 || b->workers > WORKERS_MAX || !b->window ||
                   b->runs < 1 || b->runs > FIGURES_RUNS || b->size < 32 ||
                   (strcmp(b->kind, "thread") && strcmp(b->kind, "process"))
               ? -1
               : 0;
}

int main(int argc, char **argv)
{
    static struct bench b = {.what = "",
                             .transport = "ipc",
                             .kind = "process",
                             .workers = 2,
                             .window = 4096,
                             .runs = 5,
                             .size = 32};

    par_main(&argc, &argv);
    bench_role(argc, argv);
    if (read_options(&b, argc, argv))
        return usage();
    alarm(LIMIT_S);
    if (!b.jobs)
        b.jobs = !strcmp(b.what, "memory") ? 100000
                 : b.window == 1           ? 10000
                                           : 200000;
    if (!strcmp(b.what, "start")) {
        measure_start(&b);
    } else if (!strcmp(b.what, "memory")) {
        b.size = b.size == 32 ? 100 : b.size;
        measure_memory(&b);
    } else if (!*b.what) {
        if (b.work_us > 0)
            b.rounds = figures_calibrate(b.work_us);
        bench_open(&b);
        measure(&b);
        bench_close(&b);
    } else {
        return usage();
    }
    return 0;
}
