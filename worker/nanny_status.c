/* nanny_status.c - what a worker says of itself */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine.h"
#include "meta_keys.h"
#include "nanny_say.h"
#include "nanny_status.h"

static void put_row(struct meta_writer *w, const char *key, uint64_t value)
{
    meta_put_str(w, key);
    meta_put_uint(w, value);
}

static void say_self(struct nanny *n, uint64_t id)
{
    struct wire_header head = {
        .type = WIRE_STATUS, .flags = WIRE_FINAL, .id = id};
    struct meta_writer w = {0};
    uint64_t queued = 0, running = 0, comps = 0;

    for (struct list *i = n->comps.next; i != &n->comps; i = i->next) {
        struct comp *c = LIST_ENTRY(i, struct comp, node);

        queued += c->queued[SLOTS_CPU] + c->queued[SLOTS_IO];
        running += c->held;
        comps++;
    }
    meta_put_array(&w, 1);
    meta_put_map(&w, 11);
    meta_put_str(&w, "name");
    meta_put_str(&w, n->name);
    meta_put_str(&w, "role");
    meta_put_str(&w, "worker");
    meta_put_str(&w, "version");
    meta_put_str(&w, PACKAGE_VERSION);
    meta_put_str(&w, "host");
    meta_put_str(&w, n->host);
    put_row(&w, "pid", (uint64_t)getpid());
    put_row(&w, "slots", n->settings->slots);
    put_row(&w, "queued", queued);
    put_row(&w, "running", running);
    put_row(&w, "computations", comps);
    put_row(&w, "finished", n->finished);
    put_row(&w, "failed", n->failed);
    nanny_say(n, &head, NULL, w.data, w.len);
    meta_writer_clear(&w);
}

void nanny_on_status(struct nanny *n, struct link_msg *m)
{
    const struct wire_msg *w = &m->wire;
    struct meta_value what;

    if (meta_find(w->meta, w->head.meta_len, KEY_STATUS_WHAT, &what, NULL) &&
        !meta_is(&what, "self"))
        nanny_say_error(n, w->head.id, PAR_UNSUPPORTED, true,
                        "STATUS: a worker knows `self' only");
    else
        say_self(n, w->head.id);
}
