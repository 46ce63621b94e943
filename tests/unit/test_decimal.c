/* test_decimal.c - floats as text, and back */
#include "config.h"

#include "decimal.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <float.h>
#include <math.h>

#include "commas.h"

TestSuite(decimal, .init = scratch_make, .fini = scratch_remove, .timeout = 20);

static char text[DECIMAL_TEXT];

static char *written(double f)
{
    decimal_write(text, f);
    return text;
}

Test(decimal, it_is_the_shortest_that_reads_back)
{
    cr_assert(eq(str, written(0.1), "0.1"));
    cr_assert(eq(str, written(2), "2"));
    cr_assert(eq(str, written(1.0 / 3), "0.3333333333333333"));
    cr_assert(eq(str, written(5e-324), "5e-324"));
    cr_assert(eq(str, written(-DBL_MAX), "-1.7976931348623157e+308"));
}

Test(decimal, what_is_no_number_has_a_name)
{
    cr_assert(eq(str, written((double)NAN), "nan"));
    cr_assert(eq(str, written(-(double)NAN), "nan"));
    cr_assert(eq(str, written(-(double)INFINITY), "-inf"));
}

Test(decimal, a_locale_with_a_comma_changes_nothing)
{
    char *end;

    use_commas();
    cr_assert(eq(str, written(-1.25e-7), "-1.25e-07"));
    cr_assert(eq(dbl, decimal_read("1.5x", &end), 1.5));
    cr_assert(eq(str, end, "x"));
}
