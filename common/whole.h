/* whole.h - read or write all of it, however many calls that takes
 *
 * read(2) and write(2) may do less than they are asked for, and may be
 * interrupted.  These go on; on blocking descriptors only.
 */
#ifndef PAR_COMMON_WHOLE_H
#define PAR_COMMON_WHOLE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* In the place of an offset: where the descriptor stands. */
#define WHOLE_HERE UINT64_MAX

/* Until `size` octets or the end; returns how many, or -1 with errno. */
ssize_t whole_read(int fd, void *to, size_t size, uint64_t offset);

/* Returns 0, or -1 with errno: a part may have been written. */
int whole_write(int fd, const void *data, size_t len, uint64_t offset);

#endif
