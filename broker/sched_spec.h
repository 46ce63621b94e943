/* sched_spec.h - the metadata of RUNs, read once
 *
 * Batches with the same metadata for the same function share a spec.  The
 * last ones used stay a while without a job: the next batch is likely to want
 * them again.
 */
#ifndef PAR_BROKER_SCHED_SPEC_H
#define PAR_BROKER_SCHED_SPEC_H

#include "sched_state.h"

/* Find or make the spec; *spec gets its place.  Returns PAR_OK or the status
 * that refuses, with the reason in err. */
int spec_intern(struct sched *s,
                const struct spec_key *key,
                uint32_t *spec,
                struct par_error *err);

/* What a spec in use adds to the octets that its account keeps queued. */
uint64_t spec_cost(const struct spec *spec);

/* Jobs use it, or one does not any more. */
void spec_hold(struct sched *s, uint32_t spec, uint32_t jobs);
void spec_release(struct sched *s, uint32_t spec);

/* Let go of the idle ones that are too many, of all with `target`. */
void spec_trim(struct sched *s);
void spec_drop_target(struct sched *s, uint32_t target);

#endif
