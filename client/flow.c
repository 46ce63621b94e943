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
        s->out[i].granted = FLOW_WINDOW;
    return s;
}

void flow_destroy(struct flow *s)
{
    free(s);
}
