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

#include <getopt.h>
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

/* A session may have so many jobs without an answer: more need more. */
enum { QUEUE_EACH = 4096, QUEUES_MAX = 256 };

static void queue(struct bench *b, struct par_client *c, uint64_t count)
{
    struct par_run_options o = {.unplaceable_ms = -1};
    struct par_error err = {0};
    struct par_function echo;
    uint8_t *payload = calloc(1, b->size);
    uint64_t job;

    if (par_path(c, "bench/echo", &echo, &err))
        die("queueing", err.text);
    for (uint64_t i = 0; i < count; i++)
        if (par_run_raw(c, &echo, payload, b->size, &o, &job, &err))
            die("queueing", err.text);
    if (par_flush(c, &err) || par_ping(c, NULL, 0, 30000, NULL, &err))
        die("queueing", err.text);
    free(payload);
}

static void measure_memory(struct bench *b)
{
    struct par_client *clients[QUEUES_MAX];
    size_t count = (size_t)((b->jobs + QUEUE_EACH - 1) / QUEUE_EACH);
    double before, bytes;

    if (count > QUEUES_MAX)
        die("memory", "more jobs than 256 sessions may have");
    b->workers = 0;
    b->kind = "thread";
    b->transport = "ipc";
    bench_open(b);
    for (size_t i = 0; i < count; i++)
        clients[i] = bench_client(b);
    before = figures_resident(b->broker_pid);
    for (size_t i = 0; i < count; i++)
        queue(b, clients[i],
              i + 1 < count ? QUEUE_EACH : b->jobs - i * QUEUE_EACH);
    bytes = (figures_resident(b->broker_pid) - before) / (double)b->jobs;
    figures_emit("parbench/memory/ipc", "bytes_per_queued_job", &bytes, 1,
                 "bytes");
    for (size_t i = 0; i < count; i++)
        par_close(clients[i]);
    bench_close(b);
}

static void help(FILE *to)
{
    fputs(
        "usage: parbench [-t inproc|ipc|curve] [-k thread|process]\n"
        "                [-w WORKERS] [-W WINDOW] [-n JOBS] [-r RUNS]\n"
        "                [-s BYTES] [-u WORK_US]\n"
        "       parbench -C start [-r RUNS]\n"
        "       parbench -C memory [-n JOBS] [-s BYTES]\n"
        "\n"
        "What a job costs.  Every result is checked; one JSON line a figure,\n"
        "whose value is the median of the runs.\n"
        "\n"
        "  -t  how client, broker and workers talk (ipc); on inproc they are\n"
        "      threads of one process, else processes\n"
        "  -k  what a slot is (process)\n"
        "  -w  workers, of one slot each (2)\n"
        "  -W  jobs in flight (4096); with 1: round trips, too\n"
        "  -n  jobs in a run (200000; 10000 with -W 1)\n"
        "  -r  runs (5)\n"
        "  -s  octets of payload, there and back (32)\n"
        "  -u  CPU time that a job burns, in us (0); then efficiency, too:\n"
        "      the time of bare processes over ours\n"
        "  -C  start: from nothing to the first result, private broker\n"
        "      memory: what the broker grows by for a job that waits\n"
        "\n"
        "  parbench -W 1                    latency\n"
        "  parbench -k thread -t inproc     throughput\n"
        "  parbench -u 1000 -W 16 -n 3200   efficiency of jobs of 1 ms\n",
        to);
}

static bool number(const char *text, uint64_t most, uint64_t *value)
{
    char *end;

    *value = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0' && *value <= most;
}

static bool set_option(struct bench *b, int option)
{
    uint64_t n = 0;
    char *end;
    bool ok = true;

    switch (option) {
    case 'C':
        b->what = optarg;
        return !strcmp(optarg, "start") || !strcmp(optarg, "memory");
    case 't':
        b->transport = optarg;
        return !strcmp(optarg, "inproc") || !strcmp(optarg, "ipc") ||
               !strcmp(optarg, "curve");
    case 'k':
        b->kind = optarg;
        return !strcmp(optarg, "thread") || !strcmp(optarg, "process");
    case 'w':
        ok = number(optarg, WORKERS_MAX, &n) && n > 0;
        b->workers = (int)n;
        return ok;
    case 'W':
        ok = number(optarg, 1 << 20, &n) && n > 0;
        b->window = (unsigned)n;
        return ok;
    case 'n':
        return number(optarg, UINT32_MAX, &b->jobs) && b->jobs > 0;
    case 'r':
        ok = number(optarg, FIGURES_RUNS, &n) && n > 0;
        b->runs = (int)n;
        return ok;
    case 's':
        ok = number(optarg, 1 << 20, &n) && n >= 32;
        b->size = n;
        return ok;
    case 'u':
        b->work_us = strtod(optarg, &end);
        return *end == '\0' && b->work_us >= 0 && b->work_us <= 1e6;
    default:
        return false;
    }
}

/* Returns the exit code, or -1 to go on. */
static int read_options(struct bench *b, int argc, char **argv)
{
    static const struct option longs[] = {{"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    int o;

    while ((o = getopt_long(argc, argv, "C:t:k:w:W:n:r:s:u:h", longs, NULL)) !=
           -1) {
        if (o == 'h') {
            help(stdout);
            return 0;
        }
        if (o != '?' && set_option(b, o))
            continue;
        if (o != '?')
            fprintf(stderr, "parbench: -%c: `%s' is not allowed\n", o, optarg);
        fputs("try: parbench --help\n", stderr);
        return 2;
    }
    if (optind == argc)
        return -1;
    fprintf(stderr, "parbench: `%s'?  try: parbench --help\n", argv[optind]);
    return 2;
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
    int rc;

    par_main(&argc, &argv);
    bench_role(argc, argv);
    rc = read_options(&b, argc, argv);
    if (rc >= 0)
        return rc;
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
    } else {
        if (b.work_us > 0)
            b.rounds = figures_calibrate(b.work_us);
        bench_open(&b);
        measure(&b);
        bench_close(&b);
    }
    return 0;
}
