/* output.c - kept in the handle, by thread, until it is asked for or set up
 * again
 */
#include "config.h"

#include "output.h"

#include <stdlib.h>
#include <string.h>

enum { KEY_WORDS = 72 };

struct output {
    struct list node;
    pthread_t thread;
    char *text;
};

static void output_destroy(struct output *o)
{
    list_remove(&o->node);
    free(o->text);
    free(o);
}

static struct output *find(const struct par_client *c)
{
    for (struct list *n = c->outputs.next; n != &c->outputs; n = n->next) {
        struct output *o = LIST_ENTRY(n, struct output, node);

        if (pthread_equal(o->thread, pthread_self()))
            return o;
    }
    return NULL;
}

void output_forget(struct par_client *c)
{
    struct output *o = find(c);

    if (o)
        output_destroy(o);
}

void output_clear(struct par_client *c)
{
    while (!list_is_empty(&c->outputs))
        output_destroy(LIST_ENTRY(c->outputs.next, struct output, node));
}

void output_keep(struct par_client *c, const struct request *q)
{
    struct meta_value v;
    struct output *o;

    if (!meta_find(q->meta.data, q->meta.len, KEY_WORDS, &v, NULL) ||
        v.kind != META_STR || !memchr(v.data, '\n', v.len))
        return;
    o = calloc(1, sizeof *o);
    if (!o)
        return;
    o->thread = pthread_self();
    o->text = strndup((const char *)v.data, v.len);
    list_append(&c->outputs, &o->node);
}

const char *par_setup_output(const struct par_client *c)
{
    struct par_client *own = (struct par_client *)c;
    struct output *o;
    const char *text;

    pthread_mutex_lock(&own->lock);
    o = find(c);
    text = o && o->text ? o->text : "";
    pthread_mutex_unlock(&own->lock);
    return text;
}
