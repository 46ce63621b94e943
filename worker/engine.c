/* engine.c - make a nanny, turn it, take it apart */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine.h"
#include "environ.h"
#include "log.h"
#include "place.h"
#include "poller.h"
#include "ticket.h"

enum { EVENTS_MAX = 128, END_MS = 2000 };

extern char **environ;

/* ---- create ---- */

/* The cache, and a folder of our own below the same roof. */
static int open_places(struct nanny *n, struct par_error *err)
{
    char roof[PLACE_PATH], *whole;

    if (n->settings->dest_path) {
        snprintf(roof, sizeof roof, "%s", n->settings->dest_path);
    } else if (place_cache_dir(roof, sizeof roof, err)) {
        return -1;
    }
    if (place_make_dir(roof, err))
        return -1;
    n->cache = cache_open(roof, CACHE_CAP, err);
    if (!n->cache)
        return -1;
    /* parspawn may have another idea of `.' than we */
    whole = realpath(roof, NULL);
    if (!whole || strlen(whole) + sizeof "/run-XXXXXX" > sizeof n->run_dir) {
        free(whole);
        return par_fail(err, ENAMETOOLONG, "%.200s: too long, or gone", roof);
    }
    snprintf(n->run_dir, sizeof n->run_dir, "%.1000s/run-XXXXXX", whole);
    free(whole);
    if (!mkdtemp(n->run_dir)) {
        par_fail(err, errno, "%s: %s", n->run_dir, strerror(errno));
        n->run_dir[0] = 0;
        return -1;
    }
    return 0;
}

static int open_spawner(struct nanny *n, struct par_error *err)
{
    char parspawn[PLACE_PATH];

    if (place_libexec("parspawn", n->settings->libexec, parspawn,
                      sizeof parspawn, err) ||
        place_libexec("parslot", n->settings->libexec, n->parslot,
                      sizeof n->parslot, err))
        return -1;
    n->spawner = spawner_open(parspawn, n->run_dir, err);
    if (!n->spawner)
        return -1;
    return poller_watch(n->poller, spawner_fd(n->spawner),
                        nanny_tag(0, WATCH_SPAWNER), true, false);
}

static int open_disk(struct nanny *n, struct par_error *err)
{
    n->poller = poller_open(err);
    if (n->poller < 0)
        return -1;
    n->disk = disk_open(err);
    if (!n->disk)
        return -1;
    return poller_watch(n->poller, disk_fd(n->disk), nanny_tag(0, WATCH_DISK),
                        true, false);
}

static int open_seats(struct nanny *n, struct par_error *err)
{
    n->slots = slots_create(n->settings->slots, n->settings->io_slots);
    if (n->slots) {
        n->seat_count = slots_count(n->slots) + SETUP_SEATS;
        n->seats = calloc(n->seat_count, sizeof *n->seats);
    }
    n->environment = environ_base(environ);
    if (!n->seats || !n->environment)
        return par_fail(err, ENOMEM, "out of memory");
    for (unsigned i = 0; i < n->seat_count; i++)
        n->seats[i].number = i;
    return 0;
}

/* "alice@hosta", for a key that is made. */
static void name_key(const struct nanny *n, char *name, size_t size)
{
    const char *user = getenv("USER");

    int len =
        snprintf(name, size, "%s@%s", user && *user ? user : "worker", n->host);

    if (len < 0 || (size_t)len >= size || !key_name_ok(name))
        snprintf(name, size, "worker");
}

/* Which brokers, and who we are to them. */
static int open_uplink(struct nanny *n, struct par_error *err)
{
    const struct settings *s = n->settings;
    struct ticket ticket = {0};
    const char *key = s->key ? s->key : getenv("PAR_KEY");
    char local[PLACE_PATH], path[PLACE_PATH], name[KEY_NAME];
    const char *one[2] = {getenv("PAR_BROKER"), NULL};
    struct uplink_options o = {
        .context = n->context, .endpoints = one, .source = s->source_ip};

    if (s->ticket) {
        if (ticket_load(s->ticket, &ticket, err))
            return -1;
        o.endpoints = (const char *const *)ticket.brokers;
        o.pair = &ticket.pair;
        o.broker_key = ticket.broker_key;
    } else if (s->brokers) {
        o.endpoints = (const char *const *)s->brokers;
    } else if (one[0] && *one[0]) {
        if (!link_endpoint_ok(one[0], false, err))
            return par_fail_in(err, "PAR_BROKER");
    } else {
        if (place_local_endpoint(true, local, sizeof local, err))
            return -1;
        one[0] = local;
    }
    if (!s->ticket) {
        if (keys_resolve(key && *key ? key : "id", path, sizeof path, err))
            return -1;
        name_key(n, name, sizeof name);
        o.key = path;
        o.key_name = name;
    }
    n->uplink = uplink_create(&o, err);
    ticket_clear(&ticket);
    return n->uplink ? 0 : -1;
}

static int open_all(struct nanny *n,
                    const struct par_worker_options *options,
                    struct par_error *err)
{
    n->settings = settings_create(options, err);
    if (!n->settings)
        return -1;
    snprintf(n->name, sizeof n->name, "%s", n->settings->name);
    if (gethostname(n->host, sizeof n->host - 1) < 0)
        snprintf(n->host, sizeof n->host, "localhost");
    if (place_host_id(n->host_id, err))
        return -1;
    n->context = n->settings->zmq_context;
    if (!n->context) {
        n->context = zmq_ctx_new();
        n->own_context = true;
    }
    if (!n->context)
        return par_fail(err, errno, "ZeroMQ: %s", strerror(errno));
    if (open_uplink(n, err) || open_places(n, err) || open_disk(n, err) ||
        open_seats(n, err))
        return -1;
    return open_spawner(n, err);
}

struct nanny *nanny_create(const struct par_worker_options *options,
                           struct par_error *err)
{
    struct nanny *n = calloc(1, sizeof *n);

    if (!n) {
        par_fail(err, ENOMEM, "out of memory");
        return NULL;
    }
    n->poller = -1;
    n->drain_at = UINT64_MAX;
    n->state = NANNY_CONNECTING;
    n->results.owner = n;
    n->results.send = nanny_send_frame;
    list_init(&n->batches);
    list_init(&n->comps);
    list_init(&n->fetches);
    list_init(&n->builds);
    if (open_all(n, options, err)) {
        nanny_destroy(n);
        return NULL;
    }
    return n;
}

/* ---- destroy ---- */

static void free_comps(struct nanny *n)
{
    while (!list_is_empty(&n->comps)) {
        struct comp *c = LIST_ENTRY(n->comps.next, struct comp, node);

        nanny_fetch_cancel(n, c);
        nanny_build_cancel(n, c);
        comp_destroy(c);
    }
}

static void free_seats(struct nanny *n)
{
    for (unsigned i = 0; n->seats && i < n->seat_count; i++) {
        if (n->seats[i].command)
            nanny_command_destroy(n, &n->seats[i]);
        if (n->seats[i].ward)
            nanny_ward_drop(n, &n->seats[i]);
        keeper_close(n->seats[i].keeper);
    }
    free(n->seats);
    slots_destroy(n->slots);
}

void nanny_destroy(struct nanny *n)
{
    if (!n)
        return;
    n->closing = true;
    if (n->uplink && n->state < NANNY_ENDED)
        nanny_say_goodbye(n, WIRE_DONE);
    results_clear(&n->results);
    uplink_destroy(n->uplink);
    disk_close(n->disk); /* what it does looks at computations and seats */
    free_seats(n);
    while (!list_is_empty(&n->batches))
        run_batch_destroy(LIST_ENTRY(n->batches.next, struct run_batch, node));
    free_comps(n);
    nanny_free_offers(n);
    spawner_close(n->spawner, END_MS);
    if (n->run_dir[0] && !n->spawner)
        rmdir(n->run_dir);
    cache_close(n->cache);
    environ_free(n->environment);
    if (n->poller >= 0)
        close(n->poller);
    if (n->own_context && n->context)
        zmq_ctx_term(n->context);
    settings_destroy(n->settings);
    free(n);
}

/* ---- the turn ---- */

void nanny_fail(struct nanny *n, const struct par_error *err)
{
    n->error = *err;
    n->state = NANNY_FAILED;
}

static void on_spawner(struct nanny *n)
{
    char text[PAR_ERROR_TEXT];
    struct par_error err;
    int r;

    while ((r = spawner_next(n->spawner, text, sizeof text)) > 0)
        log_line(LOG_WARN, "%s", text);
    if (r < 0) {
        poller_forget(n->poller, spawner_fd(n->spawner));
        par_fail(&err, ECHILD, "parspawn is gone: it was killed");
        nanny_fail(n, &err);
    }
}

static void on_event(struct nanny *n, uint64_t tag)
{
    struct seat *seat = &n->seats[tag / WATCHES];
    enum watch watch = (enum watch)(tag % WATCHES);

    if (watch == WATCH_DISK)
        disk_turn(n->disk);
    else if (watch == WATCH_SPAWNER)
        on_spawner(n);
    else if (watch == WATCH_BUILD)
        nanny_build_event(n);
    else if (seat->ward)
        nanny_slot_event(n, seat, watch);
    else if (seat->command)
        nanny_command_event(n, seat, watch);
    else if (seat->keeper && watch == WATCH_KEEPER)
        nanny_keeper_idle(n, seat);
}

static void events(struct nanny *n)
{
    uint64_t tags[EVENTS_MAX];
    int count = poller_ready(n->poller, tags, EVENTS_MAX);

    for (int i = 0; i < count; i++)
        on_event(n, tags[i]);
    n->more |= count == EVENTS_MAX;
}

static void timers(struct nanny *n)
{
    for (unsigned i = 0; i < n->seat_count; i++) {
        if (n->seats[i].ward)
            nanny_slot_check(n, &n->seats[i]);
        else if (n->seats[i].command)
            nanny_command_check(n, &n->seats[i]);
    }
    nanny_build_tick(n);
}

/* Nobody has asked for it since the broker was lost. */
static bool is_orphaned(const struct nanny *n, const struct comp *c)
{
    return c->orphan_since && c->state == COMP_READY &&
           n->settings->give_up_ms >= 0 &&
           n->now >= c->orphan_since + (uint64_t)n->settings->give_up_ms;
}

static void step_comps(struct nanny *n)
{
    struct list *i, *next;

    for (i = n->comps.next; i != &n->comps; i = i->next) {
        struct comp *c = LIST_ENTRY(i, struct comp, node);

        if (is_orphaned(n, c))
            nanny_close_comp(n, c);
        else
            nanny_comp_step(n, c);
    }
    /* Freed here alone, where nobody holds one. */
    for (i = n->comps.next; i != &n->comps; i = next) {
        struct comp *c = LIST_ENTRY(i, struct comp, node);

        next = i->next;
        if (c->gone)
            comp_destroy(c);
    }
}

static void flush(struct nanny *n)
{
    for (unsigned i = 0; i < n->seat_count; i++)
        if (n->seats[i].ward && n->seats[i].ward->dirty)
            nanny_slot_flush(n, &n->seats[i]);
    results_flush(&n->results);
}

void nanny_turn(struct nanny *n, uint64_t now)
{
    n->now = now;
    n->more = false;
    nanny_session_turn(n);
    events(n);
    timers(n);
    step_comps(n);
    nanny_drain_step(n);
    nanny_dispatch(n);
    flush(n);
}

/* ---- waiting ---- */

size_t nanny_poll(struct nanny *n, zmq_pollitem_t *items, size_t size)
{
    zmq_pollitem_t all[LINK_POLL + 1];
    size_t count = (size_t)uplink_poll(n->uplink, all);

    all[count++] = (zmq_pollitem_t){.fd = n->poller, .events = ZMQ_POLLIN};
    for (size_t i = 0; i < count && i < size; i++)
        items[i] = all[i];
    return count;
}

static uint64_t seat_deadline(const struct seat *seat)
{
    const struct ward *w = seat->ward;
    uint64_t due;

    if (seat->command)
        return nanny_command_deadline(seat);
    if (!w)
        return UINT64_MAX;
    due = w->due < w->check_at ? w->due : w->check_at;
    return w->grace_at < due ? w->grace_at : due;
}

static uint64_t comp_deadline(const struct nanny *n, const struct comp *c)
{
    if (c->seat_due)
        return c->seat_due;
    if (c->orphan_since && c->state == COMP_READY &&
        n->settings->give_up_ms >= 0)
        return c->orphan_since + (uint64_t)n->settings->give_up_ms;
    return UINT64_MAX;
}

uint64_t nanny_deadline(const struct nanny *n)
{
    uint64_t due = n->more ? 0 : uplink_deadline(n->uplink);
    uint64_t build = nanny_build_deadline(n);

    if (build < due)
        due = build;
    if (n->drain_at < due)
        due = n->drain_at;
    for (unsigned i = 0; i < n->seat_count; i++) {
        uint64_t d = seat_deadline(&n->seats[i]);

        if (d < due)
            due = d;
    }
    for (struct list *i = n->comps.next; i != &n->comps; i = i->next) {
        uint64_t d = comp_deadline(n, LIST_ENTRY(i, const struct comp, node));

        if (d < due)
            due = d;
    }
    return due;
}

/* ---- questions ---- */

enum nanny_state nanny_state(const struct nanny *n)
{
    return n->state;
}

const struct par_error *nanny_error(const struct nanny *n)
{
    return &n->error;
}

const char *nanny_name(const struct nanny *n)
{
    return n->welcomed ? n->name : "";
}

unsigned nanny_slots(const struct nanny *n)
{
    return n->settings->slots;
}
