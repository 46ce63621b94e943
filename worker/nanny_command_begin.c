/* nanny_command_begin.c - words, folder, environment and streams of a command
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "engine.h"
#include "environ.h"
#include "nanny_answer.h"
#include "nanny_command.h"
#include "nanny_command_begin.h"
#include "nanny_slot_begin.h"
#include "nanny_starts.h"
#include "place.h"
#include "poller.h"
#include "words.h"

static int open_streams(struct nanny *n,
                        struct seat *seat,
                        int fds[COMMAND_STREAMS],
                        struct par_error *err)
{
    struct command *c = seat->command;

    for (int i = 0; i < COMMAND_STREAMS; i++) {
        int ends[2];
        bool input = i == 0;

        fds[i] = -1;
        if (input && !c->run->batch->input)
            continue;
        if (pipe2(ends, O_CLOEXEC) < 0)
            return par_fail(err, errno, "pipe: %s", strerror(errno));
        c->streams[i].fd = ends[input ? 1 : 0];
        fds[i] = ends[input ? 0 : 1];
        fcntl(c->streams[i].fd, F_SETFL, O_NONBLOCK);
        if (!input)
            poller_watch(
                n->poller, c->streams[i].fd,
                nanny_tag(seat->number, i == 1 ? WATCH_OUTPUT : WATCH_ERROR),
                true, false);
    }
    return 0;
}

static char **environment(const struct nanny *n,
                          const struct seat *seat,
                          bool local)
{
    const struct command *c = seat->command;
    const struct bundle *b = &c->comp->bundle;
    struct env e = {0};
    char number[32];

    if (local)
        env_pairs(&e, b->local_env, b->local_env_count);
    else
        env_copy(&e, n->environment);
    env_pairs(&e, b->env, b->env_count);
    env_put(&e, "PAR_WORKER", n->name);
    snprintf(number, sizeof number, "%u", seat->number + 1);
    env_put(&e, "PAR_SLOT", number);
    snprintf(number, sizeof number, "%u", c->run->batch->attempt);
    env_put(&e, "PAR_ATTEMPT", number);
    snprintf(number, sizeof number, "%llu",
             (unsigned long long)wire_job_number(run_id(c->run)));
    env_put(&e, "PAR_JOB", number);
    env_grants(&e, c->run->batch->grants, c->run->batch->grants_len);
    return env_take(&e);
}

static bool is_local(const struct nanny *n, const struct bundle *b)
{
    return b->has_local && bundle_text_is(b->local.host_id, n->host_id) &&
           b->local.uid == geteuid();
}

static int give_order(struct nanny *n,
                      struct seat *seat,
                      struct keeper_order *o,
                      struct par_error *err)
{
    struct command *c = seat->command;
    const struct bundle *b = &c->comp->bundle;
    bool local = is_local(n, b);
    char cwd[PLACE_PATH];
    char **env;
    int result;

    o->umask = local ? (int)b->local.umask : 077;
    if (local) {
        snprintf(cwd, sizeof cwd, "%.*s", (int)b->local.cwd.len,
                 b->local.cwd.data);
        o->cwd = cwd;
    } else {
        o->cwd = c->folder;
    }
    env = environment(n, seat, local);
    if (!env)
        return par_fail(err, ENOMEM, "out of memory");
    o->envp = (const char *const *)env;
    result = keeper_start(seat->keeper, o, err);
    environ_free(env);
    return result;
}

static int start(struct nanny *n, struct seat *seat, struct par_error *err)
{
    struct command *c = seat->command;
    struct keeper_limit limits[BUNDLE_LIMITS + 1];
    struct keeper_order o = {
        .default_signals = true, .fds = {-1, -1, -1, -1, -1}, .limits = limits};
    char **words;
    int result;

    words = words_of(&c->comp->bundle, c->run->data, c->run->len, err);
    if (!words)
        return -1;
    snprintf(c->program, sizeof c->program, "%s", words[0]);
    o.program = words[0];
    o.argv = (const char *const *)words;
    o.limit_count = nanny_limits(&c->comp->bundle, limits);
    result = nanny_keeper(n, seat, err);
    if (result == 0)
        result = open_streams(n, seat, o.fds, err);
    if (result == 0)
        result = give_order(n, seat, &o, err);
    for (int i = 0; i < COMMAND_STREAMS; i++)
        if (o.fds[i] >= 0)
            close(o.fds[i]);
    words_free(words);
    return result;
}

/* It never came to a process. */
static void refuse(struct nanny *n,
                   struct seat *seat,
                   const struct par_error *err)
{
    struct command *c = seat->command;
    int status = err->code == EINVAL ? PAR_BAD_ARGS : PAR_INTERNAL;

    if (c->run->state != RUN_ANSWERED)
        nanny_answer_text(n, c->run, status, WIRE_NOT_EXECUTED, err->text);
    nanny_command_refused(c);
}

static void launch(struct nanny *n, struct seat *seat)
{
    struct command *c = seat->command;
    struct par_error err = {0};
    uint64_t wall = c->comp->bundle.limits[BUNDLE_WALL];

    c->begun = n->now;
    if (wall)
        c->wall_at = n->now + wall;
    if (start(n, seat, &err) == 0)
        return;
    if (nanny_starts_bounded(err.code))
        nanny_command_unbegun(n, seat, err.text);
    else
        refuse(n, seat, &err);
}

/* ---- a folder of its own, with copies of its files ---- */

struct prepare {
    struct disk_work work; /* first */
    struct nanny *nanny;
    struct seat *seat;
};

static int run_prepare(struct disk_work *w, struct par_error *err)
{
    const struct command *c = ((struct prepare *)(void *)w)->seat->command;

    return words_folder(c->folder, c->comp->folder, &c->comp->bundle,
                        &c->given_up, err);
}

static void done_prepare(struct disk_work *w,
                         int result,
                         const struct par_error *err)
{
    struct prepare *p = (struct prepare *)(void *)w;
    struct nanny *n = p->nanny;
    struct seat *seat = p->seat;
    struct par_error why = *err; /* it lies in p */

    free(p);
    seat->command->preparing = false;
    if (n->closing)
        return;
    if (result || seat->command->run->state == RUN_ANSWERED)
        refuse(n, seat, &why);
    else
        launch(n, seat);
}

/* True: launch() follows when the disk is done. */
static bool prepare(struct nanny *n, struct seat *seat)
{
    struct command *c = seat->command;
    struct prepare *p;

    snprintf(c->folder, sizeof c->folder, "%s/r%llu", n->run_dir,
             (unsigned long long)++n->last_id);
    if (c->comp->bundle.file_count == 0 && mkdir(c->folder, 0700) == 0)
        return false;
    p = calloc(1, sizeof *p);
    if (!p)
        return false; /* starting will fail, and say so */
    p->work.run = run_prepare;
    p->work.done = done_prepare;
    p->nanny = n;
    p->seat = seat;
    c->preparing = true;
    disk_post(n->disk, DISK_WANTED, &p->work);
    return true;
}

void nanny_command_begin(struct nanny *n,
                         struct comp *comp,
                         struct run *r,
                         struct seat *seat)
{
    struct command *c = calloc(1, sizeof *c);

    r->state = RUN_RUNNING;
    r->seat = seat->number;
    if (!c || tail_init(&c->tail, COMMAND_TAIL)) {
        free(c);
        nanny_answer_text(n, r, PAR_INTERNAL, WIRE_NOT_EXECUTED,
                          "out of memory");
        nanny_release(n, r);
        comp->held--;
        slots_done(n->slots, seat->number, 1, n->now);
        return;
    }
    seat->command = c;
    c->run = r;
    c->comp = comp;
    c->begun = n->now;
    c->timeout_at = c->wall_at = c->started_at = c->kill_at = UINT64_MAX;
    if (r->batch->timeout_ms)
        c->timeout_at = n->now + r->batch->timeout_ms;
    for (int i = 0; i < COMMAND_STREAMS; i++) {
        c->streams[i].fd = -1;
        c->streams[i].granted = i == 0 ? 0 : COMMAND_WINDOW;
    }
    if (is_local(n, &comp->bundle) || !prepare(n, seat))
        launch(n, seat);
}
