/* bench_parts.h - a broker, workers and a client to measure */
#ifndef PAR_TESTS_BENCH_BENCH_PARTS_H
#define PAR_TESTS_BENCH_BENCH_PARTS_H

#include <par/broker.h>
#include <par/client.h>
#include <par/task.h>
#include <par/worker.h>

#include <stdint.h>
#include <sys/types.h>

enum { WORKERS_MAX = 64, LIMIT_S = 240, WORDS = 4 };

struct bench {
    const char *what; /* "" or start, memory */
    const char *transport;
    const char *kind;
    int workers;
    unsigned window;
    uint64_t jobs;
    int runs;
    size_t size;
    double work_us;
    uint64_t rounds;
    char dir[64]; /* of sockets and keys */
    void *context;
    struct par_broker *broker;
    pid_t broker_pid;
    struct par_worker *inside[WORKERS_MAX];
    pid_t outside[WORKERS_MAX];
    char endpoint[128];
    struct par_client *client;
    struct par_function echo;
    uint8_t *seen;
    double *rtt;
};

void die(const char *what, const char *why) __attribute__((noreturn));

/* The job: its payload is {number, ~number, rounds, result} and padding. */
int bench_echo(struct par_task *t);

/* The other roles of this program, told by argv; does not return if it is
 * one. */
void bench_role(int argc, char **argv);

/* Start this program in another role; *out and *in, if not NULL, get pipes. */
pid_t bench_start(const char *const *argv, int *out, int *in);

void bench_open(struct bench *b);

/* One more handle. */
struct par_client *bench_client(struct bench *b);
void bench_close(struct bench *b);

#endif
