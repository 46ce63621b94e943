/* test_utf8.c - what is text, octet by octet */
#include "config.h"

#include "utf8.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdbool.h>
#include <string.h>

TestSuite(utf8, .timeout = 10);

static bool is_well_formed(const char *text, size_t len)
{
    size_t step = 1;

    for (; len > 0 && step > 0; text += step, len -= step)
        step = utf8_step(text, len);
    return step > 0;
}

Test(utf8, steps_over_characters_of_one_to_four_octets)
{
    cr_assert(eq(sz, utf8_step("a\xFF", 2), 1));
    cr_assert(eq(sz, utf8_step("\xC3\xA4", 2), 2));
    cr_assert(eq(sz, utf8_step("\xE2\x82\xAC", 3), 3));
    cr_assert(eq(sz, utf8_step("\xF0\x9F\x98\x80", 4), 4));
    cr_assert(eq(sz, utf8_step("\0", 1), 1));
}

Test(utf8, knows_the_first_and_the_last_of_each_range)
{
    static const char *const good[] = {
        "\xC2\x80",         "\xDF\xBF",         "\xE0\xA0\x80",
        "\xE1\x80\x80",     "\xEC\xBF\xBF",     "\xED\x80\x80",
        "\xED\x9F\xBF",     "\xEE\x80\x80",     "\xEF\xBF\xBF",
        "\xF0\x90\x80\x80", "\xF1\x80\x80\x80", "\xF3\xBF\xBF\xBF",
        "\xF4\x8F\xBF\xBF",
    };

    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        cr_assert(is_well_formed(good[i], strlen(good[i])), "case %zu", i);
}

Test(utf8, refuses_what_is_cut_off_at_every_length)
{
    cr_assert(eq(sz, utf8_step("", 0), 0));
    cr_assert(eq(sz, utf8_step("\xC3\xA4", 1), 0));
    for (size_t len = 1; len < 4; len++)
        cr_assert(eq(sz, utf8_step("\xF0\x9F\x98\x80", len), 0));
}

Test(utf8, refuses_overlong_forms_surrogates_and_what_is_above_unicode)
{
    static const char *const bad[] = {
        "\x80",         "\xBF",         "\xC0\xAF",         "\xC1\xBF",
        "\xE0\x80\xAF", "\xED\xA0\x80", "\xF0\x80\x80\xAF", "\xF4\x90\x80\x80",
        "\xF5\x80\x80", "\xFE",         "\xC3\x28",         "\xE2\x82\x28",
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert(eq(sz, utf8_step(bad[i], 4), 0), "case %zu", i);
}

Test(utf8, checks_all_of_a_text)
{
    cr_assert(is_well_formed("", 0));
    cr_assert(is_well_formed("gr\xC3\xB6\xC3\x9F"
                             "e",
                             7));
    cr_assert(eq(int,
                 is_well_formed("gr\xC3\xB6\xC3\x9F"
                                "e",
                                3),
                 false));
    cr_assert(eq(int, is_well_formed("abc\xFF", 4), false));
}
