/* primes.c - a computation: how many primes there are in a range
 *
 *     parctl setup primes.c
 *     parctl run primes.c:count 1 1000000        78498
 *     parctl close primes.c
 *
 * The sieve of Eratosthenes over the range, by the primes up to its root,
 * which each slot finds once and keeps.
 */
#include <par/task.h>
#include <stdlib.h>
#include <string.h>

enum { SMALL = 1 << 16, RANGE_MAX = 100000000 };

struct sieve {
    uint32_t primes[6600]; /* there are 6542 below 2^16 */
    size_t count;
};

static int find_small(struct par_task *t)
{
    static unsigned char composite[SMALL];
    struct sieve *s = calloc(1, sizeof *s);

    if (!s)
        return par_throw(t, 1, "out of memory");
    for (uint32_t i = 2; i < SMALL; i++) {
        if (composite[i])
            continue;
        s->primes[s->count++] = i;
        for (uint32_t k = 2 * i; k < SMALL; k += i)
            composite[k] = 1;
    }
    par_set_state(t, s);
    return 0;
}
PAR_SLOT_SETUP(find_small)

static int forget_small(struct par_task *t)
{
    free(par_state(t));
    return 0;
}
PAR_SLOT_CLOSE(forget_small)

static int count(struct par_task *t)
{
    const struct sieve *s = par_state(t);
    int64_t low = par_int(t, 0), high = par_int(t, 1), found = 0;
    unsigned char *composite;

    if (low < 2)
        low = 2;
    if (high >= (int64_t)SMALL * SMALL || high - low >= RANGE_MAX)
        return par_throw(t, 2, "count: below 2^32, and 10^8 at a time");
    if (high < low)
        return par_put_int(t, 0);
    composite = calloc(1, (size_t)(high - low + 1));
    if (!composite)
        return par_throw(t, 1, "out of memory");
    for (size_t i = 0; i < s->count; i++) {
        int64_t p = s->primes[i], k = (low + p - 1) / p * p;

        if (p * p > high)
            break;
        for (k = k < p * p ? p * p : k; k <= high; k += p)
            composite[k - low] = 1;
    }
    for (int64_t k = 0; k <= high - low; k++)
        found += !composite[k];
    free(composite);
    return par_put_int(t, found);
}
PAR_FUNCTION(count, "low:i,high:i->i")
