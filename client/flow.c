/* flow.c - what a stream may do when its command starts */
#include "config.h"

#include "flow.h"

#include <stdlib.h>

struct flow *flow_create(void)
{
    struct flow *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    for (int i = 0; i < 2; i++)
        flow_begin(&s->out[i]);
    return s;
}

void flow_destroy(struct flow *s)
{
    free(s);
}

void flow_grant(struct flow_side *side, uint64_t total)
{
    side->granted = total;
    if (side->most < total)
        side->most = total;
}

void flow_begin(struct flow_side *side)
{
    *side = (struct flow_side){.most = side->most};
    flow_grant(side, FLOW_WINDOW);
}

bool flow_use(struct flow_side *side, size_t len)
{
    side->used += len;
    return side->used <= side->most;
}
