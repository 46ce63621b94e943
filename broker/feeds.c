/* feeds.c - a row of runs, and an index into it; three streams of each */
#include "config.h"

#include "feeds.h"

#include <stdlib.h>
#include <string.h>

struct stream {
    uint64_t granted; /* by its reader */
    uint64_t told;    /* to its writer */
    uint64_t sent;
    bool finished;
};

struct feed {
    uint64_t run;
    uint64_t dispatch; /* the attempt */
    struct stream streams[FEED_STREAMS];
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

static void begin(struct feed *f, uint64_t run, uint64_t dispatch)
{
    *f = (struct feed){.run = run, .dispatch = dispatch};
    for (int i = 1; i < FEED_STREAMS; i++)
        f->streams[i].granted = f->streams[i].told = FEED_BEGINNING;
}

struct feed *feeds_of(struct feeds *in, uint64_t run, uint64_t dispatch)
{
    struct feed *f = find(in, run);

    if (!f) {
        if (make_room(in) || idmap_put(&in->by_run, run, in->used))
            return NULL;
        f = &in->all[in->used++];
        begin(f, run, dispatch);
    } else if (f->dispatch != dispatch) {
        begin(f, run, dispatch);
    }
    return f;
}

struct feed *feeds_at(struct feeds *in, uint32_t i, uint64_t *run)
{
    if (i >= in->used)
        return NULL;
    *run = in->all[i].run;
    return &in->all[i];
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

/* ---- one stream ---- */

void feed_grant(struct feed *f, int stream, uint64_t total)
{
    struct stream *s = &f->streams[stream];

    if (total > s->granted)
        s->granted = total;
}

bool feed_due(struct feed *f, int stream, uint64_t *total)
{
    struct stream *s = &f->streams[stream];
    uint64_t want = s->granted;

    if (want > s->sent + FEED_AHEAD)
        want = s->sent + FEED_AHEAD;
    if (s->finished || want <= s->told || want - s->told < s->told - s->sent)
        return false;
    *total = s->told = want;
    return true;
}

bool feed_send(struct feed *f, int stream, uint64_t offset, size_t len)
{
    struct stream *s = &f->streams[stream];

    if (offset != s->sent || len > s->told - s->sent)
        return false;
    s->sent += len;
    return true;
}

bool feed_finish(struct feed *f, int stream)
{
    bool was = f->streams[stream].finished;

    f->streams[stream].finished = true;
    return !was;
}

bool feed_is_finished(const struct feed *f, int stream)
{
    return f->streams[stream].finished;
}
