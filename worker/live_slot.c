/* live_slot.c - a slot's record: made, spoken to, destroyed */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "batch.h"
#include "live_slot.h"
#include "poller.h"

struct live_slot *live_slot_create(int *fd, int *page_fd, struct par_error *err)
{
    struct live_slot *s = calloc(1, sizeof *s);
    int ends[2];

    *fd = *page_fd = -1;
    if (!s) {
        par_fail(err, ENOMEM, "out of memory");
        return NULL;
    }
    s->output = -1;
    s->due = s->check_at = s->grace_at = UINT64_MAX;
    list_init(&s->given);
    if (pipe_pair(ends, err))
        goto fail;
    *fd = ends[1];
    s->pipe = pipe_open(ends[0], err);
    if (!s->pipe)
        goto fail;
    s->page = page_create(page_fd, err);
    if (!s->page)
        goto fail;
    if (tail_init(&s->tail, SLOT_TAIL)) {
        par_fail(err, ENOMEM, "out of memory");
        goto fail;
    }
    return s;
fail:
    if (*fd >= 0)
        close(*fd);
    if (*page_fd >= 0)
        close(*page_fd);
    *fd = *page_fd = -1;
    live_slot_destroy(s, -1);
    return NULL;
}

void live_slot_destroy(struct live_slot *s, int poller)
{
    if (!s)
        return;
    if (s->pipe)
        poller_forget(poller, pipe_fd(s->pipe));
    pipe_close(s->pipe);
    page_unmap(s->page);
    tail_clear(&s->tail);
    idmap_clear(&s->met);
    if (s->output >= 0)
        poller_close(poller, s->output);
    free(s);
}

int live_slot_send(struct live_slot *s,
                   const struct wire_header *head,
                   const struct meta_writer *meta,
                   struct par_error *err)
{
    struct batch b = {0};
    const uint8_t *frame;
    size_t len;
    int result;

    batch_begin(&b, head, meta ? meta->data : NULL, meta ? meta->len : 0);
    frame = batch_frame(&b, &len);
    if (!frame || (meta && meta->failed))
        result = par_fail(err, ENOMEM, "out of memory");
    else
        result = pipe_write(s->pipe, frame, len, NULL, 0, err);
    batch_clear(&b);
    if (result == 0)
        s->dirty = true;
    return result;
}

/* 0 is a client, too, but no id in the map. */
static uint64_t met_id(uint32_t client)
{
    return (uint64_t)client + 1;
}

int live_slot_meet(struct live_slot *s, uint32_t client)
{
    return idmap_put(&s->met, met_id(client), 0);
}

bool live_slot_part(struct live_slot *s, const uint32_t *client)
{
    bool any = s->met.used > 0;

    if (client)
        return idmap_take(&s->met, met_id(*client)) != IDMAP_NONE;
    idmap_clear(&s->met);
    return any;
}
