/* shelf.c - places in a sparse file */
#include "config.h"

#include "shelf.h"
#include "whole.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SPARSE = 4 }; /* the file may be so many times as long as the cap */

int shelf_init(struct shelf *s, const char *dir, uint64_t cap)
{
    *s = (struct shelf){.dir = strdup(dir), .fd = -1, .cap = cap};
    list_init(&s->laid);
    return s->dir ? 0 : -1;
}

void shelf_clear(struct shelf *s)
{
    if (s->fd >= 0)
        close(s->fd);
    s->fd = -1;
    free(s->dir);
    s->dir = NULL;
}

static struct shelf_place *entry(const struct list *node)
{
    return LIST_ENTRY(node, struct shelf_place, node);
}

static uint64_t end_of(const struct shelf *s)
{
    const struct shelf_place *last = entry(s->laid.prev);

    return list_is_empty(&s->laid) ? 0 : last->at + last->room;
}

/* Behind all others, or in the first gap where the file would get too long. */
void shelf_lay(struct shelf *s, struct shelf_place *place, uint64_t room)
{
    uint64_t free_from = 0;

    place->room = room;
    place->at = end_of(s);
    list_append(&s->laid, &place->node);
    if (!s->solid && place->at + room <= SPARSE * s->cap)
        return;
    for (struct list *n = s->laid.next; n != &place->node; n = n->next) {
        if (entry(n)->at - free_from >= room) {
            list_remove(&place->node);
            list_append(n, &place->node); /* before it */
            place->at = free_from;
            return;
        }
        free_from = entry(n)->at + entry(n)->room;
    }
}

void shelf_vacate(struct shelf *s, struct shelf_place *place)
{
    uint64_t end;

    list_remove(&place->node);
    if (s->fd < 0)
        return;
    end = end_of(s);
    if (place->at >= end) {
        if (ftruncate(s->fd, (off_t)end))
            s->solid = true;
    } else if (fallocate(s->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                         (off_t)place->at, (off_t)place->room)) {
        s->solid = true;
    }
}

/* An unlinked file; on file systems without O_TMPFILE one that is unlinked at
 * once. */
static int open_nameless(const char *dir)
{
    char path[4096];
    int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (fd >= 0)
        return fd;
    snprintf(path, sizeof path, "%s/par-blob-XXXXXX", dir);
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    return fd;
}

int shelf_write(struct shelf *s,
                const struct shelf_place *place,
                uint64_t offset,
                const void *data,
                size_t len,
                struct par_error *err)
{
    if (s->fd < 0)
        s->fd = open_nameless(s->dir);
    if (s->fd < 0 || whole_write(s->fd, data, len, place->at + offset))
        return par_fail(err, errno, "%s: %s", s->dir, strerror(errno));
    return 0;
}

ptrdiff_t shelf_read(const struct shelf *s,
                     const struct shelf_place *place,
                     uint64_t offset,
                     void *to,
                     size_t len)
{
    return pread(s->fd, to, len, (off_t)(place->at + offset));
}
