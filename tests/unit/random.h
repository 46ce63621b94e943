/* random.h - numbers for tests that must fail the same way twice
 *
 * xorshift64* (Vigna, "An experimental exploration of Marsaglia's xorshift
 * generators, scrambled", 2016).  A test prints the seed that it starts from.
 */
#ifndef PAR_TESTS_UNIT_RANDOM_H
#define PAR_TESTS_UNIT_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct random {
    uint64_t state; /* the seed; not 0 */
};

static inline uint64_t random_next(struct random *r)
{
    r->state ^= r->state >> 12;
    r->state ^= r->state << 25;
    r->state ^= r->state >> 27;
    return r->state * UINT64_C(0x2545F4914F6CDD1D);
}

/* Below n, which is not 0. */
static inline size_t random_below(struct random *r, size_t n)
{
    return (size_t)(random_next(r) >> 11) % n;
}

#endif
