/* memfd.h - octets that travel as a descriptor */
#ifndef PAR_WORKER_MEMFD_H
#define PAR_WORKER_MEMFD_H

#include <stddef.h>
#include <stdint.h>

#include <par/error.h>

/* A memfd that holds these octets and can never change.  -1 on failure. */
int memfd_make(const void *data, size_t len, struct par_error *err);

/* Copy what somebody made so: 1 to `max` octets, followed by a zero octet.
 * The caller frees it, and keeps the fd.  NULL, with *why, if it is anything
 * else: the seals prove that it is memory, so that reading can neither block
 * nor fail half-way.  (Mapping it could kill us: huge pages may run out.) */
uint8_t *memfd_copy(int fd, size_t max, size_t *len, const char **why);

#endif
