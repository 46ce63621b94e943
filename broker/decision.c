/* decision.c - a queue in an array
 *
 * Filled at the end and drained from the front.  The texts of reasons lie in a
 * second array until the turn is settled, so that a decision stays small.
 */
#include "config.h"

#include "decision.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SIZE = 256, KEEP_SIZE = 8192, FIRST_REASONS = 16 };

void decisions_clear(struct decisions *q)
{
    decisions_settle(q);
    free(q->items);
    free(q->reasons);
    *q = (struct decisions){0};
}

static int grow(struct decisions *q)
{
    size_t size = q->size ? 2 * q->size : FIRST_SIZE;
    struct decision *items;

    if (q->end < q->size)
        return 0;
    items = realloc(q->items, size * sizeof *items);
    if (!items)
        return -1;
    q->items = items;
    q->size = size;
    return 0;
}

struct decision *decisions_add(struct decisions *q, enum decision_kind kind)
{
    struct decision *d;

    if (grow(q) < 0) {
        q->failed = true;
        d = &q->spill;
    } else {
        d = &q->items[q->end++];
    }
    *d = (struct decision){.kind = kind};
    return d;
}

void decisions_forget(struct decisions *q, struct payload_ref payload)
{
    if (payload.block != 0)
        decisions_add(q, DECIDE_FORGET)->payload = payload;
}

bool decisions_next(struct decisions *q, struct decision *d)
{
    if (q->next == q->end) {
        q->next = q->end = 0;
        return false;
    }
    *d = q->items[q->next++];
    return true;
}

uint32_t decisions_reason(struct decisions *q, const char *text)
{
    if (q->reason_count > 0 &&
        strcmp(q->reasons[q->reason_count - 1], text) == 0)
        return (uint32_t)q->reason_count;
    if (q->reason_count == q->reason_size) {
        size_t size = q->reason_size ? 2 * q->reason_size : FIRST_REASONS;
        char **reasons = realloc(q->reasons, size * sizeof *reasons);

        if (!reasons)
            return 0;
        q->reasons = reasons;
        q->reason_size = size;
    }
    q->reasons[q->reason_count] = strdup(text);
    if (!q->reasons[q->reason_count])
        return 0;
    return (uint32_t)++q->reason_count;
}

const char *decisions_reason_text(const struct decisions *q, uint32_t reason)
{
    return reason > 0 && reason <= q->reason_count ? q->reasons[reason - 1]
                                                   : "";
}

void decisions_settle(struct decisions *q)
{
    for (size_t i = 0; i < q->reason_count; i++)
        free(q->reasons[i]);
    q->reason_count = 0;
    if (q->size > KEEP_SIZE && q->next == q->end) {
        free(q->items);
        q->items = NULL;
        q->size = q->next = q->end = 0;
    }
}
