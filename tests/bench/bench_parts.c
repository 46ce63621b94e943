/* bench_parts.c - roles of the benchmark's processes */
#include "config.h"

#include "bench_parts.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

#include "figures.h"

void die(const char *what, const char *why)
{
    fprintf(stderr, "parbench: %s: %s\n", what, why);
    exit(1);
}

/* ---- the job: payload is {number, ~number, rounds, result}, and padding ----
 */

int bench_echo(struct par_task *t)
{
    size_t len;
    const void *in = par_raw(t, &len);
    uint64_t v[WORDS];
    uint8_t *out;
    int rc;

    if (len < sizeof v)
        return par_throw(t, 1, "a payload of 32 octets at least");
    memcpy(v, in, sizeof v);
    if (v[2] == 0)
        return par_put_raw(t, in, len);
    v[3] = figures_burn(v[0], v[2]);
    out = malloc(len);
    if (!out)
        return par_throw(t, 1, "out of memory");
    memcpy(out, in, len);
    memcpy(out, v, sizeof v);
    rc = par_put_raw(t, out, len);
    free(out);
    return rc;
}
PAR_FUNCTION(bench_echo, "")

/* We stand two folders below the programs in the build tree; NULL: as
 * installed. */
static const char *libexec(void)
{
    static char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 16);

    if (n <= 0)
        return NULL;
    path[n] = '\0';
    for (int i = 0; i < 3 && strrchr(path, '/'); i++)
        *strrchr(path, '/') = '\0';
    n = (ssize_t)strlen(path);
    strcpy(path + n, "/parspawn");
    if (access(path, X_OK))
        return NULL;
    path[n] = '\0';
    return path;
}

static struct par_worker *open_worker(const char *endpoint,
                                      const char *kind,
                                      void *context)
{
    const char *at[] = {endpoint, NULL};
    struct par_worker_options o = {.brokers = at,
                                   .slots = 1,
                                   .threads = !strcmp(kind, "thread"),
                                   .libexec = libexec(),
                                   .zmq_context = context};
    struct par_error err = {0};
    struct par_worker *w = par_worker_open(&o, &err);

    if (!w || (o.threads && par_worker_register(w, "bench/echo", "", bench_echo,
                                                NULL, &err)))
        die("a worker", err.text);
    return w;
}

/* As `parbench worker ENDPOINT KIND`. */
static int worker_role(char **argv)
{
    struct par_error err = {0};

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    alarm(LIMIT_S);
    if (par_worker_run(open_worker(argv[2], argv[3], NULL), &err))
        die("a worker", err.text);
    return 0;
}

/* As `parbench broker DIR`: says where it listens, until its input ends. */
static int broker_role(char **argv)
{
    char ipc[128], byte;
    const char *at[] = {ipc, "tcp://127.0.0.1:*", NULL};
    struct par_broker_options o = {.endpoints = at};
    struct par_error err = {0};
    struct par_broker *b;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    alarm(LIMIT_S);
    snprintf(ipc, sizeof ipc, "ipc://%s/sock", argv[2]);
    b = par_broker_start(&o, &err);
    if (!b)
        die("the broker", err.text);
    printf("%s %s\n", par_broker_endpoint(b, 0), par_broker_endpoint(b, 1));
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0)
        ;
    par_broker_stop(b, 0);
    return 0;
}

/* As `parbench first`: one job in private mode. */
static int first_role(void)
{
    struct par_options o = {
        .private_broker = true, .slots = 1, .libexec = libexec()};
    struct par_error err = {0};
    struct par_client *c = par_open(NULL, &o, &err);
    struct par_function echo;
    struct par_result r = {0};
    uint64_t payload[WORDS] = {0}, job;

    if (!c || par_self(c, "bench_echo", &echo, &err) ||
        par_run_raw(c, &echo, payload, sizeof payload, NULL, &job, &err) ||
        par_wait(c, job, 30000, &r, &err))
        die("the first job", err.text);
    printf("%d\n", r.status);
    par_result_clear(&r);
    par_close(c);
    return 0;
}

/* Start this program in another role; *out and *in, if not NULL, get pipes. */
pid_t bench_start(const char *const *argv, int *out, int *in)
{
    int to[2] = {-1, -1}, from[2] = {-1, -1};
    pid_t pid;

    if ((in && pipe(to)) || (out && pipe(from)))
        die("a pipe", strerror(errno));
    pid = fork();
    if (pid == 0) {
        if (in)
            dup2(to[0], STDIN_FILENO);
        if (out)
            dup2(from[1], STDOUT_FILENO);
        if (in)
            close(to[1]);
        execv("/proc/self/exe", (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    if (pid < 0)
        die("fork", strerror(errno));
    if (in) {
        close(to[0]);
        *in = to[1];
    }
    if (out) {
        close(from[1]);
        *out = from[0];
    }
    return pid;
}

static void make_dir(struct bench *b)
{
    snprintf(b->dir, sizeof b->dir, "/tmp/parbench.XXXXXX");
    if (!mkdtemp(b->dir))
        die(b->dir, strerror(errno));
    setenv("PAR_CONFIG_DIR", b->dir, 1);
    setenv("PAR_RUNTIME_DIR", b->dir, 1);
    setenv("PAR_CACHE_DIR", b->dir, 1);
}

static int remove_one(const char *path,
                      const struct stat *st,
                      int type,
                      struct FTW *where)
{
    (void)st;
    (void)type;
    (void)where;
    return remove(path);
}

/* A broker in a process of its own; its endpoints go to ipc and tcp. */
static void start_broker(struct bench *b, char ipc[128], char tcp[128])
{
    const char *argv[] = {"parbench", "broker", b->dir, NULL};
    char line[256] = "";
    int out, in;
    ssize_t n;

    b->broker_pid = bench_start(argv, &out, &in);
    n = read(out, line, sizeof line - 1);
    if (n <= 0 || sscanf(line, "%127s %127s", ipc, tcp) != 2)
        die("the broker", "did not start");
    close(out); /* `in` stays open until we end */
}

static void start_inproc(struct bench *b)
{
    const char *at[] = {"inproc://bench", NULL};
    struct par_broker_options o = {.endpoints = at};
    struct par_error err = {0};

    b->context = o.zmq_context = zmq_ctx_new();
    b->broker = par_broker_start(&o, &err);
    if (!b->broker)
        die("the broker", err.text);
    for (int i = 0; i < b->workers; i++) {
        b->inside[i] = open_worker(at[0], b->kind, b->context);
        if (par_worker_start(b->inside[i], &err))
            die("a worker", err.text);
    }
}

void bench_open(struct bench *b)
{
    char ipc[128] = "inproc://bench", tcp[128];
    const char *argv[] = {"parbench", "worker", NULL, b->kind, NULL};
    struct par_options o = {0};
    struct par_error err = {0};
    bool inside = !strcmp(b->transport, "inproc");

    make_dir(b);
    if (inside)
        start_inproc(b);
    else
        start_broker(b, ipc, tcp);
    argv[2] = strcmp(b->transport, "curve") ? ipc : tcp;
    for (int i = 0; !inside && i < b->workers; i++)
        b->outside[i] = bench_start(argv, NULL, NULL);
    snprintf(b->endpoint, sizeof b->endpoint, "%s", argv[2]);
    o.zmq_context = b->context;
    b->client = par_open(argv[2], &o, &err);
    if (!b->client ||
        (b->workers &&
         par_wait_workers(b->client, (unsigned)b->workers, 20000, &err)) ||
        (strcmp(b->kind, "thread")
             ? b->workers && par_self(b->client, "bench_echo", &b->echo, &err)
             : par_path(b->client, "bench/echo", &b->echo, &err)))
        die("the client", err.text);
}

struct par_client *bench_client(struct bench *b)
{
    struct par_options o = {.zmq_context = b->context};
    struct par_error err = {0};
    struct par_client *c = par_open(b->endpoint, &o, &err);

    if (!c)
        die("a client", err.text);
    return c;
}

void bench_close(struct bench *b)
{
    par_close(b->client);
    for (int i = 0; i < b->workers; i++) {
        if (b->inside[i])
            par_worker_close(b->inside[i]);
        if (b->outside[i]) {
            kill(b->outside[i], SIGKILL);
            waitpid(b->outside[i], NULL, 0);
        }
    }
    par_broker_stop(b->broker, 0);
    if (b->context)
        zmq_ctx_term(b->context);
    if (b->broker_pid) {
        kill(b->broker_pid, SIGKILL);
        waitpid(b->broker_pid, NULL, 0);
    }
    nftw(b->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void bench_role(int argc, char **argv)
{
    if (argc == 4 && !strcmp(argv[1], "worker"))
        exit(worker_role(argv));
    if (argc == 3 && !strcmp(argv[1], "broker"))
        exit(broker_role(argv));
    if (argc == 2 && !strcmp(argv[1], "first"))
        exit(first_role());
}
