/* doorstep.c - a ring of those who came; tickets say who of them is still here
 */
#include "config.h"

#include "doorstep.h"

#include <stdlib.h>
#include <string.h>

struct doorstep_guest {
    uint64_t ticket;
    uint64_t came;
    int fd;
};

void doorstep_clear(struct doorstep *d)
{
    free(d->guests);
    free(d->tickets);
    memset(d, 0, sizeof *d);
}

static struct doorstep_guest *guest_at(const struct doorstep *d, size_t i)
{
    return &d->guests[(d->first + i) & (d->size - 1)];
}

static int more_guests(struct doorstep *d)
{
    size_t size = d->size ? d->size * 2 : 16;
    struct doorstep_guest *guests;

    if (d->used < d->size)
        return 0;
    guests = malloc(size * sizeof *guests);
    if (!guests)
        return -1;
    for (size_t i = 0; i < d->used; i++)
        guests[i] = *guest_at(d, i);
    free(d->guests);
    d->guests = guests;
    d->first = 0;
    d->size = size;
    return 0;
}

static int more_tickets(struct doorstep *d, size_t fd)
{
    size_t size = d->tickets_size ? d->tickets_size : 64;
    uint64_t *tickets;

    while (size <= fd)
        size *= 2;
    if (size == d->tickets_size)
        return 0;
    tickets = realloc(d->tickets, size * sizeof *tickets);
    if (!tickets)
        return -1;
    memset(tickets + d->tickets_size, 0,
           (size - d->tickets_size) * sizeof *tickets);
    d->tickets = tickets;
    d->tickets_size = size;
    return 0;
}

/* Those in front who have left. */
static void sweep(struct doorstep *d)
{
    while (d->used &&
           d->tickets[guest_at(d, 0)->fd] != guest_at(d, 0)->ticket) {
        d->first++;
        d->used--;
    }
}

int doorstep_come(struct doorstep *d, int fd, uint64_t now)
{
    if (fd < 0 || more_tickets(d, (size_t)fd))
        return -1;
    if (d->tickets[fd])
        return 0;
    sweep(d);
    if (more_guests(d))
        return -1;
    d->tickets[fd] = ++d->last_ticket;
    *guest_at(d, d->used++) = (struct doorstep_guest){
        .ticket = d->last_ticket, .came = now, .fd = fd};
    return 0;
}

void doorstep_leave(struct doorstep *d, int fd)
{
    if (fd >= 0 && (size_t)fd < d->tickets_size)
        d->tickets[fd] = 0;
}

bool doorstep_overdue(struct doorstep *d, uint64_t since, int *fd)
{
    sweep(d);
    if (!d->used || guest_at(d, 0)->came >= since)
        return false;
    *fd = guest_at(d, 0)->fd;
    doorstep_leave(d, *fd);
    return true;
}

uint64_t doorstep_oldest(struct doorstep *d)
{
    sweep(d);
    return d->used ? guest_at(d, 0)->came : UINT64_MAX;
}
