/* shelf.h - one unlinked file in which things lie side by side
 *
 * Each has a place of its own.  What is taken away becomes a hole, so it costs
 * no disk; where the file system makes no holes, its place is used again before
 * the file grows.  However many things there are, they cost one descriptor, and
 * nothing is left behind however we end.
 */
#ifndef PAR_BROKER_SHELF_H
#define PAR_BROKER_SHELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <par/error.h>

#include "list.h"

/* Where a thing lies. */
struct shelf_place {
    uint64_t at;
    uint64_t room;
    struct list node; /* in `laid` */
};

struct shelf {
    char *dir;
    int fd;     /* -1 until something is written */
    bool solid; /* this file system makes no holes */
    uint64_t cap;
    struct list laid; /* all places, as they lie */
};

/* `dir` is where the file will be.  The things will together have no more than
 * `cap` octets (2^56 at most).  Fails with ENOMEM. */
int shelf_init(struct shelf *s, const char *dir, uint64_t cap);
void shelf_clear(struct shelf *s);

/* Find a place; nothing is written yet. */
void shelf_lay(struct shelf *s, struct shelf_place *place, uint64_t room);
void shelf_vacate(struct shelf *s, struct shelf_place *place);

/* `offset` is counted from the place's beginning. */
int shelf_write(struct shelf *s,
                const struct shelf_place *place,
                uint64_t offset,
                const void *data,
                size_t len,
                struct par_error *err);
ptrdiff_t shelf_read(const struct shelf *s,
                     const struct shelf_place *place,
                     uint64_t offset,
                     void *to,
                     size_t len);

#endif
