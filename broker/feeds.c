/* feeds.c - a row of runs, and an index into it */
#include "config.h"

#include "feeds.h"

#include <stdlib.h>
#include <string.h>

struct feed {
    uint64_t run;
    uint64_t granted;
    uint64_t sent;
};

void feeds_clear(struct feeds *in)
{
    free(in->all);
    idmap_clear(&in->by_run);
    memset(in, 0, sizeof *in);
}

static struct feed *find(const struct feeds *in, uint64_t run)
{
    uint32_t place = idmap_get(&in->by_run, run);

    return place == IDMAP_NONE ? NULL : &in->all[place];
}

static int make_room(struct feeds *in)
{
    uint32_t size = in->size ? in->size * 2 : 4;
    struct feed *all;

    if (in->used < in->size)
        return 0;
    all = realloc(in->all, size * sizeof *all);
    if (!all)
        return -1;
    in->all = all;
    in->size = size;
    return 0;
}

int feeds_grant(struct feeds *in, uint64_t run, uint64_t granted)
{
    struct feed *feed = find(in, run);

    if (!feed) {
        if (make_room(in) || idmap_put(&in->by_run, run, in->used))
            return -1;
        feed = &in->all[in->used++];
        *feed = (struct feed){.run = run};
    }
    if (granted > feed->granted)
        feed->granted = granted;
    return 0;
}

bool feeds_send(struct feeds *in, uint64_t run, uint64_t len)
{
    struct feed *feed = find(in, run);

    if (len == 0)
        return true;
    if (!feed || len > feed->granted - feed->sent)
        return false;
    feed->sent += len;
    return true;
}

void feeds_end(struct feeds *in, uint64_t run)
{
    uint32_t place = idmap_take(&in->by_run, run);

    if (place == IDMAP_NONE)
        return;
    in->used--;
    if (place == in->used)
        return;
    in->all[place] = in->all[in->used];
    /* replacing a value allocates nothing: this cannot fail */
    idmap_put(&in->by_run, in->all[place].run, place);
}
