/* test_client_result.c - results as C values and as text */
#include "config.h"

#include <par/client.h>

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

#include "client/result.h"
#include "commas.h"
#include "meta.h"
#include "meta_keys.h"

static struct meta_writer w;

static void clear(void)
{
    meta_writer_clear(&w);
}

TestSuite(result, .fini = clear, .timeout = 20);

static struct par_result result(int status)
{
    return (struct par_result){
        .status = status, .executed = 2, .data = w.data, .len = w.len};
}

static void is_text(int status, const char *want)
{
    struct par_result r = result(status);
    char *text;
    size_t len;

    cr_assert(eq(int, par_result_text(&r, &text, &len), 0));
    cr_assert(eq(str, text, (char *)want));
    cr_assert(eq(sz, len, strlen(want)));
    free(text);
    meta_writer_reset(&w);
}

Test(result, text_and_bytes_are_raw)
{
    meta_put_str(&w, "two\nlines");
    is_text(PAR_OK, "two\nlines");
    meta_put_bin(&w, "bytes", 5);
    is_text(PAR_OK, "bytes");
}

Test(result, numbers_are_the_shortest_that_read_back)
{
    meta_put_int(&w, -78498);
    is_text(PAR_OK, "-78498");
    meta_put_uint(&w, UINT64_MAX);
    is_text(PAR_OK, "18446744073709551615");
    meta_put_float(&w, 0.1);
    is_text(PAR_OK, "0.1");
    meta_put_float(&w, 1.0 / 3);
    is_text(PAR_OK, "0.3333333333333333");
    meta_put_float(&w, 2);
    is_text(PAR_OK, "2");
}

Test(result,
     numbers_have_a_point_whatever_the_locale,
     .init = scratch_make,
     .fini = scratch_remove)
{
    use_commas();
    meta_put_float(&w, 1.5);
    is_text(PAR_OK, "1.5");
}

Test(result, the_rest_is_one_line_of_json)
{
    meta_put_array(&w, 3);
    meta_put_int(&w, 1);
    meta_put_nil(&w);
    meta_put_str(&w, "x\n");
    is_text(PAR_OK, "[1,null,\"x\\n\"]");
    meta_put_bool(&w, true);
    is_text(PAR_OK, "true");
    is_text(PAR_OK, ""); /* no value at all */
}

Test(result, octets_that_are_no_msgpack_are_handed_on)
{
    meta_put_raw(&w, "\xc1 own format", 12);
    is_text(PAR_OK, "\xc1 own format");
}

static void exit_map(const char *how, int value, const char *worker)
{
    meta_put_map(&w, worker ? 2 : 1);
    meta_put_uint(&w, KEY_ANY_EXIT);
    meta_put_array(&w, 2);
    meta_put_str(&w, how);
    meta_put_int(&w, value);
    if (worker) {
        meta_put_str(&w, "x-worker");
        meta_put_str(&w, worker);
    }
}

Test(result, a_failure_says_how_and_where)
{
    struct par_result r;
    int value;

    exit_map("exit", 2, "host.1");
    r = result(PAR_EXIT);
    cr_assert(eq(int, par_result_exit(&r, &value), 'e'));
    cr_assert(eq(int, value, 2));
    is_text(PAR_EXIT, "exit 2 on host.1");
    exit_map("signal", 11, NULL);
    r = result(PAR_SIGNAL);
    cr_assert(eq(int, par_result_exit(&r, &value), 's'));
    is_text(PAR_SIGNAL, "signal 11 (Segmentation fault)");
    is_text(PAR_LOST, "LOST");
}

Test(result, a_command_that_could_not_be_started_says_why)
{
    struct par_result r;

    meta_put_map(&w, 3);
    meta_pair_str(&w, KEY_ANY_TEXT, "exec nosuch: No such file or directory");
    meta_put_uint(&w, KEY_ANY_EXIT);
    meta_put_array(&w, 2);
    meta_put_str(&w, "exit");
    meta_put_int(&w, 127);
    meta_put_str(&w, "x-phase");
    meta_put_str(&w, "not started");
    r = result(PAR_EXIT);
    r.executed = 1; /* the broker may have heard too little to rule it out */
    cr_assert(eq(int, result_was_started(&r), false));
    is_text(PAR_EXIT, "exec nosuch: No such file or directory");
}

Test(result, c_values_of_another_kind_are_zero)
{
    struct par_result r;
    size_t len;

    meta_put_str(&w, "12");
    r = result(PAR_OK);
    cr_assert(eq(i64, par_result_int(&r), 0));
    cr_assert(eq(dbl, par_result_float(&r), 0));
    par_result_bytes(&r, &len);
    cr_assert(eq(sz, len, 2));
    meta_writer_reset(&w);
    meta_put_float(&w, 1e300);
    r = result(PAR_OK);
    cr_assert(eq(i64, par_result_int(&r), 0));
    par_result_bytes(&r, &len);
    cr_assert(eq(sz, len, 0));
}

Test(result, an_argument_with_a_fraction_keeps_it)
{
    cr_assert(eq(dbl, par_value(1.5F).f, 1.5));
    cr_assert(eq(dbl, par_value(1.5).f, 1.5));
    cr_assert(eq(dbl, par_value(1.5L).f, 1.5));
}
