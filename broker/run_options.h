/* run_options.h - what the metadata of a RUN asks for (doc/protocol.md, P7) */
#ifndef PAR_BROKER_RUN_OPTIONS_H
#define PAR_BROKER_RUN_OPTIONS_H

#include <par/error.h>

#include "placement.h"

enum retry_on { RETRY_ERROR = 1, RETRY_CRASH = 2, RETRY_TIMEOUT = 4 };

/* As the wire's modes of CANCEL, and one more. */
enum cancel_rule { CANCEL_SOFT = 1, CANCEL_KILL = 2, CANCEL_NEVER = 3 };

/* How a job is treated, wherever it runs.  Times are ms; -1: no limit. */
struct rules {
    int64_t queue_ms;
    int64_t deadline_ms;
    int64_t backoff_first;
    int64_t backoff_max;
    double backoff_factor;
    int32_t priority;
    uint32_t grace_ms;
    uint16_t attempts;
    uint16_t crash_limit;
    uint8_t retry_on; /* enum retry_on, added up */
    uint8_t cancel;   /* enum cancel_rule */
};

struct run_options {
    struct placement where; /* its texts are in the metadata */
    struct rules rules;
};

/* Read metadata that meta_check_map() has passed.  Returns PAR_OK, MALFORMED
 * (naming key, value and what is allowed) or UNSUPPORTED (naming the key),
 * with the sentence in err. */
int run_options_parse(struct run_options *o,
                      const void *meta,
                      size_t len,
                      struct par_error *err);

#endif
