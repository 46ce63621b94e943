/* handlers_files.c - one piece after the other, of one file after the other
 *
 * `fetching` is the first file of a computation that is not known to be whole;
 * `asked` links those that wait for a piece, the longest asked first.
 */
#include "config.h"

#include "handlers_files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "meta_keys.h"
#include "out.h"
#include "say.h"
#include "setup.h"

enum { NEEDS_MAX = 4096 }; /* of a worker, that wait */

/* ---- from clients ---- */

static const struct digest *wanted(const struct computation *c)
{
    return &c->files[c->fetching].hash;
}

/* Promise room for all of its files, before the first octet travels. */
static bool reserve(struct broker *b, struct computation *c)
{
    struct par_error err = {0};

    while (c->needed < c->file_count) {
        const struct computation_file *f = &c->files[c->needed];

        if (blobs_need(b->blobs, c->account, &f->hash, f->size, &err)) {
            setup_refuse_all(b, c, PAR_TOO_LARGE, err.text);
            return false;
        }
        c->needed++;
    }
    return true;
}

/* Is the file that it needs on its way for another one? */
static bool is_coming(const struct broker *b, const struct computation *c)
{
    const struct list *all = &b->computations.asked;

    for (const struct list *n = all->next; n != all; n = n->next) {
        const struct computation *it = LIST_ENTRY(n, struct computation, asked);

        if (it->account == c->account && digest_equal(wanted(it), wanted(c)))
            return true;
    }
    return false;
}

static void stop(struct computation *c)
{
    c->transfer = 0;
    c->source = 0;
    list_remove(&c->asked);
}

/* The next chunk is due from now on: behind all others.  It has half a minute:
 * slow enough for any line; and whoever else waits for the file, with the
 * patience of a minute as our own clients do, is asked in time. */
static void expect(struct broker *b, struct computation *c, uint64_t have)
{
    c->asked_at = b->now;
    c->next_chunk = have + WIRE_CHUNK_MAX;
    list_remove(&c->asked);
    list_append(&b->computations.asked, &c->asked);
}

static void ask(struct broker *b, struct computation *c)
{
    struct waiting_setup *first =
        LIST_ENTRY(c->waiting.next, struct waiting_setup, node);
    struct peer *client = peers_by_number(&b->peers, first->order.client);
    uint64_t have = blobs_have(b->blobs, c->account, wanted(c));
    struct meta_writer *w = &b->words;

    c->transfer = WIRE_BROKER_ID | ++b->computations.last_transfer;
    c->source = first->order.client;
    c->window_end = have + WIRE_ITEM_MAX;
    expect(b, c, have);
    if (!client)
        return; /* files_client_left() comes, and asks another */
    meta_writer_reset(w);
    meta_put_map(w, 2);
    meta_pair_bin(w, KEY_BLOB_HASH, wanted(c)->bytes, DIGEST_SIZE);
    meta_pair_int(w, KEY_BLOB_LENGTH, WIRE_ITEM_MAX);
    say(b, client, WIRE_BLOB_NEED, 0, c->transfer, have, w);
}

/* Take it as far as it goes now.  Returns true if it was dropped: others may
 * have waited for what it was getting. */
static bool advance(struct broker *b, struct computation *c)
{
    if (c->transfer)
        return false;
    if (list_is_empty(&c->waiting) || !reserve(b, c)) {
        setup_drop(b, c);
        return true;
    }
    while (c->fetching < c->file_count &&
           blobs_state(b->blobs, c->account, wanted(c)) == BLOB_WHOLE)
        c->fetching++;
    if (c->fetching == c->file_count)
        setup_finish(b, c);
    else if (!is_coming(b, c))
        ask(b, c);
    return false;
}

void files_advance(struct broker *b)
{
    struct list *all = &b->computations.all;
    bool again;

    do {
        again = false;
        for (struct list *n = all->next, *next; n != all; n = next) {
            struct computation *c = LIST_ENTRY(n, struct computation, node);

            next = n->next;
            if (!c->target)
                again = advance(b, c) || again;
        }
    } while (again);
}

/* One that waits for a file is asked nothing more of a client that has left
 * (text NULL) or failed to send it. */
static void give_up_on(struct broker *b,
                       struct computation *c,
                       uint32_t client,
                       const char *text)
{
    for (struct list *n = c->waiting.next, *next; n != &c->waiting; n = next) {
        struct waiting_setup *wait = LIST_ENTRY(n, struct waiting_setup, node);

        next = n->next;
        if (wait->order.client == client)
            setup_refuse(b, wait, text ? PAR_SETUP_FAILED : PAR_LOST,
                         text ? text : "");
    }
    if (c->source == client) {
        blobs_restart(b->blobs, c->account, wanted(c));
        stop(c);
    }
}

void files_client_left(struct broker *b, uint32_t client)
{
    struct list *all = &b->computations.all;

    for (struct list *n = all->next; n != all; n = n->next)
        give_up_on(b, LIST_ENTRY(n, struct computation, node), client, NULL);
    files_advance(b);
}

/* The client that a file should come from does not give it. */
static void source_failed(struct broker *b,
                          struct computation *failed,
                          const char *why)
{
    struct list *all = &b->computations.all;
    struct digest hash = *wanted(failed);
    uint32_t account = failed->account;
    uint32_t client = failed->source;
    char path[128], text[PAR_ERROR_TEXT];

    computations_path(failed, failed->fetching, path, sizeof path);
    snprintf(text, sizeof text, "file %s: %.*s", path,
             (int)(sizeof text - sizeof path - 8), why);
    for (struct list *n = all->next; n != all; n = n->next) {
        struct computation *c = LIST_ENTRY(n, struct computation, node);

        if (!c->target && c->account == account &&
            c->fetching < c->file_count && digest_equal(wanted(c), &hash))
            give_up_on(b, c, client, text);
    }
    files_advance(b);
}

/* The one that was asked first. */
static struct computation *oldest(const struct broker *b)
{
    const struct list *asked = &b->computations.asked;

    return list_is_empty(asked)
               ? NULL
               : LIST_ENTRY(asked->next, struct computation, asked);
}

uint64_t files_deadline(const struct broker *b)
{
    const struct computation *c = oldest(b);

    return c ? c->asked_at + BROKER_CHUNK_MS : UINT64_MAX;
}

void files_expire(struct broker *b)
{
    char why[PAR_ERROR_TEXT];

    while (b->now >= files_deadline(b)) {
        struct computation *c = oldest(b);

        snprintf(
            why, sizeof why,
            "the client sent %llu octets of %llu, and not the next chunk "
            "within %d ms",
            (unsigned long long)blobs_have(b->blobs, c->account, wanted(c)),
            (unsigned long long)c->files[c->fetching].size, BROKER_CHUNK_MS);
        source_failed(b, c, why);
    }
}

static void refused_by_source(struct broker *b,
                              struct computation *c,
                              const struct wire_msg *w)
{
    char words[PAR_ERROR_TEXT / 2], why[PAR_ERROR_TEXT];

    meta_text(w->meta, w->head.meta_len, KEY_ANY_TEXT, words, sizeof words);
    snprintf(why, sizeof why, "the client does not send it%s%s",
             words[0] ? ": " : "", words);
    source_failed(b, c, why);
}

/* BLOB-DATA, or ERROR in its place. */
int on_blob_data(struct broker *b,
                 struct peer *from,
                 struct link_msg *m,
                 struct par_error *err)
{
    const struct wire_msg *w = &m->wire;
    struct computation *c =
        computations_by_transfer(&b->computations, w->head.id);
    struct wire_item item = {0};
    struct par_error why = {0};
    size_t cursor = 0;
    uint64_t have;
    int state;

    (void)err;
    if (!c || c->source != from->number)
        return PAR_OK; /* about a transfer that is over */
    if (w->head.type == WIRE_ERROR) {
        refused_by_source(b, c, w);
        return PAR_OK;
    }
    wire_next(w, &cursor, &item);
    state = blobs_add(b->blobs, c->account, wanted(c), w->head.ref, item.data,
                      item.len, &why);
    have = blobs_have(b->blobs, c->account, wanted(c));
    if (state == BLOB_PART && (w->head.flags & WIRE_FINAL)) {
        par_fail(&why, ENODATA,
                 "%llu octets of %llu are all that the client has",
                 (unsigned long long)have,
                 (unsigned long long)c->files[c->fetching].size);
        state = -1;
    }
    if (state < 0) {
        source_failed(b, c, why.text);
    } else if (state == BLOB_WHOLE || have >= c->window_end) {
        stop(c);
        files_advance(b);
    } else if (have >= c->next_chunk) {
        expect(b, c, have);
    }
    return PAR_OK;
}

/* ---- to workers ---- */

/* One chunk of an answer; false if the blob is not whole here. */
static bool say_chunk(struct broker *b,
                      struct peer *to,
                      uint32_t account,
                      const struct digest *hash,
                      uint64_t id,
                      uint64_t offset,
                      size_t len)
{
    uint64_t size = blobs_size(b->blobs, account, hash);
    uint8_t *frame = malloc(WIRE_HEADER + len);
    struct wire_header head = {
        .type = WIRE_BLOB_DATA, .count = 1, .id = id, .ref = offset};
    ptrdiff_t n;

    if (!frame)
        return false;
    n = blobs_read(b->blobs, account, hash, offset, frame + WIRE_HEADER, len);
    if (n < 0) {
        free(frame);
        return false;
    }
    if (offset + (uint64_t)n >= size)
        head.flags = WIRE_FINAL;
    wire_put_header(frame, &head);
    out_send(b, to, frame, WIRE_HEADER + (size_t)n, NULL);
    return true;
}

/* A part of a file that a worker wants. */
struct need {
    struct list node;
    uint64_t id;
    uint64_t at;
    uint64_t length;
    struct digest hash;
};

static int serve(struct broker *b,
                 struct peer *to,
                 const struct need *n,
                 struct par_error *err)
{
    const struct computation *c = NULL;
    const struct computation_file *file =
        computations_file(&b->computations, &n->hash, &c);
    uint64_t at = n->at, end;

    if (!file || at >= file->size) {
        par_fail(err, ENOENT, "no computation here has such a file");
        return PAR_UNKNOWN_ID;
    }
    end = n->length > file->size - at ? file->size : at + n->length;
    do {
        size_t len =
            end - at > WIRE_CHUNK_MAX ? WIRE_CHUNK_MAX : (size_t)(end - at);

        if (!say_chunk(b, to, c->account, &n->hash, n->id, at, len)) {
            par_fail(err, ENOENT, "the file is not here");
            return PAR_UNKNOWN_ID;
        }
        at += len;
    } while (at < end);
    return PAR_OK;
}

/* One that has so much unread is served when it has read some. */
static int serve_later(struct broker *b,
                       struct peer *to,
                       const struct need *n,
                       struct par_error *err)
{
    struct need *kept = malloc(sizeof *kept);

    if (!kept || to->need_count == NEEDS_MAX) {
        free(kept);
        par_fail(err, EDQUOT, "%u pieces are asked for and not taken",
                 to->need_count);
        return PAR_NO_CREDIT;
    }
    *kept = *n;
    list_append(&to->needs, &kept->node);
    to->need_count++;
    out_waits(b, to);
    return PAR_OK;
}

/* The first of those that wait is done with. */
static void drop_need(struct peer *worker)
{
    struct need *n = LIST_ENTRY(worker->needs.next, struct need, node);

    list_remove(&n->node);
    worker->need_count--;
    free(n);
}

void files_go_on(struct broker *b, struct peer *worker)
{
    while (!list_is_empty(&worker->needs) && !out_is_behind(b, worker)) {
        const struct need *n =
            LIST_ENTRY(worker->needs.next, struct need, node);
        struct par_error err = {0};
        int status = serve(b, worker, n, &err);

        if (status != PAR_OK)
            say_error(b, worker, n->id, 0, status, true, err.text);
        drop_need(worker);
    }
    if (!list_is_empty(&worker->needs))
        out_waits(b, worker);
}

void files_worker_left(struct peer *worker)
{
    while (!list_is_empty(&worker->needs))
        drop_need(worker);
}

int on_blob_need(struct broker *b,
                 struct peer *from,
                 struct link_msg *m,
                 struct par_error *err)
{
    const struct wire_msg *w = &m->wire;
    int64_t length =
        meta_int(w->meta, w->head.meta_len, KEY_BLOB_LENGTH, WIRE_CHUNK_MAX);
    struct need n = {.id = w->head.id, .at = w->head.ref};
    struct meta_value v;

    if (length < 1 || length > WIRE_ITEM_MAX) {
        par_fail(err, EINVAL, "length (2): %lld; from 1 to %d is allowed",
                 (long long)length, WIRE_ITEM_MAX);
        return length < 1 ? PAR_MALFORMED : PAR_TOO_LARGE;
    }
    n.length = (uint64_t)length;
    if (meta_find(w->meta, w->head.meta_len, KEY_BLOB_HASH, &v, NULL) &&
        v.kind == META_BIN && v.len == DIGEST_SIZE)
        memcpy(n.hash.bytes, v.data, DIGEST_SIZE);
    if (list_is_empty(&from->needs) && !out_is_behind(b, from))
        return serve(b, from, &n, err);
    return serve_later(b, from, &n, err);
}
