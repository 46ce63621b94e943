/* feed.h - our standard input, as that of one job
 *
 * A thread of its own reads and writes, because reading may block for ever.
 */
#ifndef PAR_CLIENT_FEED_H
#define PAR_CLIENT_FEED_H

#include <stdint.h>

#include <par/client.h>

struct feed;

/* NULL if out of memory or threads. */
struct feed *feed_start(struct par_client *c, uint64_t job);

/* The job has ended: from now on the handle is not touched.  The thread may
 * stay behind in read(2) until the process ends.  Returns 0, or the errno with
 * which reading ended.  NULL is allowed. */
int feed_stop(struct feed *f);

#endif
