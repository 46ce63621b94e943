/* doorstep.h - connections that are open and have not been let in: since when
 *
 * The oldest first.  A connection is named by its descriptor, whose number may
 * be another's later: whoever leaves the doorstep must be told of.  Pure; times
 * are ms.
 */
#ifndef PAR_COMMON_DOORSTEP_H
#define PAR_COMMON_DOORSTEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero is empty. */
struct doorstep {
    struct doorstep_guest *guests; /* a ring, in the order of their coming */
    size_t first;
    size_t used;
    size_t size;       /* a power of two, or 0 */
    uint64_t *tickets; /* by descriptor; 0: not here */
    size_t tickets_size;
    uint64_t last_ticket;
};

void doorstep_clear(struct doorstep *d);

/* It has come, at `now`; who is here already stays in its place.  Returns -1
 * if out of memory: it is not waited for. */
int doorstep_come(struct doorstep *d, int fd, uint64_t now);

/* It was let in, or has gone.  Who is not here is no matter. */
void doorstep_leave(struct doorstep *d, int fd);

/* Who came before `since`: call in a loop; each is told once. */
bool doorstep_overdue(struct doorstep *d, uint64_t since, int *fd);

/* When the first of them came; UINT64_MAX if nobody is here. */
uint64_t doorstep_oldest(struct doorstep *d);

#endif
