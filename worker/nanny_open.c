/* nanny_open.c - a nanny is made, and taken apart */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine.h"
#include "environ.h"
#include "nanny_build.h"
#include "nanny_command.h"
#include "nanny_drain.h"
#include "nanny_files.h"
#include "nanny_registered.h"
#include "nanny_say.h"
#include "nanny_slot_begin.h"
#include "place.h"
#include "poller.h"
#include "ticket.h"

enum { END_MS = 2000 };

extern char **environ;

/* ---- create ---- */

/* The cache, and a folder of our own below the same roof. */
static int open_below(struct nanny *n, const char *roof, struct par_error *err)
{
    n->cache = cache_open(roof, CACHE_CAP, err);
    if (!n->cache)
        return -1;
    n->run_fd = rundir_make(roof, n->run_dir, err);
    return n->run_fd < 0 ? -1 : 0;
}

/* Whatever the folder: this process or host has too little of something. */
static bool is_want(int code)
{
    return code == EMFILE || code == ENFILE || code == ENOMEM;
}

static int open_places(struct nanny *n, struct par_error *err)
{
    struct par_error why;
    char roof[PLACE_PATH];

    if (n->settings->dest_path)
        return open_below(n, n->settings->dest_path, err);
    if (place_cache_dir(roof, sizeof roof, &why) || open_below(n, roof, &why))
        return par_fail(
            err, why.code, "%s%s", why.text,
            is_want(why.code) ? "" : "; PAR_CACHE_DIR names another folder");
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

/* Only tcp asks for a key, so that a private worker needs no place for one. */
static bool needs_key(const char *const *endpoints)
{
    while (*endpoints && link_endpoint_transport(*endpoints) != LINK_TCP)
        endpoints++;
    return *endpoints != NULL;
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
    if (!s->ticket && needs_key(o.endpoints)) {
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
        n->context = link_context(err);
        n->own_context = true;
    }
    if (!n->context)
        return -1;
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
    n->poller = n->run_fd = -1;
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
    if (n->seats)
        nanny_slots_drop(n);
    for (unsigned i = 0; n->seats && i < n->seat_count; i++) {
        if (n->seats[i].command)
            nanny_command_destroy(n, &n->seats[i]);
        nanny_keeper_close(n, &n->seats[i]);
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
    if (n->run_fd >= 0)
        close(n->run_fd);
    cache_close(n->cache);
    environ_free(n->environment);
    if (n->poller >= 0)
        close(n->poller);
    if (n->own_context && n->context)
        zmq_ctx_term(n->context);
    settings_destroy(n->settings);
    free(n);
}
