/* shrink.h - a folder of files by content, held to a size */
#ifndef PAR_WORKER_SHRINK_H
#define PAR_WORKER_SHRINK_H

#include <stdint.h>

/* Remove what was not used since `before_s` (seconds since 1970), oldest
 * first, until no more than `cap` octets are left.  Returns -1 if the folder
 * cannot be read. */
int shrink(int folder, int64_t before_s, uint64_t cap);

#endif
