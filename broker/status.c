/* status.c - rows, cut where a message is full */
#include "config.h"

#include "status.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ROWS_MAX (900 * 1024) /* octets: they must fit one message */

static void pair_text(struct meta_writer *w, const char *key, const char *v)
{
    meta_put_str(w, key);
    meta_put_str(w, v ? v : "");
}

static void pair_int(struct meta_writer *w, const char *key, uint64_t v)
{
    meta_put_str(w, key);
    meta_put_uint(w, v);
}

static void pair_bool(struct meta_writer *w, const char *key, bool v)
{
    meta_put_str(w, key);
    meta_put_bool(w, v);
}

static uint64_t resident_bytes(void)
{
    char text[128] = "";
    unsigned long pages = 0;
    FILE *f = fopen("/proc/self/statm", "re");

    if (f) {
        if (fgets(text, sizeof text, f))
            sscanf(text, "%*u %lu", &pages);
        fclose(f);
    }
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void put_endpoints(struct broker *b, struct meta_writer *w)
{
    meta_put_str(w, "endpoints");
    meta_put_array(w, b->endpoint_count);
    for (unsigned i = 0; i < b->endpoint_count; i++)
        meta_put_str(w, b->endpoints[i]);
    meta_put_str(w, "advertise");
    meta_put_array(w, b->advertise_count);
    for (unsigned i = 0; i < b->advertise_count; i++)
        meta_put_str(w, b->advertise[i]);
}

static void put_counters(struct broker *b,
                         struct meta_writer *w,
                         const struct sched_stats *s)
{
    pair_int(w, "sessions", b->peers.used);
    pair_int(w, "clients", s->clients);
    pair_int(w, "workers", s->workers);
    pair_int(w, "computations", s->targets);
    pair_int(w, "queued", s->queued);
    pair_int(w, "assigned", s->assigned);
    pair_int(w, "running", s->running);
    pair_int(w, "delayed", s->delayed);
    pair_int(w, "queued_bytes", s->queued_bytes);
    pair_int(w, "submitted", s->submitted);
    pair_int(w, "done", s->done);
    pair_int(w, "failed", s->failed);
    pair_int(w, "cancelled", s->cancelled);
    pair_int(w, "expired", s->expired);
    pair_int(w, "retried", s->retried);
    pair_int(w, "late", s->late + b->late);
    pair_int(w, "messages_in", b->messages_in);
    pair_int(w, "messages_out", b->messages_out);
    pair_int(w, "refused", b->refused);
    pair_int(w, "malformed", b->malformed);
    pair_int(w, "handshakes_refused", b->zap ? zap_refused(b->zap) : 0);
}

static void put_limits(struct broker *b, struct meta_writer *w)
{
    pair_int(w, "max_queued", b->limits.max_queued);
    pair_int(w, "max_queued_bytes", b->limits.max_queued_bytes);
    pair_int(w, "max_sessions", b->max_sessions);
    pair_int(w, "max_account_sessions", b->max_account_sessions);
}

static uint32_t rows_self(struct broker *b, struct meta_writer *w)
{
    struct sched_stats s;
    size_t mark = meta_open_map(w);

    sched_stats(b->sched, &s);
    pair_text(w, "program", "parbroker");
    pair_text(w, "version", PACKAGE_VERSION);
    pair_text(w, "host", b->host);
    pair_int(w, "pid", (uint64_t)getpid());
    pair_int(w, "epoch", b->epoch);
    pair_text(w, "state", b->draining ? "draining" : "running");
    pair_int(w, "uptime_ms", b->now - b->started);
    pair_int(w, "rss_bytes", resident_bytes());
    pair_int(w, "payload_bytes", b->payloads.bytes);
    pair_int(w, "blob_bytes", blobs_bytes(b->blobs));
    put_limits(b, w);
    pair_text(w, "public_key", b->public_key);
    put_endpoints(b, w);
    put_counters(b, w, &s);
    meta_close_map(w, mark, 11 + 4 + 2 + 21);
    return 1;
}

static const char *worker_state(const struct worker_view *v,
                                const struct peer *peer)
{
    if (peer && peer->leaving)
        return "draining";
    if (peer && peer->missed >= BROKER_MISSED_SUSPECT)
        return "suspect";
    if (v->paused)
        return "paused";
    return v->running ? "busy" : "idle";
}

/* {name: value}. */
static void put_labels(struct broker *b, struct meta_writer *w, uint32_t worker)
{
    struct sched_label label;
    size_t mark;
    uint32_t n = 0;

    meta_put_str(w, "labels");
    mark = meta_open_map(w);
    for (; sched_worker_label(b->sched, worker, n, &label); n++)
        pair_text(w, label.key, label.value);
    meta_close_map(w, mark, n);
}

static void put_amount(struct meta_writer *w, double amount)
{
    if (amount >= 0 && amount < 1e15 && amount == (double)(uint64_t)amount)
        meta_put_uint(w, (uint64_t)amount);
    else
        meta_put_float(w, amount);
}

/* {name: [free, total]}. */
static void put_resources(struct broker *b,
                          struct meta_writer *w,
                          uint32_t worker)
{
    double free, total;
    const char *name;
    size_t mark;
    uint32_t n = 0;

    meta_put_str(w, "resources");
    mark = meta_open_map(w);
    for (; sched_worker_resource(b->sched, worker, n, &name, &free, &total);
         n++) {
        meta_put_str(w, name);
        meta_put_array(w, 2);
        put_amount(w, free);
        put_amount(w, total);
    }
    meta_close_map(w, mark, n);
}

static uint32_t rows_workers(struct broker *b,
                             struct meta_writer *w,
                             uint64_t limit)
{
    struct worker_view v;
    size_t cursor = 0;
    uint32_t n = 0;

    while (n < limit && w->len < ROWS_MAX &&
           sched_worker_next(b->sched, &cursor, &v)) {
        const struct peer *peer = peers_by_number(&b->peers, v.worker);

        meta_put_map(w, 13);
        pair_text(w, "name", v.name);
        pair_text(w, "host", v.host);
        pair_int(w, "pid", v.pid);
        pair_text(w, "state", worker_state(&v, peer));
        pair_int(w, "slots", v.slots);
        pair_text(w, "type", v.thread_slots ? "thread" : "process");
        pair_int(w, "running", v.running);
        pair_int(w, "finished", v.finished);
        pair_int(w, "failed", v.failed);
        put_labels(b, w, v.worker);
        put_resources(b, w, v.worker);
        pair_text(w, "address", peer ? peer->address : "");
        pair_int(w, "silent_ms", peer ? b->now - peer->heard : 0);
        n++;
    }
    return n;
}

/* Its name if it is known, else the number; a command has none. */
static void put_function(struct broker *b,
                         struct meta_writer *w,
                         uint32_t target,
                         uint32_t function)
{
    const struct computation *c =
        computations_by_target(&b->computations, target);
    struct meta_reader r;
    struct meta_value v;

    meta_put_str(w, "function");
    if (c && !strcmp(c->kind, "exec")) {
        meta_put_str(w, "");
        return;
    }
    if (c && c->table) {
        r = meta_read(c->table, c->table_len);
        if (meta_next(&r, &v) && v.kind == META_ARRAY && function < v.len) {
            for (uint32_t i = 0; i < function; i++)
                meta_skip(&r, NULL, NULL);
            if (meta_next(&r, &v) && v.kind == META_ARRAY && v.len > 0 &&
                meta_next(&r, &v) && v.kind == META_STR) {
                meta_put_strn(w, (const char *)v.data, v.len);
                return;
            }
        }
    }
    meta_put_uint(w, function);
}

static uint32_t rows_jobs(struct broker *b,
                          const struct peer *asker,
                          struct meta_writer *w,
                          uint64_t limit,
                          uint64_t *looked)
{
    uint32_t account = asker->roles & ROLE_ADMIN ? 0 : asker->account;
    struct job_view v;
    size_t cursor = 0;
    uint32_t n = 0;

    while (n < limit && w->len < ROWS_MAX &&
           sched_job_next(b->sched, b->now, account, &cursor, &v)) {
        meta_put_map(w, 11);
        pair_int(w, "job", v.serial);
        pair_text(w, "state", v.state);
        pair_text(w, "target", sched_target_name(b->sched, v.target));
        put_function(b, w, v.target, v.function);
        pair_text(w, "worker",
                  v.worker ? sched_worker_name(b->sched, v.worker) : "");
        pair_int(w, "attempt", v.attempt);
        meta_put_str(w, "priority");
        meta_put_int(w, v.priority);
        pair_int(w, "age_ms", v.age_ms);
        pair_int(w, "running_ms", v.running_ms);
        pair_text(w, "waits_for", v.waits_for);
        pair_text(w, "account", peers_account_name(&b->peers, v.account));
        n++;
    }
    *looked = cursor;
    return n;
}

static uint32_t rows_computations(struct broker *b,
                                  const struct peer *asker,
                                  struct meta_writer *w,
                                  uint64_t limit,
                                  uint64_t *looked)
{
    struct target_view v;
    size_t cursor = 0;
    uint32_t n = 0;

    while (n < limit && w->len < ROWS_MAX &&
           sched_target_next(b->sched, &cursor, &v)) {
        const struct computation *c =
            computations_by_target(&b->computations, v.target);
        char hash[DIGEST_TEXT] = "";

        if (v.account && v.account != asker->account &&
            !(asker->roles & ROLE_ADMIN))
            continue;
        if (c)
            digest_text(&c->identity, hash);
        meta_put_map(w, 9);
        pair_text(w, "name", v.name);
        pair_int(w, "handle", v.target);
        pair_text(w, "kind", v.is_path ? "path" : c ? c->kind : "");
        pair_text(w, "hash", hash);
        pair_bool(w, "closing", v.closing);
        pair_int(w, "ready", v.ready);
        pair_int(w, "failed", v.failed);
        pair_int(w, "queued", v.queued);
        pair_int(w, "running", v.running);
        n++;
    }
    *looked = cursor;
    return n;
}

static uint32_t rows_sessions(struct broker *b,
                              const struct peer *asker,
                              struct meta_writer *w,
                              uint64_t limit)
{
    const struct peer *p;
    uint32_t n = 0;

    for (uint32_t i = 0;
         n < limit && w->len < ROWS_MAX && (p = peers_next(&b->peers, &i));) {
        if (p->account != asker->account && !(asker->roles & ROLE_ADMIN))
            continue;
        meta_put_map(w, 9);
        pair_int(w, "session", p->number);
        pair_text(w, "role", p->role == ROLE_WORKER ? "worker" : "client");
        pair_text(w, "name", p->name);
        pair_text(w, "agent", p->agent);
        pair_text(w, "account", peers_account_name(&b->peers, p->account));
        pair_text(w, "address", p->address);
        pair_int(w, "age_ms", b->now - p->since);
        pair_int(w, "messages_in", p->messages_in);
        pair_int(w, "messages_out", p->messages_out);
        n++;
    }
    return n;
}

int status_rows(struct broker *b,
                const struct peer *asker,
                const char *what,
                uint64_t limit,
                struct meta_writer *w,
                uint64_t *looked,
                struct par_error *err)
{
    size_t mark = meta_open_array(w);
    uint32_t n;

    if (!strcmp(what, "self")) {
        n = rows_self(b, w);
    } else if (!strcmp(what, "workers")) {
        n = rows_workers(b, w, limit);
    } else if (!strcmp(what, "jobs")) {
        n = rows_jobs(b, asker, w, limit, looked);
    } else if (!strcmp(what, "computations")) {
        n = rows_computations(b, asker, w, limit, looked);
    } else if (!strcmp(what, "sessions")) {
        n = rows_sessions(b, asker, w, limit);
    } else {
        par_fail(err, EINVAL,
                 "STATUS: `%s' is none of self, workers, jobs, computations, "
                 "sessions",
                 what);
        return PAR_UNSUPPORTED;
    }
    meta_close_array(w, mark, n);
    return PAR_OK;
}
