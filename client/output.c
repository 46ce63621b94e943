/* output.c - kept by the thread that asked, until it asks again or ends
 *
 * A thread's number would not do: the next one may get it.
 */
#include "config.h"

#include "meta_keys.h"
#include "output.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct output {
    uint64_t handle; /* whose set-up it was */
    char text[];
};

static pthread_key_t key;
static bool has_key;

static void make_key(void)
{
    has_key = pthread_key_create(&key, free) == 0;
}

/* The thread's own; NULL if there is none. */
static struct output *own(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, make_key);
    return has_key ? pthread_getspecific(key) : NULL;
}

void output_forget(void)
{
    struct output *o = own();

    if (o)
        pthread_setspecific(key, NULL);
    free(o);
}

void output_keep(const struct par_client *c, const struct request *q)
{
    struct meta_value v;
    struct output *o;

    output_forget();
    if (!meta_find(q->meta.data, q->meta.len, KEY_ANY_TEXT, &v, NULL) ||
        v.kind != META_STR || !memchr(v.data, '\n', v.len))
        return;
    o = calloc(1, sizeof *o + v.len + 1);
    if (!o)
        return;
    o->handle = c->serial;
    memcpy(o->text, v.data, v.len);
    if (!has_key || pthread_setspecific(key, o))
        free(o);
}

const char *par_setup_output(const struct par_client *c)
{
    struct output *o = own();

    return o && o->handle == c->serial ? o->text : "";
}
