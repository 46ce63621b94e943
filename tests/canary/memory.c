/* memory.c - tests that must fail under the sanitizers
 *
 * Criterion calls a test passed that leaks or overruns unless the sanitizers
 * abort; tests/as-user sees to that, tests/canary/run proves it. */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <limits.h>
#include <stdlib.h>

Test(canary, sound)
{
    cr_assert(eq(int, 1, 1));
}

Test(canary, assertion)
{
    cr_assert(eq(int, 1, 2));
}

Test(canary, leak)
{
    char *volatile lost = malloc(10);

    cr_assert(ne(ptr, lost, NULL));
    lost = NULL;
}

Test(canary, overrun)
{
    char *volatile short_one = malloc(10);
    volatile size_t at = 10;

    cr_assert(ne(ptr, short_one, NULL));
    cr_assert(ge(int, short_one[at], CHAR_MIN));
    free(short_one);
}

Test(canary, after_free)
{
    char *volatile gone = calloc(1, 10);

    cr_assert(ne(ptr, gone, NULL));
    free(gone);
    cr_assert(ge(int, gone[0], CHAR_MIN));
}

Test(canary, undefined)
{
    volatile int most = INT_MAX;

    most = most + 1;
    cr_assert(ne(int, most, 0));
}
