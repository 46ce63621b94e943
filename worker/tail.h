/* tail.h - the last words of a process: so many octets, so many lines
 *
 * Memory is bounded whatever the process prints.
 */
#ifndef PAR_WORKER_TAIL_H
#define PAR_WORKER_TAIL_H

#include <stddef.h>
#include <stdint.h>

/* All zero, then tail_init(). */
struct tail {
    char *data; /* a ring of `size` octets */
    size_t size;
    size_t at; /* where the next octet goes */
    size_t used;
};

/* Returns -1 if out of memory. */
int tail_init(struct tail *t, size_t size);
void tail_clear(struct tail *t); /* frees */

void tail_add(struct tail *t, const void *data, size_t len);

/* The last `lines` lines (0: all that is kept), whole ones where something
 * was lost, without a final newline, as a string; what is not UTF-8 text (NUL
 * and other control characters but tab and newline) becomes `?`.  Returns its
 * length; at most size - 1 octets, the end of them. */
size_t tail_text(const struct tail *t, unsigned lines, char *to, size_t size);

#endif
