/* comp.c - the record of a computation: manifest, functions, who asked */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "comp.h"
#include "meta_keys.h"

struct comp *comp_create(uint32_t number)
{
    struct comp *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    c->number = number;
    c->setup_seat = COMP_NO_SEAT;
    list_init(&c->node);
    list_init(&c->requests);
    for (int i = 0; i < SLOTS_CLASSES; i++)
        list_init(&c->queue[i]);
    return c;
}

void comp_destroy(struct comp *c)
{
    struct comp_request *r;

    if (!c)
        return;
    while ((r = comp_first_request(c)))
        comp_request_done(r);
    list_remove(&c->node);
    meta_writer_clear(&c->functions);
    free(c->windows);
    free(c->manifest);
    free(c->failure_text);
    free(c->close_failure);
    free(c);
}

struct comp *comp_find(const struct list *comps, uint32_t handle)
{
    for (struct list *i = comps->next; handle && i != comps; i = i->next) {
        struct comp *c = LIST_ENTRY(i, struct comp, node);

        if (c->handle == handle)
            return c;
    }
    return NULL;
}

void comp_fail(struct comp *c, int status, const char *text)
{
    if (c->failure)
        return;
    c->failure = status;
    c->failure_text = strdup(text);
}

void comp_close_failed(struct comp *c, const char *text)
{
    if (!c->close_failure)
        c->close_failure = strdup(text);
}

int comp_take_manifest(struct comp *c,
                       const void *data,
                       size_t len,
                       struct par_error *err)
{
    c->manifest = malloc(len ? len : 1);
    if (!c->manifest)
        return par_fail(err, ENOMEM, "out of memory");
    memcpy(c->manifest, data, len);
    c->manifest_len = len;
    return bundle_decode(&c->bundle, c->manifest, len, err);
}

int comp_take_functions(struct comp *c,
                        const struct meta_value *head,
                        struct meta_reader inside,
                        struct par_error *err)
{
    size_t len = (size_t)(inside.end - head->raw);
    struct meta_value pair, text;

    if (head->kind != META_ARRAY || head->len > COMP_FUNCTIONS)
        return par_fail(err, EPROTO, "a slot told no list of functions");
    for (size_t i = 0; i < head->len; i++)
        if (!meta_next(&inside, &pair) || pair.kind != META_ARRAY ||
            pair.len != 2 || !meta_next(&inside, &text) ||
            text.kind != META_STR || !meta_next(&inside, &text) ||
            text.kind != META_STR)
            return par_fail(err, EPROTO, "a slot told no list of functions");
    if (c->windows)
        return 0; /* later slots tell the same */
    c->windows = calloc(head->len ? head->len : 1, sizeof *c->windows);
    meta_put_raw(&c->functions, head->raw, len);
    if (!c->windows || c->functions.failed)
        return par_fail(err, ENOMEM, "out of memory");
    c->function_count = head->len;
    return 0;
}

struct window *comp_window(struct comp *c, uint32_t function)
{
    return function < c->function_count ? &c->windows[function] : &c->unknown;
}

static int take_call(struct comp_request *r, const struct wire_msg *m)
{
    struct meta_reader inside;
    struct meta_value v;

    if (!meta_find(m->meta, m->head.meta_len, KEY_SETUP_CALL, &v, &inside) ||
        v.kind != META_ARRAY)
        return 0;
    r->call_len = (size_t)(inside.end - v.raw);
    r->call = malloc(r->call_len);
    if (!r->call)
        return -1;
    memcpy(r->call, v.raw, r->call_len);
    return 0;
}

struct comp_request *comp_ask(struct comp *c, const struct wire_msg *m)
{
    struct comp_request *r = calloc(1, sizeof *r);

    if (!r || take_call(r, m)) {
        free(r);
        return NULL;
    }
    r->id = m->head.id;
    list_append(&c->requests, &r->node);
    return r;
}

struct comp_request *comp_first_request(struct comp *c)
{
    return list_is_empty(&c->requests)
               ? NULL
               : LIST_ENTRY(c->requests.next, struct comp_request, node);
}

void comp_request_done(struct comp_request *r)
{
    list_remove(&r->node);
    free(r->call);
    free(r);
}
