/* status.c - what the broker says of itself and of what it holds
 *
 * A row is a map; many rows are told page by page, each small enough for any
 * receiver: a value takes an octet at least, so a page below PAGE octets, and
 * one row beyond, holds fewer values than META_ELEMENTS.
 */
#include "config.h"

#include "status.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PAGE = 48 * 1024 }; /* octets */

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

static bool self_row(struct broker *b,
                     struct status_walk *walk,
                     struct meta_writer *w)
{
    struct sched_stats s;
    size_t mark;

    if (walk->cursor++ > 0)
        return false;
    mark = meta_open_map(w);
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
    return true;
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

/* Admins and its own account learn where a peer is. */
static bool may_know(const struct peer *asker, uint32_t account)
{
    return asker->roles & ROLE_ADMIN || asker->account == account;
}

static bool worker_row(struct broker *b,
                       struct status_walk *walk,
                       struct meta_writer *w)
{
    const struct peer *peer;
    struct worker_view v;

    if (!sched_worker_next(b->sched, &walk->cursor, &v))
        return false;
    peer = peers_by_number(&b->peers, v.worker);
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
    pair_text(w, "address",
              peer && may_know(walk->asker, peer->account) ? peer->address
                                                           : "");
    pair_int(w, "silent_ms", peer ? b->now - peer->heard : 0);
    return true;
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

static bool job_row(struct broker *b,
                    struct status_walk *walk,
                    struct meta_writer *w)
{
    const struct peer *asker = walk->asker;
    uint32_t account = asker->roles & ROLE_ADMIN ? 0 : asker->account;
    struct job_view v;
    bool has_row = sched_job_next(b->sched, b->now, account, &walk->jobs, &v);

    walk->cursor = walk->jobs.at;
    if (!has_row)
        return false;
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
    return true;
}

static bool computation_row(struct broker *b,
                            struct status_walk *walk,
                            struct meta_writer *w)
{
    const struct computation *c;
    char hash[DIGEST_TEXT] = "";
    struct target_view v;

    do
        if (!sched_target_next(b->sched, &walk->cursor, &v))
            return false;
    while (v.account && !may_know(walk->asker, v.account));
    c = computations_by_target(&b->computations, v.target);
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
    return true;
}

static bool session_row(struct broker *b,
                        struct status_walk *walk,
                        struct meta_writer *w)
{
    const struct peer *p;

    do {
        p = peers_next(&b->peers, &walk->cursor);
        if (!p)
            return false;
    } while (!may_know(walk->asker, p->account));
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
    return true;
}

static const struct {
    const char *what;
    status_row_f *row;
} lists[] = {{"self", self_row},
             {"workers", worker_row},
             {"jobs", job_row},
             {"computations", computation_row},
             {"sessions", session_row}};

int status_begin(struct status_walk *walk,
                 const struct peer *asker,
                 const char *what,
                 uint64_t limit,
                 struct par_error *err)
{
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        if (!strcmp(what, lists[i].what)) {
            *walk = (struct status_walk){
                .asker = asker, .row = lists[i].row, .left = limit};
            return PAR_OK;
        }
    }
    par_fail(err, EINVAL,
             "STATUS: `%s' is none of self, workers, jobs, computations, "
             "sessions",
             what);
    return PAR_UNSUPPORTED;
}

void status_page(struct broker *b,
                 struct status_walk *walk,
                 struct meta_writer *w)
{
    size_t mark = meta_open_array(w);
    uint32_t n = 0;
    size_t len = w->len;

    while (!walk->over && len < PAGE) {
        bool has_row = walk->row(b, walk, w);

        walk->over = !has_row || walk->left == 0 || w->failed;
        walk->cut = has_row && walk->left == 0;
        if (walk->over)
            break;
        len = w->len;
        walk->left--;
        n++;
    }
    w->len = len;
    meta_close_array(w, mark, n);
}
