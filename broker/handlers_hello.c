/* handlers_hello.c - a HELLO is read, judged and welcomed
 *
 * A worker's is taken apart in a block of its own, so that nothing of it counts
 * before all of it was good.
 */
#include "config.h"

#include "handlers_hello.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "meta_keys.h"
#include "plain.h"
#include "say.h"

enum { MAX_LABELS = 64, MAX_RESOURCES = 64, MAX_INDEXES = 256 };

/* A worker's HELLO, taken apart into what sched_worker_join() wants. */
struct worker_hello {
    struct worker_desc desc;
    char name[PEER_NAME];
    char host[PEER_NAME];
    struct sched_label labels[MAX_LABELS];
    struct sched_resource resources[MAX_RESOURCES];
    char text[8192]; /* the strings that labels and resources point to */
    size_t text_used;
    uint32_t indexes[MAX_INDEXES];
    size_t index_used;
};

/* Keep a copy of a string; NULL if there is no room. */
static const char *keep(struct worker_hello *h, const struct meta_value *v)
{
    char *to = h->text + h->text_used;

    if (v->kind != META_STR || v->len >= sizeof h->text - h->text_used)
        return NULL;
    memcpy(to, v->data, v->len);
    to[v->len] = '\0';
    h->text_used += v->len + 1;
    return to;
}

/* The same, of a string that is a name. */
static const char *keep_name(struct worker_hello *h, const struct meta_value *v)
{
    const char *text = keep(h, v);

    return text && plain_is_name(text, PEER_NAME) ? text : NULL;
}

static int read_labels(struct worker_hello *h,
                       const struct wire_msg *m,
                       struct par_error *err)
{
    struct meta_value map, key, value;
    struct meta_reader in;

    if (!meta_find(m->meta, m->head.meta_len, KEY_HELLO_LABELS, &map, &in))
        return PAR_OK;
    for (size_t i = 0; map.kind == META_MAP && i < map.len; i++) {
        struct sched_label *label = &h->labels[h->desc.label_count];

        if (i == MAX_LABELS || !meta_next(&in, &key) ||
            !meta_next(&in, &value) || !(label->key = keep_name(h, &key)) ||
            !(label->value = keep(h, &value)) || !plain_is_text(label->value)) {
            par_fail(err, EINVAL,
                     "labels (HELLO 24): %d pairs at most of a name and a "
                     "text without control characters",
                     MAX_LABELS);
            return PAR_MALFORMED;
        }
        h->desc.label_count++;
    }
    return PAR_OK;
}

/* A number, or an array of indexes. */
static bool read_resource(struct worker_hello *h,
                          struct sched_resource *r,
                          struct meta_reader *in)
{
    struct meta_value v, index;

    if (!meta_next(in, &v))
        return false;
    if (v.kind == META_INT || v.kind == META_FLOAT) {
        r->count = v.kind == META_INT ? (double)v.i : v.f;
        return r->count >= 0 && r->count < 1e15;
    }
    if (v.kind != META_ARRAY || v.len > MAX_INDEXES - h->index_used)
        return false;
    r->indexes = h->indexes + h->index_used;
    r->count = (double)v.len;
    for (size_t i = 0; i < v.len; i++) {
        if (!meta_next(in, &index) || index.kind != META_INT || index.i < 0 ||
            index.i > UINT32_MAX)
            return false;
        h->indexes[h->index_used++] = (uint32_t)index.i;
    }
    return true;
}

static int read_resources(struct worker_hello *h,
                          const struct wire_msg *m,
                          struct par_error *err)
{
    struct meta_value map, key;
    struct meta_reader in;

    if (!meta_find(m->meta, m->head.meta_len, KEY_HELLO_RESOURCES, &map, &in))
        return PAR_OK;
    for (size_t i = 0; map.kind == META_MAP && i < map.len; i++) {
        struct sched_resource *r = &h->resources[h->desc.resource_count];

        if (i == MAX_RESOURCES || !meta_next(&in, &key) ||
            !(r->name = keep_name(h, &key)) || !read_resource(h, r, &in)) {
            par_fail(err, EINVAL,
                     "resources (HELLO 21): names with a number or a list of "
                     "indexes, %d at most",
                     MAX_RESOURCES);
            return PAR_MALFORMED;
        }
        h->desc.resource_count++;
    }
    return PAR_OK;
}

/* 20 pools [[name, slots, type]]: one, for now. */
static int read_pool(struct worker_hello *h,
                     const struct wire_msg *m,
                     struct par_error *err)
{
    struct meta_value v;
    struct meta_reader in;
    bool ok = meta_find(m->meta, m->head.meta_len, KEY_HELLO_POOLS, &v, &in) &&
              v.kind == META_ARRAY && v.len == 1 && meta_next(&in, &v) &&
              v.kind == META_ARRAY && v.len == 3 && meta_next(&in, &v) &&
              v.kind == META_STR && meta_next(&in, &v) && v.kind == META_INT &&
              v.i >= 1 && v.i <= 65536;

    if (ok) {
        h->desc.slots = (uint32_t)v.i;
        ok = meta_next(&in, &v) && v.kind == META_STR;
        h->desc.thread_slots = meta_is(&v, "thread");
    }
    if (ok)
        return PAR_OK;
    par_fail(err, EINVAL,
             "pools (HELLO 20): want [[name, slots from 1 to 65536, "
             "\"process\" or \"thread\"]]");
    return PAR_MALFORMED;
}

static void read_host(struct worker_hello *h, const struct wire_msg *m)
{
    struct meta_value v;

    h->desc.io_slots = 256;
    if (meta_find(m->meta, m->head.meta_len, KEY_HELLO_HOST, &v, NULL) &&
        v.kind == META_MAP) {
        struct meta_reader r = {v.raw, m->meta + m->head.meta_len};
        const uint8_t *map;
        size_t len;

        if (meta_skip(&r, &map, &len)) {
            int64_t pid = meta_int(map, len, KEY_HOST_PID, 0);
            int64_t io = meta_int(map, len, KEY_HOST_IO_SLOTS, -1);

            meta_text(map, len, KEY_HOST_NAME, h->host, sizeof h->host);
            h->desc.pid = pid > 0 && pid <= INT32_MAX ? (uint32_t)pid : 0;
            h->desc.io_slots = io >= 0 && io <= 65536 ? (uint32_t)io : 256;
        }
    }
    if (!h->host[0])
        snprintf(h->host, sizeof h->host, "unknown");
    h->desc.host = h->host;
}

/* Both show in tables, in logs and in commands. */
static int check_names(const struct worker_hello *h, struct par_error *err)
{
    bool named = h->name[0] != '\0';

    if ((!named || plain_is_name(h->name, sizeof h->name)) &&
        plain_is_name(h->host, sizeof h->host))
        return PAR_OK;
    par_fail(err, EINVAL,
             "name and host (HELLO 18, 25): `%.60s', `%.60s': each is 1 to %d "
             "printable characters without blanks and = , : /",
             h->name, h->host, PEER_NAME - 1);
    return PAR_MALFORMED;
}

/* HOST.1, HOST.2 ...: the first that is free. */
static void name_worker(struct broker *b, struct worker_hello *h)
{
    for (unsigned i = 1; !h->name[0] || i > 1; i++) {
        snprintf(h->name, sizeof h->name, "%.50s.%u", h->host, i);
        if (!sched_worker_find(b->sched, h->name))
            return;
    }
}

static int join_worker(struct broker *b,
                       struct peer *peer,
                       const struct wire_msg *m,
                       struct par_error *err)
{
    struct worker_hello *h = calloc(1, sizeof *h);
    int status;

    if (!h) {
        par_fail(err, ENOMEM, "out of memory");
        return PAR_INTERNAL;
    }
    h->desc.labels = h->labels;
    h->desc.resources = h->resources;
    meta_text(m->meta, m->head.meta_len, KEY_HELLO_NAME, h->name,
              sizeof h->name);
    read_host(h, m);
    status = check_names(h, err);
    if (status == PAR_OK)
        status = read_pool(h, m, err);
    if (status == PAR_OK)
        status = read_labels(h, m, err);
    if (status == PAR_OK)
        status = read_resources(h, m, err);
    if (status == PAR_OK) {
        if (!h->name[0])
            name_worker(b, h);
        h->desc.name = h->name;
        if (sched_worker_join(b->sched, b->now, peer->number, &h->desc, err))
            status = err->code == EEXIST ? PAR_DUPLICATE_ID : PAR_INTERNAL;
        else
            snprintf(peer->name, sizeof peer->name, "%s", h->name);
    }
    free(h);
    return status;
}

static void say_welcome(struct broker *b, struct peer *peer)
{
    struct meta_writer *w = &b->words;
    bool is_client = peer->role == ROLE_CLIENT;

    meta_writer_reset(w);
    meta_put_map(w, is_client ? 8 : 6);
    meta_pair_int(w, KEY_WELCOME_VERSION, 1);
    meta_pair_bin(w, KEY_WELCOME_SESSION, peer->session, sizeof peer->session);
    meta_pair_int(w, KEY_WELCOME_EPOCH, (int64_t)b->epoch);
    meta_pair_int(w, KEY_WELCOME_HEARTBEAT_MS, (int64_t)b->heartbeat_ms);
    if (is_client) {
        meta_put_uint(w, KEY_WELCOME_LIMITS);
        meta_put_map(w, 3);
        meta_pair_int(w, KEY_LIMIT_ITEM, WIRE_ITEM_MAX);
        meta_pair_int(w, KEY_LIMIT_ITEMS, WIRE_ITEMS_MAX);
        meta_pair_int(w, KEY_LIMIT_QUEUED, b->limits.max_queued);
    }
    meta_pair_str(w, KEY_WELCOME_SERVER, b->host);
    if (is_client) {
        meta_put_uint(w, KEY_WELCOME_CREDIT);
        meta_put_array(w, 1);
        meta_put_array(w, 3);
        meta_put_uint(w, CREDIT_RUN);
        meta_put_uint(w, peer->runs.granted_items);
        meta_put_uint(w, peer->runs.granted_bytes);
    }
    meta_pair_str(w, KEY_WELCOME_NAME, peer->name);
    say(b, peer, WIRE_WELCOME, 0, 0, 0, w);
}

/* What the client grants for results. */
static void read_credit(struct peer *peer, const struct wire_msg *m)
{
    struct meta_value v;
    struct meta_reader in;
    int64_t n[3] = {0};

    peer->results.granted_items = UINT64_MAX;
    peer->results.granted_bytes = UINT64_MAX;
    if (!meta_find(m->meta, m->head.meta_len, KEY_HELLO_CREDIT, &v, &in) ||
        v.kind != META_ARRAY)
        return;
    for (size_t i = v.len; i > 0; i--) {
        if (!meta_next(&in, &v) || v.kind != META_ARRAY || v.len < 3)
            return;
        for (size_t k = 0, last = v.len; k < last; k++)
            if (!meta_next(&in, &v) || v.kind != META_INT || v.i < 0)
                return;
            else if (k < 3)
                n[k] = v.i;
        if (n[0] == CREDIT_RESULT) {
            peer->results.granted_items = (uint64_t)n[1];
            peer->results.granted_bytes = (uint64_t)n[2];
        }
    }
}

static int welcome(struct broker *b,
                   struct peer *peer,
                   const struct wire_msg *m,
                   struct par_error *err)
{
    struct meta_value v;
    int status;

    if (meta_find(m->meta, m->head.meta_len, KEY_HELLO_SESSION, &v, NULL) &&
        v.kind == META_BIN && v.len == PEER_SESSION)
        memcpy(peer->session, v.data, PEER_SESSION);
    meta_text(m->meta, m->head.meta_len, KEY_HELLO_AGENT, peer->agent,
              sizeof peer->agent);
    if (peer->role == ROLE_WORKER) {
        status = join_worker(b, peer, m, err);
        if (status != PAR_OK)
            return status;
    } else {
        if (sched_client_join(b->sched, peer->number, peer->account)) {
            par_fail(err, ENOMEM, "out of memory");
            return PAR_INTERNAL;
        }
        read_credit(peer, m);
        peer_grant_runs(peer);
    }
    log_line(LOG_INFO, "%s %u joined name=%s account=%s from=%s",
             peer->role == ROLE_WORKER ? "worker" : "client", peer->number,
             peer->name, peers_account_name(&b->peers, peer->account),
             peer->address);
    link_server_welcome(b->link, peer->conn);
    say_welcome(b, peer);
    return PAR_OK;
}

/* One more session of the account, and in all. */
static int count_in(struct broker *b,
                    struct peer *peer,
                    const char *name,
                    struct par_error *err)
{
    uint32_t account = peers_account(&b->peers, name);

    if (!account) {
        par_fail(err, ENOMEM, "out of memory");
        return PAR_OVERLOADED;
    }
    if (peers_join(&b->peers, peer, account) > b->max_account_sessions) {
        par_fail(err, EDQUOT,
                 "the account %s has too many sessions: max_account_sessions "
                 "%u",
                 name, b->max_account_sessions);
        return PAR_QUOTA;
    }
    if (b->peers.used > b->max_sessions) {
        par_fail(err, EDQUOT, "too many sessions: max_sessions %u",
                 b->max_sessions);
        return PAR_QUOTA;
    }
    return PAR_OK;
}

/* What may it be, and is that what it wants to be? */
static int admit(struct broker *b,
                 struct peer *peer,
                 const struct wire_msg *m,
                 struct par_error *err)
{
    const struct link_peer *who = link_server_peer(b->link, peer->conn);
    struct access_rule rule = {0};
    char role[16], may[64], should[64];

    if (!who || !access_rule(b->access, who, &rule)) {
        par_fail(err, EACCES, "this broker does not know you (%s)",
                 who ? who->user : "gone");
        return PAR_UNAUTHENTICATED;
    }
    peer->transport = who->transport;
    snprintf(peer->user, sizeof peer->user, "%s", who->user);
    snprintf(peer->address, sizeof peer->address, "%s", who->address);
    peer->roles = rule.roles;
    meta_text(m->meta, m->head.meta_len, KEY_HELLO_ROLE, role, sizeof role);
    peer->role = roles_parse(role);
    if (peer->role != ROLE_CLIENT && peer->role != ROLE_WORKER) {
        par_fail(err, EINVAL,
                 "role (HELLO 2): `%s' is neither client nor worker", role);
        return PAR_MALFORMED;
    }
    if (!(peer->role & rule.roles)) {
        roles_text(rule.roles, may, sizeof may);
        roles_text(rule.roles | peer->role, should, sizeof should);
        par_fail(err, EACCES,
                 "this key may come in as %s, not as %s; there: parctl allow "
                 "'%s' --role %s",
                 may, role, rule.line, should);
        return PAR_FORBIDDEN;
    }
    return count_in(b, peer, rule.account, err);
}

static bool speaks_par_1(const struct wire_msg *m)
{
    struct meta_value v;
    struct meta_reader in;
    int64_t lowest;

    return meta_find(m->meta, m->head.meta_len, KEY_HELLO_VERSIONS, &v, &in) &&
           v.kind == META_ARRAY && v.len == 2 && meta_next(&in, &v) &&
           v.kind == META_INT && (lowest = v.i) <= 1 && meta_next(&in, &v) &&
           v.kind == META_INT && v.i >= 1 && lowest >= 0;
}

int handle_hello(struct broker *b, uint64_t conn, struct link_msg *m)
{
    struct par_error err = {0};
    struct peer *peer = NULL;
    int status;

    if (!speaks_par_1(&m->wire)) {
        par_fail(&err, EPROTO, "this broker speaks PAR/1 and nothing else");
        status = PAR_VERSION;
    } else if (b->draining) {
        par_fail(&err, ESHUTDOWN, "the broker is shutting down");
        status = PAR_DRAINING;
    } else if (!(peer = peers_add(&b->peers, conn))) {
        par_fail(&err, ENOMEM, "out of memory");
        status = PAR_OVERLOADED;
    } else {
        peer->since = peer->heard = b->now;
        rate_init(&peer->control, &control_limit, b->now);
        status = admit(b, peer, &m->wire, &err);
        if (status == PAR_OK)
            status = welcome(b, peer, &m->wire, &err);
    }
    if (status == PAR_OK)
        return 0;
    b->refused++;
    log_line(LOG_INFO, "HELLO refused: %s", err.text);
    say_error_to(b, conn, 0, 0, status, true, err.text);
    if (peer)
        peers_remove(&b->peers, peer);
    /* Who must not keep the connection, and who has no business here: his key
     * was taken from the list while his HELLO was on its way. */
    if (status == PAR_QUOTA || status == PAR_UNAUTHENTICATED)
        link_server_cut(b->link, conn);
    link_server_drop(b->link, conn);
    return -1;
}
