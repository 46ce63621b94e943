/* handlers_session.c - HELLO, GOODBYE, PING and what belongs to a session */
#include "config.h"

#include "engine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

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

static int read_labels(struct worker_hello *h,
                       const struct wire_msg *m,
                       struct par_error *err)
{
    struct meta_value map, key, value;
    struct meta_reader in;

    if (!meta_find(m->meta, m->head.meta_len, 24, &map, &in))
        return PAR_OK;
    for (size_t i = 0; map.kind == META_MAP && i < map.len; i++) {
        struct sched_label *label = &h->labels[h->desc.label_count];

        if (i == MAX_LABELS || !meta_next(&in, &key) ||
            !meta_next(&in, &value) || !(label->key = keep(h, &key)) ||
            !(label->value = keep(h, &value))) {
            par_fail(err, EINVAL,
                     "labels (HELLO 24): %d pairs of strings at most",
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

    if (!meta_find(m->meta, m->head.meta_len, 21, &map, &in))
        return PAR_OK;
    for (size_t i = 0; map.kind == META_MAP && i < map.len; i++) {
        struct sched_resource *r = &h->resources[h->desc.resource_count];

        if (i == MAX_RESOURCES || !meta_next(&in, &key) ||
            !(r->name = keep(h, &key)) || !read_resource(h, r, &in)) {
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
    bool ok = meta_find(m->meta, m->head.meta_len, 20, &v, &in) &&
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
    struct meta_reader in;

    h->desc.io_slots = 256;
    snprintf(h->host, sizeof h->host, "unknown");
    if (meta_find(m->meta, m->head.meta_len, 25, &v, &in) &&
        v.kind == META_MAP) {
        const uint8_t *map = v.raw;
        size_t len = (size_t)(m->meta + m->head.meta_len - map);
        struct meta_reader r = {map, map + len};
        const uint8_t *whole;

        if (meta_skip(&r, &whole, &len)) {
            meta_text(whole, len, 1, h->host, sizeof h->host);
            h->desc.pid = (uint32_t)meta_int(whole, len, 2, 0);
            h->desc.io_slots = (uint32_t)meta_int(whole, len, 5, 256);
        }
    }
    h->desc.host = h->host;
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
    meta_text(m->meta, m->head.meta_len, 18, h->name, sizeof h->name);
    read_host(h, m);
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
    meta_pair_int(w, 1, 1);
    meta_pair_bin(w, 3, peer->session, sizeof peer->session);
    meta_pair_int(w, 7, (int64_t)b->epoch);
    meta_pair_int(w, 11, (int64_t)b->heartbeat_ms);
    if (is_client) {
        meta_put_uint(w, 12);
        meta_put_map(w, 3);
        meta_pair_int(w, 1, WIRE_ITEM_MAX);
        meta_pair_int(w, 2, WIRE_ITEMS_MAX);
        meta_pair_int(w, 3, b->limits.max_queued);
    }
    meta_pair_str(w, 14, b->host);
    if (is_client) {
        meta_put_uint(w, 15);
        meta_put_array(w, 1);
        meta_put_array(w, 3);
        meta_put_uint(w, CREDIT_RUN);
        meta_put_uint(w, peer->runs.granted_items);
        meta_put_uint(w, peer->runs.granted_bytes);
    }
    meta_pair_str(w, 18, peer->name);
    say(b, peer, WIRE_WELCOME, 0, 0, 0, w);
}

/* HELLO 15: what the client grants for results. */
static void read_credit(struct peer *peer, const struct wire_msg *m)
{
    struct meta_value v;
    struct meta_reader in;
    int64_t n[3] = {0};

    peer->results.granted_items = UINT64_MAX;
    peer->results.granted_bytes = UINT64_MAX;
    if (!meta_find(m->meta, m->head.meta_len, 15, &v, &in) ||
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

    if (meta_find(m->meta, m->head.meta_len, 3, &v, NULL) &&
        v.kind == META_BIN && v.len == PEER_SESSION)
        memcpy(peer->session, v.data, PEER_SESSION);
    meta_text(m->meta, m->head.meta_len, 5, peer->agent, sizeof peer->agent);
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
        credit_renew(&peer->runs, PEER_RUN_ITEMS, PEER_RUN_BYTES);
    }
    log_line(LOG_INFO, "%s %u joined name=%s account=%s from=%s",
             peer->role == ROLE_WORKER ? "worker" : "client", peer->number,
             peer->name, peers_account_name(&b->peers, peer->account),
             peer->address);
    say_welcome(b, peer);
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
    char role[16];

    if (!who || !access_rule(b->access, who, &rule)) {
        par_fail(err, EACCES, "this broker does not know you (%s)",
                 who ? who->user : "gone");
        return PAR_UNAUTHENTICATED;
    }
    peer->transport = who->transport;
    snprintf(peer->user, sizeof peer->user, "%s", who->user);
    snprintf(peer->address, sizeof peer->address, "%s", who->address);
    peer->roles = rule.roles;
    peer->account = peers_account(&b->peers, rule.account);
    meta_text(m->meta, m->head.meta_len, 2, role, sizeof role);
    peer->role = roles_parse(role);
    if (peer->role != ROLE_CLIENT && peer->role != ROLE_WORKER) {
        par_fail(err, EINVAL,
                 "role (HELLO 2): `%s' is neither client nor "
                 "worker",
                 role);
        return PAR_MALFORMED;
    }
    if (!(peer->role & rule.roles)) {
        roles_text(rule.roles, peer->name, sizeof peer->name);
        par_fail(err, EACCES,
                 "this key may come in as %s, not as %s; the broker's admin "
                 "can change that: parctl allow",
                 peer->name, role);
        return PAR_FORBIDDEN;
    }
    return PAR_OK;
}

static bool speaks_par_1(const struct wire_msg *m)
{
    struct meta_value v;
    struct meta_reader in;
    int64_t lowest;

    return meta_find(m->meta, m->head.meta_len, 1, &v, &in) &&
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
    link_server_drop(b->link, conn);
    return -1;
}

/* Workers keep state per client; tell them that one has left. */
static void tell_workers(struct broker *b, uint32_t client)
{
    struct peer *peer;

    for (uint32_t i = 0; (peer = peers_next(&b->peers, &i));)
        if (peer->role == ROLE_WORKER)
            say(b, peer, WIRE_GOODBYE, 0, client, WIRE_DONE, NULL);
}

void end_session(struct broker *b, struct peer *peer, bool orderly)
{
    uint32_t number = peer->number;
    unsigned role = peer->role;

    log_line(LOG_INFO, "%s %u left name=%s%s",
             role == ROLE_WORKER ? "worker" : "client", number, peer->name,
             orderly ? "" : " (connection lost)");
    for (unsigned i = 0; i < BROKER_RELAYS; i++)
        if (b->relays[i].nonce &&
            (b->relays[i].worker == number || b->relays[i].client == number)) {
            struct peer *asker =
                peers_by_number(&b->peers, b->relays[i].client);

            if (b->relays[i].worker == number && asker)
                say_error(b, asker, b->relays[i].id, 0, PAR_WORKER_LOST, true,
                          "the worker left");
            b->relays[i].nonce = 0;
        }
    carry_drop_held(b, peer);
    link_server_drop(b->link, peer->conn);
    peers_remove(&b->peers, peer);
    if (role == ROLE_WORKER) {
        sched_worker_leave(b->sched, b->now, number, orderly);
        return;
    }
    setup_client_left(b, number);
    sched_client_leave(b->sched, b->now, number);
    tell_workers(b, number);
}

int on_goodbye(struct broker *b,
               struct peer *from,
               struct link_msg *m,
               struct par_error *err)
{
    (void)err;
    if (from->role == ROLE_WORKER && m->wire.head.ref == WIRE_DRAINING) {
        from->leaving = true;
        sched_worker_pause(b->sched, b->now, from->number, true);
        return PAR_OK;
    }
    end_session(b, from, true);
    return PAR_OK;
}

/* ---- PING ---- */

static int relay_ping(struct broker *b,
                      struct peer *from,
                      const struct wire_msg *m,
                      const char *worker,
                      struct par_error *err)
{
    uint32_t number = sched_worker_find(b->sched, worker);
    struct peer *to = peers_by_number(&b->peers, number);
    struct relayed_ping *free_place = NULL;

    if (!to) {
        par_fail(err, ENOENT, "no worker is called %s", worker);
        return PAR_UNKNOWN_WORKER;
    }
    for (unsigned i = 0; i < BROKER_RELAYS && !free_place; i++)
        if (!b->relays[i].nonce)
            free_place = &b->relays[i];
    if (!free_place) {
        par_fail(err, EBUSY, "%d pings are on their way", BROKER_RELAYS);
        return PAR_OVERLOADED;
    }
    *free_place =
        (struct relayed_ping){.nonce = WIRE_BROKER_ID | ++b->last_nonce,
                              .worker = number,
                              .client = from->number,
                              .id = m->head.id};
    say(b, to, WIRE_PING, 0, free_place->nonce, m->head.ref, NULL);
    return PAR_OK;
}

int on_ping(struct broker *b,
            struct peer *from,
            struct link_msg *m,
            struct par_error *err)
{
    const struct wire_header *head = &m->wire.head;
    char worker[PEER_NAME];

    if (from->role == ROLE_CLIENT && head->ref &&
        (head->ref > UINT32_MAX ||
         !sched_target_allows(b->sched, (uint32_t)head->ref, from->account))) {
        par_fail(err, ENOENT, "handle %llu is not set up",
                 (unsigned long long)head->ref);
        return PAR_UNKNOWN_HANDLE;
    }
    if (from->role == ROLE_CLIENT &&
        meta_text(m->wire.meta, head->meta_len, 2, worker, sizeof worker) >= 0)
        return relay_ping(b, from, &m->wire, worker, err);
    say(b, from, WIRE_PONG, 0, head->id, head->ref, NULL);
    return PAR_OK;
}

static struct relayed_ping *find_relay(struct broker *b,
                                       uint32_t worker,
                                       uint64_t nonce)
{
    for (unsigned i = 0; nonce && i < BROKER_RELAYS; i++)
        if (b->relays[i].nonce == nonce && b->relays[i].worker == worker)
            return &b->relays[i];
    return NULL;
}

int on_pong(struct broker *b,
            struct peer *from,
            struct link_msg *m,
            struct par_error *err)
{
    struct relayed_ping *relay = find_relay(b, from->number, m->wire.head.id);
    struct peer *asker;

    (void)err;
    if (!relay)
        return PAR_OK;
    asker = peers_by_number(&b->peers, relay->client);
    if (asker)
        say(b, asker, WIRE_PONG, 0, relay->id, m->wire.head.ref, NULL);
    relay->nonce = 0;
    return PAR_OK;
}

/* What a worker says in 72, as a payload. */
static struct payload_ref keep_text(struct broker *b, const struct wire_msg *w)
{
    struct payload_ref text = {0};
    struct meta_value v;

    if (meta_find(w->meta, w->head.meta_len, 72, &v, NULL) &&
        v.kind == META_STR && v.len) {
        text.block = payload_copy(&b->payloads, v.data, v.len, 1);
        text.len = text.block ? (uint32_t)v.len : 0;
    }
    return text;
}

/* A remark about a run, or the refusal of a relayed PING: to its client. */
static bool relay_error(struct broker *b,
                        struct peer *from,
                        const struct wire_msg *w)
{
    struct relayed_ping *relay = find_relay(b, from->number, w->head.id);
    char words[PAR_ERROR_TEXT];
    struct peer *to;
    uint32_t client;
    uint64_t id;

    if (relay) {
        client = relay->client;
        id = relay->id;
        relay->nonce = 0;
    } else if (!sched_run_of(b->sched, from->number, w->head.id, &client,
                             &id)) {
        return false;
    }
    to = peers_by_number(&b->peers, client);
    meta_text(w->meta, w->head.meta_len, 72, words, sizeof words);
    if (to)
        say_error(b, to, id, 0, (int)w->head.ref, relay != NULL, words);
    return true;
}

/* ERROR from a worker: about a relayed PING, a run, a request; or, with id 0,
 * about a computation (77) that it gives up. */
int on_worker_error(struct broker *b,
                    struct peer *from,
                    struct link_msg *m,
                    struct par_error *err)
{
    const struct wire_msg *w = &m->wire;
    int64_t handle = meta_int(w->meta, w->head.meta_len, 77, 0);

    (void)err;
    if (w->head.id == 0) {
        if (handle > 0 && handle <= UINT32_MAX)
            sched_target_failed(b->sched, b->now, from->number,
                                (uint32_t)handle, keep_text(b, w));
        return PAR_OK;
    }
    if (!relay_error(b, from, w))
        sched_request_done(b->sched, b->now, from->number, w->head.id,
                           (int)w->head.ref, keep_text(b, w));
    return PAR_OK;
}

int on_status(struct broker *b,
              struct peer *from,
              struct link_msg *m,
              struct par_error *err)
{
    const struct wire_msg *w = &m->wire;
    struct meta_writer rows = {0};
    struct batch answer = {0};
    char what[32];
    uint64_t limit;
    uint8_t *frame;
    size_t len;
    int status;

    if (meta_text(w->meta, w->head.meta_len, 1, what, sizeof what) < 0)
        snprintf(what, sizeof what, "self");
    limit = (uint64_t)meta_int(w->meta, w->head.meta_len, 2, 1000);
    status = status_rows(b, from, what, limit, &rows, err);
    if (status == PAR_OK) {
        batch_begin(&answer,
                    &(struct wire_header){.type = WIRE_STATUS,
                                          .flags = WIRE_FINAL,
                                          .id = w->head.id},
                    NULL, 0);
        batch_add_bare(&answer, rows.data, rows.len);
        carry_flush_peer(b, from);
        frame = batch_take(&answer, &len);
        link_server_send(b->link, from->conn, frame, len, NULL);
        batch_clear(&answer);
    }
    meta_writer_clear(&rows);
    return status;
}
