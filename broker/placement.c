/* placement.c - compare, hash, match and take a job's terms
 *
 * A placement is copied into one block of memory, texts included, and is freed
 * as one.
 */
#include "config.h"

#include "placement.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "glob.h"
#include "keymap.h"

/* Counts are sums and differences of fractions such as 0.1. */
#define TOLERANCE 1e-9

/* ---- terms as keys ---- */

typedef void text_f(void *arg, struct text *text);

/* Call f for every text of the terms, in one fixed order. */
static void each_text(struct placement *p, text_f *f, void *arg)
{
    f(arg, &p->worker);
    f(arg, &p->host);
    for (uint32_t i = 0; i < p->label_count; i++) {
        f(arg, &p->labels[i].key);
        f(arg, &p->labels[i].value);
    }
    for (uint32_t i = 0; i < p->need_count; i++)
        f(arg, &p->needs[i].name);
}

static void add_length(void *arg, struct text *text)
{
    *(size_t *)arg += text->len;
}

static void move_text(void *arg, struct text *text)
{
    char **to = arg;

    if (!text->data)
        return;
    memcpy(*to, text->data, text->len);
    text->data = *to;
    *to += text->len;
}

int placement_copy(struct placement *to,
                   const struct placement *from,
                   char **texts)
{
    size_t len = 0;
    char *end;

    *to = *from;
    each_text(to, add_length, &len);
    end = *texts = malloc(len + 1); /* malloc(0) may be NULL */
    if (!end)
        return -1;
    each_text(to, move_text, &end);
    return 0;
}

static bool is_same(struct text a, struct text b)
{
    if (!a.data || !b.data)
        return !a.data && !b.data;
    return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

static bool same_amount(double a, double b)
{
    return !(a < b) && !(b < a);
}

bool placement_is_same(const struct placement *a, const struct placement *b)
{
    if (a->account != b->account || a->run_class != b->run_class ||
        a->strict != b->strict || a->unplaceable_ms != b->unplaceable_ms ||
        a->label_count != b->label_count || a->need_count != b->need_count ||
        !is_same(a->worker, b->worker) || !is_same(a->host, b->host))
        return false;
    for (uint32_t i = 0; i < a->label_count; i++)
        if (!is_same(a->labels[i].key, b->labels[i].key) ||
            !is_same(a->labels[i].value, b->labels[i].value))
            return false;
    for (uint32_t i = 0; i < a->need_count; i++)
        if (!is_same(a->needs[i].name, b->needs[i].name) ||
            !same_amount(a->needs[i].amount, b->needs[i].amount))
            return false;
    return true;
}

static void hash_text(void *arg, struct text *text)
{
    uint64_t *hash = arg;

    *hash = keymap_hash(*hash, text->data ? text->data : "", text->len);
}

/* Of all that placement_is_same() looks at: many jobs differ in nothing but an
 * amount. */
uint64_t placement_hash(uint64_t seed, const struct placement *p)
{
    uint32_t numbers[] = {p->account, (uint32_t)p->run_class, p->strict,
                          p->label_count, p->need_count};
    struct placement copy = *p;
    uint64_t hash = keymap_hash(seed, &p->unplaceable_ms, sizeof(int64_t));

    hash = keymap_hash(hash, numbers, sizeof numbers);
    each_text(&copy, hash_text, &hash);
    for (uint32_t i = 0; i < p->need_count; i++) {
        double amount = p->needs[i].amount + 0.0; /* -0.0 is 0.0 */

        hash = keymap_hash(hash, &amount, sizeof amount);
    }
    return hash;
}

/* ---- does a worker meet them ---- */

static bool equals(struct text text, const char *other)
{
    return strlen(other) == text.len && memcmp(text.data, other, text.len) == 0;
}

static bool has_label(const struct worker *w, const struct placement_label *l)
{
    const char *value = worker_label(w, l->key.data, l->key.len);

    return value && equals(l->value, value);
}

/* What a job takes of a resource: indexes are whole. */
static double amount_of(const struct resource *r, double amount)
{
    double whole;

    if (!r->indexes)
        return amount;
    whole = (double)(uint64_t)amount;
    return whole + TOLERANCE < amount ? whole + 1 : whole;
}

static bool has_total(const struct worker *w, const struct placement_need *n)
{
    const struct resource *r = worker_resource(w, n->name.data, n->name.len);

    return r && amount_of(r, n->amount) <= r->total + TOLERANCE;
}

/* The terms in the order they are looked at, 0: none. */
enum {
    TERM_ACCOUNT = 1,
    TERM_CLASS,
    TERM_WORKER,
    TERM_HOST,
    TERM_LABELS,
    TERM_NEEDS = TERM_LABELS + PLACEMENT_LABELS
};
_Static_assert(TERM_NEEDS + PLACEMENT_NEEDS == PLACEMENT_TERMS, "all of them");

/* Say what is missing, if somebody wants to know.  Returns the term. */
static unsigned misses(struct placement_lack *lack,
                       unsigned term,
                       const char *format,
                       ...) __attribute__((format(printf, 3, 4)));

static unsigned misses(struct placement_lack *lack,
                       unsigned term,
                       const char *format,
                       ...)
{
    va_list args;

    if (!lack)
        return term;
    va_start(args, format);
    vsnprintf(lack->term, sizeof lack->term, format, args);
    va_end(args);
    lack->instead[0] = '\0';
    return term;
}

/* ... and what there is instead. */
static void instead(struct placement_lack *lack, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void instead(struct placement_lack *lack, const char *format, ...)
{
    va_list args;

    if (!lack)
        return;
    va_start(args, format);
    vsnprintf(lack->instead, sizeof lack->instead, format, args);
    va_end(args);
}

static unsigned misses_label(struct placement_lack *lack,
                             const struct worker *w,
                             const struct placement *p,
                             uint32_t i)
{
    const struct placement_label *l = &p->labels[i];
    const char *value;

    if (!lack)
        return TERM_LABELS + i;
    value = worker_label(w, l->key.data, l->key.len);
    misses(lack, TERM_LABELS + i, "the label %.*s=%.*s", (int)l->key.len,
           l->key.data, (int)l->value.len, l->value.data);
    if (value)
        instead(lack, "%.*s=%s", (int)l->key.len, l->key.data, value);
    return TERM_LABELS + i;
}

static unsigned misses_need(struct placement_lack *lack,
                            const struct worker *w,
                            const struct placement *p,
                            uint32_t i)
{
    const struct placement_need *n = &p->needs[i];
    const struct resource *r;

    if (!lack)
        return TERM_NEEDS + i;
    r = worker_resource(w, n->name.data, n->name.len);
    misses(lack, TERM_NEEDS + i, "the resource %.*s=%.15g", (int)n->name.len,
           n->name.data, n->amount);
    if (r)
        instead(lack, "%s=%.15g", r->name, r->total);
    return TERM_NEEDS + i;
}

/* The first wish or need that the worker does not meet. */
static unsigned missing_wish(const struct placement *p,
                             const struct worker *w,
                             struct placement_lack *lack)
{
    if (p->worker.data && !equals(p->worker, w->name)) {
        misses(lack, TERM_WORKER, "the name %.*s", (int)p->worker.len,
               p->worker.data);
        instead(lack, "%s", w->name);
        return TERM_WORKER;
    }
    if (p->host.data && !glob_match(p->host.data, p->host.len, w->host)) {
        misses(lack, TERM_HOST, "a host like %.*s", (int)p->host.len,
               p->host.data);
        instead(lack, "%s", w->host);
        return TERM_HOST;
    }
    for (uint32_t i = 0; i < p->label_count; i++)
        if (!has_label(w, &p->labels[i]))
            return misses_label(lack, w, p, i);
    return 0;
}

static unsigned missing_need(const struct placement *p,
                             const struct worker *w,
                             struct placement_lack *lack)
{
    if (w->account != 0 && w->account != p->account)
        return misses(lack, TERM_ACCOUNT, "leave to serve this account");
    if (w->sides[p->run_class].slots == 0)
        return misses(lack, TERM_CLASS, "slots of class %s",
                      p->run_class == RUN_IO ? "io" : "cpu");
    for (uint32_t i = 0; i < p->need_count; i++)
        if (!has_total(w, &p->needs[i]))
            return misses_need(lack, w, p, i);
    return 0;
}

unsigned placement_missing(const struct placement *p,
                           const struct worker *w,
                           struct placement_lack *lack)
{
    unsigned term = missing_need(p, w, lack);

    return term == 0 && p->strict ? missing_wish(p, w, lack) : term;
}

enum placement_match placement_match(const struct placement *p,
                                     const struct worker *w)
{
    if (missing_need(p, w, NULL))
        return PLACEMENT_NEVER;
    if (!missing_wish(p, w, NULL))
        return PLACEMENT_PREFERS;
    return p->strict ? PLACEMENT_NEVER : PLACEMENT_FITS;
}

/* ---- resources ---- */

bool placement_is_free(const struct placement *p, const struct worker *w)
{
    for (uint32_t i = 0; i < p->need_count; i++) {
        const struct placement_need *n = &p->needs[i];
        const struct resource *r =
            worker_resource(w, n->name.data, n->name.len);

        if (!r || amount_of(r, n->amount) > r->free + TOLERANCE)
            return false;
    }
    return true;
}

size_t placement_index_count(const struct placement *p, const struct worker *w)
{
    size_t count = 0;

    for (uint32_t i = 0; i < p->need_count; i++) {
        const struct placement_need *n = &p->needs[i];
        const struct resource *r =
            worker_resource(w, n->name.data, n->name.len);

        if (r && r->indexes)
            count += (size_t)amount_of(r, n->amount);
    }
    return count;
}

void placement_take(const struct placement *p,
                    struct worker *w,
                    struct placement_index *indexes)
{
    for (uint32_t i = 0; i < p->need_count; i++) {
        const struct placement_need *n = &p->needs[i];
        struct resource *r = worker_resource(w, n->name.data, n->name.len);
        double amount = amount_of(r, n->amount);

        for (size_t k = 0; r->indexes && k < (size_t)amount; k++)
            *indexes++ = (struct placement_index){
                (uint32_t)(r - w->resources),
                r->indexes[(size_t)r->free - 1 - k],
            };
        r->free -= amount;
    }
}

void placement_give(const struct placement *p,
                    struct worker *w,
                    const struct placement_index *indexes,
                    size_t count)
{
    for (uint32_t i = 0; i < p->need_count; i++) {
        const struct placement_need *n = &p->needs[i];
        struct resource *r = worker_resource(w, n->name.data, n->name.len);

        if (!r->indexes)
            r->free += n->amount;
        if (r->free > r->total - TOLERANCE)
            r->free = r->total;
    }
    for (size_t i = 0; i < count; i++) {
        struct resource *r = &w->resources[indexes[i].resource];

        r->indexes[(size_t)r->free] = indexes[i].index;
        r->free += 1;
    }
}

bool placement_compete(const struct placement *a, const struct placement *b)
{
    for (uint32_t i = 0; i < a->need_count; i++)
        for (uint32_t k = 0; k < b->need_count; k++)
            if (is_same(a->needs[i].name, b->needs[k].name))
                return true;
    return false;
}
