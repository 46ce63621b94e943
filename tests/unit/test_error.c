/* test_error.c - codes, texts and the facts that layers add */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <string.h>

#include <par/error.h>

TestSuite(error, .timeout = 10);

Test(error, fail_fills_code_and_text_and_returns_minus_one)
{
    struct par_error err = {0};

    cr_assert(eq(int, par_fail(&err, EINVAL, "slots: %d is below 1", 0), -1));
    cr_assert(eq(int, err.code, EINVAL));
    cr_assert(eq(str, err.text, "slots: 0 is below 1"));
}

Test(error, nobody_has_to_want_the_details)
{
    cr_assert(eq(int, par_fail(NULL, EINVAL, "lost"), -1));
    cr_assert(eq(int, par_fail_in(NULL, "lost"), -1));
}

Test(error, each_layer_puts_its_fact_in_front)
{
    struct par_error err = {0};

    par_fail(&err, ENOENT, "no such file");
    cr_assert(eq(int, par_fail_in(&err, "wordcount.c"), -1));
    par_fail_in(&err, "setup");
    cr_assert(eq(int, err.code, ENOENT));
    cr_assert(eq(str, err.text, "setup: wordcount.c: no such file"));
}

Test(error, text_may_quote_the_error_it_replaces)
{
    struct par_error err = {0};

    par_fail(&err, EIO, "disk");
    par_fail(&err, EPROTO, "peer said: %s", err.text);
    cr_assert(eq(str, err.text, "peer said: disk"));
}

Test(error, long_text_is_cut_at_its_size)
{
    struct par_error err = {0};

    par_fail(&err, E2BIG, "%0*d", 2 * PAR_ERROR_TEXT, 0);
    cr_assert(eq(sz, strlen(err.text), PAR_ERROR_TEXT - 1));
}

Test(error, a_cut_never_leaves_half_a_character)
{
    struct par_error err = {0};

    par_fail(&err, E2BIG, "%0*d\xC3\xA4", PAR_ERROR_TEXT - 2, 0);
    cr_assert(eq(sz, strlen(err.text), PAR_ERROR_TEXT - 2));
    par_fail(&err, E2BIG, "%0*d\xC3\xA4", PAR_ERROR_TEXT - 3, 0);
    cr_assert(eq(sz, strlen(err.text), PAR_ERROR_TEXT - 1));
    cr_assert(eq(str, err.text + PAR_ERROR_TEXT - 3, "\xC3\xA4"));
}

Test(error, text_is_one_line_that_no_quoted_value_can_break)
{
    struct par_error err = {0};

    par_fail(&err, EINVAL, "name `a\nb\033[2J\xFF\xC3\xA4' is bad");
    cr_assert(eq(str, err.text, "name `a b?[2J?\xC3\xA4' is bad"));
}

Test(error, every_status_has_the_name_of_the_documents)
{
    cr_assert(eq(str, (char *)par_status_name(PAR_OK), "OK"));
    cr_assert(eq(str, (char *)par_status_name(200), "WORKER_LOST"));
    cr_assert(eq(str, (char *)par_status_name(403), "BAD_SIGNATURE"));
}

Test(error, other_numbers_have_none)
{
    cr_assert(eq(str, (char *)par_status_name(1), "?"));
    cr_assert(eq(str, (char *)par_status_name(-1), "?"));
    cr_assert(eq(str, (char *)par_status_name(404), "?"));
}
