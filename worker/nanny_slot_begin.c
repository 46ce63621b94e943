/* nanny_slot_begin.c - a slot is begun */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bundle_keys.h"
#include "engine.h"
#include "environ.h"
#include "meta_keys.h"
#include "nanny_registered.h"
#include "nanny_retire.h"
#include "nanny_slot_begin.h"
#include "nanny_starts.h"
#include "place.h"
#include "poller.h"
#include "thread_slot.h"

enum { HOOK_HOST_SETUP = 1, HOOK_SLOT_SETUP = 2 };

int nanny_keeper(struct nanny *n, struct seat *seat, struct par_error *err)
{
    if (seat->keeper)
        return 0;
    seat->keeper = keeper_open(n->spawner, err);
    if (!seat->keeper)
        return -1;
    poller_watch(n->poller, keeper_fd(seat->keeper),
                 nanny_tag(seat->number, WATCH_KEEPER), true, false);
    return 0;
}

void nanny_keeper_close(struct nanny *n, struct seat *seat)
{
    if (seat->keeper)
        poller_forget(n->poller, keeper_fd(seat->keeper));
    keeper_close(seat->keeper);
    seat->keeper = NULL;
}

void nanny_keeper_idle(struct nanny *n, struct seat *seat)
{
    struct keeper_event e;

    while (keeper_next(seat->keeper, &e))
        if (e.kind == KEEPER_FULL || e.kind == KEEPER_GONE) {
            nanny_keeper_close(n, seat);
            return;
        }
}

/* ---- SETUP ---- */

static uint32_t put_hooks(struct meta_writer *meta, const struct comp *c)
{
    uint32_t pairs = 0;
    size_t mark;

    meta_put_uint(meta, KEY_PIPE_HOOKS);
    mark = meta_open_map(meta);
    for (int i = 0; !c->registered && i < BUNDLE_HOOKS; i++)
        if (c->bundle.hooks[i].data) {
            meta_put_str(meta, bundle_hook_names[i]);
            meta_put_strn(meta, c->bundle.hooks[i].data,
                          c->bundle.hooks[i].len);
            pairs++;
        }
    meta_close_map(meta, mark, pairs);
    return 1;
}

/* A thread, and a program of its own, offer the functions that they have. */
static const char *object_of(const struct comp *c)
{
    return c->registered || c->bundle.kind == BUNDLE_SELF ? "" : c->object;
}

static unsigned hooks_of(const struct comp *c)
{
    if (c->closer)
        return 0;
    return HOOK_SLOT_SETUP | (c->host_is_set_up ? 0 : HOOK_HOST_SETUP);
}

static int send_setup(struct nanny *n,
                      struct seat *seat,
                      const struct comp_request *r,
                      struct par_error *err)
{
    struct comp *c = seat->comp;
    struct wire_header head = {
        .type = WIRE_SETUP, .id = ++n->last_id, .ref = c->number};
    struct meta_writer meta = {0};
    size_t mark = meta_open_map(&meta);
    uint32_t pairs = 6;
    int result;

    meta_pair_str(&meta, KEY_PIPE_PATH, object_of(c));
    meta_pair_str(&meta, KEY_PIPE_FOLDER, c->folder);
    meta_pair_int(&meta, KEY_PIPE_RUN_HOOKS, hooks_of(c));
    pairs += put_hooks(&meta, c);
    if (r && r->call && !c->closer) {
        meta_put_uint(&meta, KEY_PIPE_CALL);
        meta_put_raw(&meta, r->call, r->call_len);
        pairs++;
    }
    meta_pair_str(&meta, KEY_PIPE_WORKER, n->name);
    meta_pair_int(&meta, KEY_PIPE_NUMBER, seat->number + 1);
    meta_pair_str(&meta, KEY_PIPE_HOST, n->host);
    meta_close_map(&meta, mark, pairs);
    seat->slot->request = head.id;
    result = live_slot_send(seat->slot, &head, &meta, err);
    meta_writer_clear(&meta);
    return result;
}

/* ---- a process ---- */

size_t nanny_limits(const struct bundle *b, struct keeper_limit *limits)
{
    static const struct {
        enum bundle_limit limit;
        int resource;
        unsigned extra; /* from soft to hard */
    } kinds[] = {
        {BUNDLE_CPU, RLIMIT_CPU, 1},     {BUNDLE_MEM, RLIMIT_AS, 0},
        {BUNDLE_FSIZE, RLIMIT_FSIZE, 0}, {BUNDLE_NOFILE, RLIMIT_NOFILE, 0},
        {BUNDLE_NPROC, RLIMIT_NPROC, 0},
    };
    size_t n = 0;

    limits[n++] = (struct keeper_limit){RLIMIT_CORE, 0, 0};
    for (size_t i = 0; b && i < sizeof kinds / sizeof *kinds; i++) {
        uint64_t value = b->limits[kinds[i].limit];

        if (value)
            limits[n++] = (struct keeper_limit){kinds[i].resource, value,
                                                value + kinds[i].extra};
    }
    return n;
}

static int start_process(struct nanny *n,
                         struct seat *seat,
                         const struct keeper_order *order,
                         struct par_error *err)
{
    struct live_slot *w = seat->slot;
    struct keeper_order o = *order;
    int ends[2];

    if (nanny_keeper(n, seat, err))
        return -1;
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
        return par_fail(err, errno, "pipe: %s", strerror(errno));
    w->output = ends[0];
    /* What functions print must not fail with EAGAIN. */
    fcntl(ends[1], F_SETFL, 0);
    o.fds[0] = -1;
    o.fds[1] = o.fds[2] = ends[1];
    if (keeper_start(seat->keeper, &o, err)) {
        close(ends[1]);
        return -1;
    }
    close(ends[1]);
    poller_watch(n->poller, w->output, nanny_tag(seat->number, WATCH_OUTPUT),
                 true, false);
    return 0;
}

/* The program that we are: by /proc, also if its file has been replaced since.
 * Of one that lets nobody look at it /proc keeps that link to itself; then its
 * file serves, if it is still the same. */
static int own_program(char *path, size_t size, struct par_error *err)
{
    struct stat own, file;
    ssize_t len;

    snprintf(path, size, "/proc/%ld/exe", (long)getpid());
    if (prctl(PR_GET_DUMPABLE) == 1)
        return 0;
    len = readlink("/proc/self/exe", path, size - 1);
    path[len > 0 ? len : 0] = 0;
    if (len > 0 && stat("/proc/self/exe", &own) == 0 &&
        stat(path, &file) == 0 && own.st_dev == file.st_dev &&
        own.st_ino == file.st_ino)
        return 0;
    return par_fail(err, ENOENT,
                    "this program cannot be started again: it is not dumpable "
                    "(prctl(2), PR_SET_DUMPABLE), and its file has been "
                    "replaced or removed");
}

static int begin_process(struct nanny *n,
                         struct seat *seat,
                         int fd,
                         int page_fd,
                         struct par_error *err)
{
    struct comp *c = seat->comp;
    bool self = c->registered || c->bundle.kind == BUNDLE_SELF;
    char own[PLACE_PATH];
    const char *program = self ? c->object : n->parslot;
    const char *argv[2] = {NULL, NULL};
    struct keeper_limit limits[BUNDLE_LIMITS + 1];
    struct keeper_order order = {
        .umask = -1, .fds = {-1, -1, -1, fd, page_fd}, .limits = limits};
    char **env;
    int result;

    if (c->registered) {
        if (own_program(own, sizeof own, err))
            return -1;
        program = own;
    }
    argv[0] = program;
    env = environ_of_slot(n->environment, c->registered ? NULL : &c->bundle);
    if (!env)
        return par_fail(err, ENOMEM, "out of memory");
    order.program = program;
    order.argv = argv;
    order.envp = (const char *const *)env;
    order.cwd = c->folder[0] ? c->folder : NULL;
    order.limit_count = nanny_limits(c->registered ? NULL : &c->bundle, limits);
    result = start_process(n, seat, &order, err);
    environ_free(env);
    return result;
}

/* ---- a thread ---- */

static int begin_thread(struct nanny *n,
                        struct seat *seat,
                        int fd,
                        int page_fd,
                        struct par_error *err)
{
    struct comp *c = seat->comp;
    bool own = !c->registered && c->bundle.kind == BUNDLE_SELF;
    struct slot_entry *entries = NULL;
    size_t count = 0;

    if (c->registered || own) {
        entries = nanny_entries(n, own, &count, err);
        if (!entries) {
            close(fd);
            return -1;
        }
    }
    seat->slot->thread = thread_slot_start(fd, page_fd, entries, count, err);
    free(entries);
    return seat->slot->thread ? 0 : -1;
}

/* ---- either ---- */

static int begin(struct nanny *n,
                 struct seat *seat,
                 const struct comp_request *r,
                 struct par_error *err)
{
    int fd, page_fd, result;

    seat->slot = live_slot_create(&fd, &page_fd, err);
    if (!seat->slot)
        return -1;
    result = n->settings->threads ? begin_thread(n, seat, fd, page_fd, err)
                                  : begin_process(n, seat, fd, page_fd, err);
    if (fd >= 0 && !n->settings->threads)
        close(fd);
    close(page_fd);
    if (result)
        return -1;
    poller_watch(n->poller, pipe_fd(seat->slot->pipe),
                 nanny_tag(seat->number, WATCH_PIPE), true, false);
    if (seat->slot->thread)
        poller_watch(n->poller, thread_slot_fd(seat->slot->thread),
                     nanny_tag(seat->number, WATCH_THREAD), true, false);
    return send_setup(n, seat, r, err);
}

void nanny_slot_begin(struct nanny *n,
                      struct comp *c,
                      unsigned seat_number,
                      bool for_request)
{
    struct seat *seat = &n->seats[seat_number];
    struct par_error err = {0};

    seat->comp = c;
    c->slots++;
    if (for_request)
        c->setup_seat = (int)seat_number;
    if (seat_number < slots_count(n->slots))
        slots_begin(n->slots, seat_number, c->number);
    if (begin(n, seat, for_request ? comp_first_request(c) : NULL, &err) == 0) {
        seat->slot->due = n->now + SETUP_MS;
        if (seat->slot->thread)
            nanny_starts_go(n);
        return;
    }
    if (!seat->slot) {
        nanny_starts_hold(n, err.text);
        return;
    }
    seat->slot->failed = true;
    seat->slot->unbegun = nanny_starts_bounded(err.code);
    if (seat->slot->unbegun)
        nanny_keeper_close(n, seat);
    snprintf(seat->slot->words, sizeof seat->slot->words, "%.199s", err.text);
    if (seat->slot->thread)
        nanny_slot_kill(n, seat);
    else
        seat->slot->phase = SLOT_OVER;
}

/* Threads end side by side: once one has had its time, so have the others. */
void nanny_slots_drop(struct nanny *n)
{
    int patience_ms = THREAD_MS;

    for (unsigned i = 0; i < n->seat_count; i++) {
        struct live_slot *w = n->seats[i].slot;

        if (w && w->thread)
            shutdown(pipe_fd(w->pipe), SHUT_RDWR);
    }
    for (unsigned i = 0; i < n->seat_count; i++) {
        struct live_slot *w = n->seats[i].slot;

        if (w && w->thread) {
            poller_forget(n->poller, thread_slot_fd(w->thread));
            if (thread_slot_end(w->thread, patience_ms) == THREAD_RUNS_ON)
                patience_ms = 0;
        }
        live_slot_destroy(w, n->poller);
        n->seats[i].slot = NULL;
    }
}
