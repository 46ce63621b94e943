/* parspawn_dies.c - parspawn is killed under a private handle, which goes on */
#include "config.h"

#include <par/broker.h>
#include <par/worker.h>
#include <zmq.h>

#include "embedding.h"

/* A command's parent is its keeper, whose parent is parspawn. */
#define KILL_IT                                                                \
    "read -r pid name state parspawn rest </proc/$PPID/stat; "                 \
    "kill -9 $parspawn; sleep 100"

/* The command's end may be told before parspawn's: then one more job meets the
 * worker that is about to go. */
static bool calls_again(struct par_client *c)
{
    return calls(c) || (err.code == PAR_CODE(PAR_WORKER_LOST) && calls(c));
}

static void again(struct par_client *c, const char *which)
{
    char text[100];
    uint64_t stays = start_shell(c, ": >begun; sleep 100");

    wait_for("begun");
    snprintf(text, sizeof text, "%s: who kills parspawn is lost", which);
    claim(end_of(c, start_shell(c, KILL_IT)) == PAR_WORKER_LOST, text);
    claim(end_of(c, stays) == PAR_WORKER_LOST, "... and what ran beside it");
    claim(calls_again(c), "... what was set up is set up again, and called");
    claim(rests(c), "... commands run, and nothing spins");
}

/* A place with the two programs, that can be taken away. */
static struct par_client *open_at(const char *place)
{
    struct par_options o = {
        .private_broker = true, .slots = 1, .libexec = place};
    char from[500], to[100];

    mkdir(place, 0700);
    for (int i = 0; i < 2; i++) {
        const char *name = i ? "parslot" : "parspawn";

        snprintf(from, sizeof from, "%s/%s", getenv("top_builddir"), name);
        snprintf(to, sizeof to, "%s/%s", place, name);
        if (symlink(from, to))
            return NULL;
    }
    return par_open(NULL, &o, &err);
}

static void take_away(const char *place)
{
    char path[100];

    snprintf(path, sizeof path, "%s/parspawn", place);
    unlink(path);
    snprintf(path, sizeof path, "%s/parslot", place);
    unlink(path);
    rmdir(place);
}

/* How a call ends that does not wait for a worker: enum par_status. */
static int call_at_once(struct par_client *c)
{
    struct par_run_options at_once = {.unplaceable_ms = 1};
    struct par_function f;
    uint64_t job = 0;

    if (par_self(c, "twice", &f, &err) == 0)
        par_run(c, &f, PAR_ARGS(1), &at_once, &job, &err);
    return end_of(c, job);
}

static void for_good(void)
{
    struct par_client *c = open_at("place");
    int status;

    claim(calls(c), "programs from another place");
    take_away("place");
    claim(end_of(c, start_shell(c, KILL_IT)) == PAR_WORKER_LOST,
          "they are gone, and parspawn is killed");
    status = call_at_once(c);
    if (status == PAR_WORKER_LOST) /* as in calls_again() */
        status = call_at_once(c);
    claim(status == PAR_NO_CAPACITY, "... jobs are told so");
    par_close(c);
}

/* Nothing that happened here was worth a word on the program's stderr. */
static void has_said_nothing(void)
{
    struct stat st = {.st_size = 1};

    fstat(STDERR_FILENO, &st);
    claim(st.st_size == 0, "the library is silent");
    unlink("said");
}

/* ---- a worker that the program has opened itself ---- */

static struct par_worker *start_worker(void *context, const char *const *at)
{
    struct par_worker_options o = {.zmq_context = context,
                                   .brokers = at,
                                   .slots = 1,
                                   .max_file_size = UINT64_MAX,
                                   .libexec = getenv("top_builddir")};
    struct par_worker *w = par_worker_open(&o, &err);

    if (w && par_worker_start(w, &err) == 0)
        return w;
    par_worker_close(w);
    return NULL;
}

static void opened(void)
{
    const char *at[] = {"inproc://dies", NULL};
    void *context = zmq_ctx_new();
    struct par_broker_options b = {.zmq_context = context, .endpoints = at};
    struct par_options o = {.zmq_context = context};
    struct par_broker *broker = par_broker_start(&b, &err);
    struct par_worker *first = start_worker(context, at), *second;
    struct par_client *c = par_open(at[0], &o, &err);

    claim(first && c && par_wait_workers(c, 1, -1, &err) == 0,
          "a worker of the program's own");
    claim(end_of(c, start_shell(c, KILL_IT)) == PAR_WORKER_LOST,
          "... who kills its parspawn is lost");
    claim(par_worker_join(first, &err) == -1 && strstr(err.text, "parspawn"),
          "... its program is told");
    second = start_worker(context, at);
    claim(second && calls(c), "... and another takes its place");
    par_close(c);
    par_worker_close(second);
    par_worker_close(first);
    par_broker_stop(broker, 0);
    zmq_ctx_term(context);
}

int main(int argc, char **argv)
{
    struct par_client *c;

    par_main(&argc, &argv);
    if (!freopen("said", "w", stderr))
        return 1;
    c = open_private(false);
    claim(calls(c), "a function runs");
    again(c, "once");
    again(c, "at once again");
    par_close(c);
    c = open_private(true);
    claim(calls(c), "a function runs in a thread");
    again(c, "thread slots");
    par_close(c);
    for_good();
    opened();
    has_said_nothing();
    return failed;
}
