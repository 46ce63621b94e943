/* cancel.c - asking for the end of jobs */
#include "config.h"

#include <errno.h>

#include "call.h"
#include "cancel.h"
#include "handle.h"
#include "send.h"

int client_cancel(struct par_client *c,
                  uint64_t id,
                  enum par_cancel mode,
                  struct par_error *err)
{
    struct wire_header head = {.type = WIRE_CANCEL, .id = id, .ref = mode};
    struct run *run = runs_find(&c->runs, id);

    if (!run || run->done)
        return par_fail(err, ENOENT, "job %llu has ended",
                        (unsigned long long)id);
    if (client_end_batch(c, err))
        return -1;
    return client_say(c, &head, NULL, NULL, 0, err);
}

void client_give_up(struct par_client *c, struct group *g)
{
    for (struct list *n = g->open.next; n != &g->open; n = n->next)
        client_cancel(c, LIST_ENTRY(n, struct run, node)->id,
                      PAR_AS_THE_JOB_SAYS, NULL);
    runs_disown(&c->runs, g);
    if (!c->polling)
        client_flush(c);
}

int par_cancel(struct par_client *c,
               uint64_t job,
               enum par_cancel mode,
               struct par_error *err)
{
    int rc;

    if (client_enter(c, err))
        return -1;
    rc = client_cancel(c, job, mode, err);
    client_leave(c);
    return rc;
}
