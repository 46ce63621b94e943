/* broker.c - make a broker, let it listen, take it apart */
#include "config.h"

#include "broker.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "answers.h"
#include "carry.h"
#include "engine.h"
#include "handlers_files.h"
#include "out.h"
#include "reach.h"
#include "say.h"

enum {
    DEFAULT_QUEUED = 4000000,
    DEFAULT_HEARTBEAT = 2000,
    DEFAULT_HELLO = 5000,
    DEFAULT_SETUP = 30 * 60 * 1000,
    DEFAULT_SESSIONS = 10000,
    DEFAULT_ACCOUNT_SESSIONS = 1000
};

#define DEFAULT_BLOBS (UINT64_C(2) << 30) /* octets, of one account */

/* Beyond BROKER_ENDPOINTS they are left out. */
static int advertise(void *broker, const char *endpoint, struct par_error *err)
{
    struct broker *b = broker;

    (void)err;
    if (b->advertise_count < BROKER_ENDPOINTS)
        snprintf(b->advertise[b->advertise_count++], BROKER_ENDPOINT, "%s",
                 endpoint);
    return 0;
}

static void settle(struct broker *b, const struct broker_settings *s)
{
    b->zap = s->zap;
    b->limits = s->limits;
    if (!b->limits.max_queued)
        b->limits.max_queued = DEFAULT_QUEUED;
    if (!b->limits.max_queued_bytes)
        b->limits.max_queued_bytes = UINT64_C(512) << 20;
    if (!b->limits.setup_ms)
        b->limits.setup_ms = DEFAULT_SETUP;
    b->heartbeat_ms = s->heartbeat_ms ? s->heartbeat_ms : DEFAULT_HEARTBEAT;
    b->max_sessions = s->max_sessions ? s->max_sessions : DEFAULT_SESSIONS;
    b->max_account_sessions = s->max_account_sessions
                                  ? s->max_account_sessions
                                  : DEFAULT_ACCOUNT_SESSIONS;
    if (s->secret_key) {
        b->has_key = true;
        memcpy(b->secret_key, s->secret_key, KEY_SIZE);
        key_text(s->public_key, b->public_key);
    }
    b->advertise_given = s->advertise && s->advertise[0];
    for (size_t i = 0; b->advertise_given && s->advertise[i]; i++)
        advertise(b, s->advertise[i], NULL);
    if (gethostname(b->host, sizeof b->host - 1))
        snprintf(b->host, sizeof b->host, "localhost");
}

struct broker *broker_create(void *context,
                             void *router,
                             const struct broker_settings *settings,
                             uint64_t now,
                             struct par_error *err)
{
    struct broker *b = calloc(1, sizeof *b);
    uint64_t share;

    if (!b || sodium_init() < 0) {
        par_fail(err, ENOMEM, "out of memory");
        free(b);
        return NULL;
    }
    peers_open(&b->peers);
    computations_open(&b->computations);
    settle(b, settings);
    randombytes_buf(&b->epoch, sizeof b->epoch);
    b->epoch >>= 12; /* every language can hold it */
    b->started = b->now = now;
    b->next_beat = now + b->heartbeat_ms;
    randombytes_buf(&b->limits.seed, sizeof b->limits.seed);
    b->sched = sched_create(&b->limits);
    share = settings->blob_cap ? settings->blob_cap : DEFAULT_BLOBS;
    b->blobs = blobs_create(settings->blob_dir ? settings->blob_dir : "/tmp",
                            2 * share, share, b->limits.seed);
    if (!b->sched || !b->blobs) {
        par_fail(err, ENOMEM, "out of memory");
        goto fail;
    }
    b->access = access_open(settings->authorized, settings->owner, err);
    if (!b->access)
        goto fail;
    b->link = link_server_open(context, router, err);
    if (!b->link)
        goto fail;
    link_server_hurry(b->link,
                      settings->hello_ms ? settings->hello_ms : DEFAULT_HELLO);
    return b;
fail:
    broker_destroy(b);
    return NULL;
}

void broker_destroy(struct broker *b)
{
    size_t none = 0;
    struct peer *peer;

    if (!b)
        return;
    while ((peer = peers_next(&b->peers, &none))) {
        answers_drop(b, peer);
        files_worker_left(peer);
        peers_remove(&b->peers, peer);
        none = 0;
    }
    peers_clear(&b->peers);
    computations_clear(&b->computations);
    if (b->sched)
        sched_destroy(b->sched);
    link_server_close(b->link);
    access_close(b->access);
    blobs_destroy(b->blobs);
    payload_clear(&b->payloads);
    meta_writer_clear(&b->words);
    sodium_memzero(b->secret_key, sizeof b->secret_key);
    free(b);
}

int broker_listen(struct broker *b,
                  const char *endpoint,
                  char *actual,
                  size_t size,
                  struct par_error *err)
{
    char *bound;

    if (b->endpoint_count == BROKER_ENDPOINTS)
        return par_fail(err, ENOSPC, "%d endpoints are enough",
                        BROKER_ENDPOINTS);
    bound = b->endpoints[b->endpoint_count];
    if (link_server_listen(b->link, endpoint, b->has_key ? b->secret_key : NULL,
                           bound, BROKER_ENDPOINT, err) ||
        (!b->advertise_given && reach_each(bound, true, advertise, b, err)))
        return -1;
    b->endpoint_count++;
    if (actual)
        snprintf(actual, size, "%s", bound);
    return 0;
}

/* DRAINING is a warning, DONE the end. */
static void tell_all(struct broker *b, enum wire_reason reason)
{
    struct peer *peer;

    for (size_t i = 0; (peer = peers_next(&b->peers, &i));)
        say_goodbye(b, peer->conn, reason);
}

void broker_drain(struct broker *b)
{
    b->draining = true;
    link_server_deafen(b->link);
    tell_all(b, WIRE_DRAINING);
    sched_dismiss(b->sched, b->now);
}

bool broker_idle(const struct broker *b)
{
    struct sched_stats s;
    struct peer *peer;

    sched_stats(b->sched, &s);
    if (s.queued + s.assigned + s.running + s.delayed + s.closing > 0)
        return false;
    for (size_t i = 0; (peer = peers_next(&b->peers, &i));)
        if (peer->held_count > 0)
            return false;
    return true;
}

void broker_goodbye(struct broker *b)
{
    sched_dismiss(b->sched, b->now); /* what workers have given back */
    carry_decisions(b);
    out_flush_all(b);
    tell_all(b, WIRE_DONE);
}
