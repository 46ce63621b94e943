/* nanny_build.c - the compiler runs, with limits, in a keeper of its own */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "build.h"
#include "engine.h"
#include "environ.h"
#include "nanny_build.h"
#include "nanny_starts.h"
#include "poller.h"
#include "tail.h"

enum {
    READ_PIECE = 16 * 1024,
    PIECES = 8 /* in one go: more than a pipe holds, and others wait */
};

struct build {
    struct list node;
    struct comp *comp;     /* NULL: not wanted any more */
    struct keeper *keeper; /* NULL: it waits for room */
    int output;
    struct tail tail; /* what it prints */
    uint64_t due;
    bool late;
    int status;
    bool exited;
    char words[SLOT_WORDS]; /* why it was not started */
};

static void close_output(struct nanny *n, struct build *b)
{
    if (b->output >= 0)
        poller_close(n->poller, b->output);
    b->output = -1;
}

static void close_keeper(struct nanny *n, struct build *b)
{
    if (b->keeper)
        poller_forget(n->poller, keeper_fd(b->keeper));
    keeper_close(b->keeper);
    b->keeper = NULL;
}

static void destroy(struct nanny *n, struct build *b)
{
    list_remove(&b->node);
    close_keeper(n, b);
    close_output(n, b);
    tail_clear(&b->tail);
    free(b);
}

/* ---- start ---- */

static int start(struct nanny *n, struct build *b, struct par_error *err)
{
    struct comp *c = b->comp;
    char compiler[BUILD_PATH], include[BUILD_PATH];
    const struct keeper_limit limits[] = {
        {RLIMIT_CPU, BUILD_CPU_S, BUILD_CPU_S + 1},
        {RLIMIT_FSIZE, BUILD_FSIZE, BUILD_FSIZE},
        {RLIMIT_CORE, 0, 0},
    };
    struct keeper_order o = {.umask = 077,
                             .cwd = c->folder,
                             .fds = {-1, -1, -1, -1, -1},
                             .limits = limits,
                             .limit_count = sizeof limits / sizeof *limits};
    int ends[2], result = -1;
    char **words;

    if (build_compiler(environ_get(n->environment, "PATH"), compiler,
                       sizeof compiler, err) ||
        build_include(include, sizeof include, err))
        return -1;
    if (pipe2(ends, O_CLOEXEC) < 0)
        return par_fail(err, errno, "pipe: %s", strerror(errno));
    b->output = ends[0];
    fcntl(b->output, F_SETFL, O_NONBLOCK);
    words = build_words(&c->bundle, compiler, include, c->object);
    b->keeper = keeper_open(n->spawner, err);
    o.program = compiler;
    o.argv = (const char *const *)words;
    o.envp = (const char *const *)n->environment;
    o.fds[1] = o.fds[2] = ends[1];
    if (!words)
        par_fail(err, ENOMEM, "out of memory");
    else if (b->keeper)
        result = keeper_start(b->keeper, &o, err);
    build_words_free(words);
    close(ends[1]);
    return result;
}

/* A bound in the way: it waits, unless nothing has been started for long. */
static bool waits(struct nanny *n, struct build *b, const char *why)
{
    nanny_starts_hold(n, why);
    if (nanny_starts_hopeless(n))
        return false;
    close_keeper(n, b);
    close_output(n, b);
    b->due = UINT64_MAX;
    return true;
}

static void begin(struct nanny *n, struct build *b)
{
    struct par_error err = {0};
    char text[PAR_ERROR_TEXT + 16];

    if (start(n, b, &err)) {
        bool full = nanny_starts_bounded(err.code);

        if (full && waits(n, b, err.text))
            return;
        snprintf(text, sizeof text, "%s%s", full ? "the compiler: " : "",
                 err.text);
        comp_fail(b->comp, PAR_SETUP_FAILED, text);
        destroy(n, b);
        return;
    }
    b->due = n->now + BUILD_WALL_MS;
    poller_watch(n->poller, keeper_fd(b->keeper), nanny_tag(0, WATCH_BUILD),
                 true, false);
    poller_watch(n->poller, b->output, nanny_tag(0, WATCH_BUILD), true, false);
}

void nanny_build(struct nanny *n, struct comp *c)
{
    struct build *b = calloc(1, sizeof *b);

    if (!b || tail_init(&b->tail, WORDS_MAX)) {
        free(b);
        comp_fail(c, PAR_INTERNAL, "out of memory");
        return;
    }
    b->comp = c;
    b->output = -1;
    list_append(&n->builds, &b->node);
    c->state = COMP_BUILDING;
    begin(n, b);
}

void nanny_build_cancel(struct nanny *n, struct comp *c)
{
    struct list *i, *next;

    for (i = n->builds.next; i != &n->builds; i = next) {
        struct build *b = LIST_ENTRY(i, struct build, node);

        next = i->next;
        if (b->comp == c)
            destroy(n, b); /* its keeper kills what runs */
    }
}

/* ---- end ---- */

struct keep_work {
    struct disk_work work; /* first */
    struct nanny *nanny;
    struct comp *comp;
};

static int run_keep(struct disk_work *w, struct par_error *err)
{
    struct keep_work *k = (struct keep_work *)(void *)w;

    return build_keep(k->nanny->cache, &k->comp->bundle,
                      environ_get(k->nanny->environment, "PATH"),
                      k->comp->object, err);
}

/* That it could not be kept does not matter to this computation. */
static void done_keep(struct disk_work *w,
                      int result,
                      const struct par_error *err)
{
    struct keep_work *k = (struct keep_work *)(void *)w;
    struct nanny *n = k->nanny;
    struct comp *c = k->comp;

    (void)result;
    (void)err;
    free(k);
    c->disk_is_busy = false;
    if (!n->closing && c->state == COMP_STORING)
        c->state = COMP_STARTING;
}

static void keep(struct nanny *n, struct comp *c)
{
    struct keep_work *k = calloc(1, sizeof *k);

    if (!k) {
        c->state = COMP_STARTING;
        return;
    }
    k->work.run = run_keep;
    k->work.done = done_keep;
    k->nanny = n;
    k->comp = c;
    c->state = COMP_STORING;
    c->disk_is_busy = true;
    disk_post(n->disk, DISK_WANTED, &k->work);
}

static void fail(const struct build *b)
{
    char *text = malloc(WORDS_MAX + 1);
    char end[80];
    size_t len;

    if (!text) {
        comp_fail(b->comp, PAR_SETUP_FAILED, "it does not compile");
        return;
    }
    len = tail_text(&b->tail, 0, text, WORDS_MAX + 1);
    if (b->words[0])
        snprintf(text, WORDS_MAX, "the compiler: %s", b->words);
    else if (b->late)
        snprintf(text, WORDS_MAX, "the compiler took longer than %d s",
                 BUILD_WALL_MS / 1000);
    else if (len == 0)
        snprintf(text, WORDS_MAX, "the compiler ended with %s and said nothing",
                 facts_of_status(b->status, end, sizeof end));
    comp_fail(b->comp, PAR_SETUP_FAILED, text);
    free(text);
}

static void read_output(struct nanny *n, struct build *b)
{
    char piece[READ_PIECE];

    for (int i = 0; i < PIECES && b->output >= 0; i++) {
        ssize_t got = read(b->output, piece, sizeof piece);

        if (got > 0) {
            tail_add(&b->tail, piece, (size_t)got);
        } else if (got == 0) { /* it would be readable for ever */
            close_output(n, b);
        } else {
            return;
        }
    }
}

static void over(struct nanny *n, struct build *b)
{
    read_output(n, b);
    if (b->exited && !b->late && WIFEXITED(b->status) &&
        WEXITSTATUS(b->status) == 0)
        keep(n, b->comp);
    else
        fail(b);
    destroy(n, b);
}

static void step(struct nanny *n, struct build *b)
{
    struct keeper_event e;

    read_output(n, b);
    while (b->keeper && keeper_next(b->keeper, &e)) {
        switch (e.kind) {
        case KEEPER_STARTED:
            nanny_starts_go(n);
            break;
        case KEEPER_EXITED:
            b->exited = true;
            b->status = e.status;
            keeper_kill(b->keeper, SIGKILL);
            break;
        case KEEPER_FAILED:
        case KEEPER_FULL:
        case KEEPER_GONE:
            if (e.kind == KEEPER_FULL && waits(n, b, e.text))
                return;
            snprintf(b->words, sizeof b->words, "%s",
                     e.kind == KEEPER_GONE ? "its keeper was killed" : e.text);
            over(n, b);
            return;
        case KEEPER_EMPTY:
            over(n, b);
            return;
        }
    }
}

void nanny_build_event(struct nanny *n)
{
    struct list *i, *next;

    for (i = n->builds.next; i != &n->builds; i = next) {
        next = i->next;
        step(n, LIST_ENTRY(i, struct build, node));
    }
}

void nanny_build_tick(struct nanny *n)
{
    struct list *i, *next;

    for (i = n->builds.next; i != &n->builds; i = next) {
        struct build *b = LIST_ENTRY(i, struct build, node);

        next = i->next;
        if (!b->keeper && !nanny_starts_wait(n)) {
            begin(n, b);
        } else if (n->now >= b->due && !b->late) {
            b->late = true;
            keeper_kill(b->keeper, SIGKILL);
        }
    }
}

uint64_t nanny_build_deadline(const struct nanny *n)
{
    uint64_t due = UINT64_MAX;

    for (struct list *i = n->builds.next; i != &n->builds; i = i->next) {
        const struct build *b = LIST_ENTRY(i, struct build, node);

        if (!b->late && b->due < due)
            due = b->due;
    }
    return due;
}
