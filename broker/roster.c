/* roster.c - a worker's own copy of what it said, and what it may hold
 *
 * Labels and resources are checked and copied once, when it registers; nothing
 * later depends on the message they came in.
 */
#include "config.h"

#include "roster.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Steps of load per slot: enough to tell 4 workers of different sizes apart,
 * few enough that the usual window of slots + 1 stays below the last. */
enum { STEPS_PER_SLOT = 16 };

static int copy_labels(struct worker *w, const struct worker_desc *desc)
{
    if (desc->label_count == 0)
        return 0;
    w->labels = calloc(desc->label_count, sizeof *w->labels);
    if (!w->labels)
        return -1;
    for (size_t i = 0; i < desc->label_count; i++) {
        w->label_count++;
        w->labels[i].key = strdup(desc->labels[i].key);
        w->labels[i].value = strdup(desc->labels[i].value);
        if (!w->labels[i].key || !w->labels[i].value)
            return -1;
    }
    return 0;
}

static int copy_resource(struct resource *to, const struct sched_resource *from)
{
    size_t n = (size_t)from->count;

    to->total = to->free = from->count;
    to->name = strdup(from->name);
    if (!to->name)
        return -1;
    if (!from->indexes || n == 0)
        return 0;
    to->total = to->free = (double)n;
    to->indexes = malloc(n * sizeof *to->indexes);
    if (!to->indexes)
        return -1;
    memcpy(to->indexes, from->indexes, n * sizeof *to->indexes);
    return 0;
}

static int copy_resources(struct worker *w, const struct worker_desc *desc)
{
    if (desc->resource_count == 0)
        return 0;
    w->resources = calloc(desc->resource_count, sizeof *w->resources);
    if (!w->resources)
        return -1;
    for (size_t i = 0; i < desc->resource_count; i++) {
        w->resource_count++;
        if (copy_resource(&w->resources[i], &desc->resources[i]) < 0)
            return -1;
    }
    return 0;
}

static int check(const struct worker_desc *desc, struct par_error *err)
{
    if (desc->slots + (uint64_t)desc->io_slots == 0)
        return par_fail(err, EINVAL, "worker %s has no slots", desc->name);
    if (desc->slots > ROSTER_SLOTS || desc->io_slots > ROSTER_SLOTS)
        return par_fail(err, EINVAL, "worker %s: more than %d slots",
                        desc->name, ROSTER_SLOTS);
    for (size_t i = 0; i < desc->resource_count; i++) {
        double count = desc->resources[i].count;

        if (count >= 0 && count <= 1e15 &&
            (!desc->resources[i].indexes || count <= ROSTER_SLOTS))
            continue;
        return par_fail(err, EINVAL, "worker %s: resource %s: not a count",
                        desc->name, desc->resources[i].name);
    }
    return 0;
}

int worker_init(struct worker *w,
                uint32_t number,
                const struct worker_desc *desc,
                struct par_error *err)
{
    if (check(desc, err) < 0)
        return -1;
    w->number = number;
    w->account = desc->account;
    w->pid = desc->pid;
    w->thread_slots = desc->thread_slots;
    w->reserved = w->fresh = POOL_NONE;
    w->sides[RUN_CPU].slots = desc->slots;
    w->sides[RUN_IO].slots = desc->io_slots;
    for (int i = 0; i < RUN_CLASSES; i++)
        list_init(&w->sides[i].roomy);
    job_row_init(&w->held);
    list_init(&w->touched);
    list_init(&w->requests);
    list_init(&w->doomed);
    w->name = strdup(desc->name);
    w->host = strdup(desc->host);
    if (!w->name || !w->host || copy_labels(w, desc) < 0 ||
        copy_resources(w, desc) < 0)
        return par_fail(err, ENOMEM, "worker %s: out of memory", desc->name);
    return 0;
}

void worker_clear(struct worker *w)
{
    for (uint32_t i = 0; i < w->label_count; i++) {
        free(w->labels[i].key);
        free(w->labels[i].value);
    }
    for (uint32_t i = 0; i < w->resource_count; i++) {
        free(w->resources[i].name);
        free(w->resources[i].indexes);
    }
    free(w->labels);
    free(w->resources);
    free(w->name);
    free(w->host);
}

static bool is_text(const char *text, const char *other, size_t len)
{
    return strlen(text) == len && memcmp(text, other, len) == 0;
}

struct resource *worker_resource(const struct worker *w,
                                 const char *name,
                                 size_t len)
{
    for (uint32_t i = 0; i < w->resource_count; i++)
        if (is_text(w->resources[i].name, name, len))
            return &w->resources[i];
    return NULL;
}

const char *worker_label(const struct worker *w, const char *key, size_t len)
{
    for (uint32_t i = 0; i < w->label_count; i++)
        if (is_text(w->labels[i].key, key, len))
            return w->labels[i].value;
    return NULL;
}

uint32_t side_load(const struct side *side)
{
    uint64_t load;

    if (side->held == 0)
        return 0;
    load = 1 + side->ahead * STEPS_PER_SLOT / side_window(side);
    return load < ROSTER_LOADS ? (uint32_t)load : ROSTER_LOADS - 1;
}
