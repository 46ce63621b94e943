/* test_options.c - the table that parses and explains a command line */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <errno.h>
#include <string.h>

#include "options.h"

enum { SLOTS, NAME, DEBUG };

static const struct option_spec table[] = {
    {'c', "slots", "N", "how many\nat once"},
    {0, "name", "NAME", "of the worker"},
    {'d', "debug", NULL, "say more"},
    {0}};

TestSuite(options, .timeout = 10);

#define PARSE(...)                                                             \
    char *argv[] = {"prog", __VA_ARGS__, NULL};                                \
    struct options o = {                                                       \
        .table = table, .argc = sizeof argv / sizeof *argv - 1, .argv = argv}; \
    const char *value = NULL;                                                  \
    struct par_error err = {0}

Test(options, are_told_one_by_one_with_their_values)
{
    PARSE("-c", "4", "--name=x", "-d", "word", "-c");

    cr_assert(eq(int, options_next(&o, &value, &err), SLOTS));
    cr_assert(eq(str, (char *)value, "4"));
    cr_assert(eq(int, options_next(&o, &value, &err), NAME));
    cr_assert(eq(str, (char *)value, "x"));
    cr_assert(eq(int, options_next(&o, &value, &err), DEBUG));
    cr_assert(eq(int, options_next(&o, &value, &err), OPTIONS_END));
    cr_assert(eq(str, argv[o.at], "word"), "the first word ends them");
}

Test(options, end_after_two_dashes)
{
    PARSE("-d", "--", "-c");

    cr_assert(eq(int, options_next(&o, &value, &err), DEBUG));
    cr_assert(eq(int, options_next(&o, &value, &err), OPTIONS_END));
    cr_assert(eq(str, argv[o.at], "-c"));
}

Test(options, that_are_unknown_are_named_with_the_nearest)
{
    PARSE("--nmae", "x");

    cr_assert(eq(int, options_next(&o, &value, &err), OPTIONS_BAD));
    cr_assert(eq(int, err.code, EINVAL));
    cr_assert(
        eq(str, err.text, "there is no option --nmae; did you mean --name?"));
    argv[1] = "-z";
    o.started = false;
    cr_assert(eq(int, options_next(&o, &value, &err), OPTIONS_BAD));
    cr_assert(eq(str, err.text, "there is no option -z"));
}

Test(options, want_a_value_exactly_where_the_table_says)
{
    PARSE("--debug=yes", "--slots");

    cr_assert(eq(int, options_next(&o, &value, &err), OPTIONS_BAD));
    cr_assert(eq(str, err.text, "option --debug takes no value"));
    cr_assert(eq(int, options_next(&o, &value, &err), OPTIONS_BAD));
    cr_assert(eq(str, err.text, "option --slots wants a value"));
}

Test(options, nearest_word_is_a_slip_of_the_fingers_or_none)
{
    const char *const verbs[] = {"run", "map", "workers", "status", NULL};

    cr_assert(eq(str, (char *)options_nearest("worker", verbs), "workers"));
    cr_assert(eq(str, (char *)options_nearest("statsu", verbs), "status"));
    cr_assert(eq(str, (char *)options_nearest("rnu", verbs), "run"));
    cr_assert(eq(ptr, (void *)options_nearest("elephant", verbs), NULL));
}

Test(options, numbers_are_whole_and_within_bounds)
{
    struct par_error err = {0};
    int64_t v = 7;

    cr_assert(eq(int, options_int("--slots", "-2", -8, 8, &v, &err), 0));
    cr_assert(eq(i64, v, -2));
    cr_assert(eq(int, options_int("--slots", "many", 0, 8, &v, &err), -1));
    cr_assert(eq(str, err.text, "--slots: `many' is not a whole number"));
    cr_assert(eq(int, options_int("--slots", "9", 0, 8, &v, &err), -1));
    cr_assert(eq(str, err.text,
                 "--slots: 9 is out of range; from 0 to 8 is allowed"));
    cr_assert(eq(int, options_int("--slots", "1.5", 0, 8, &v, &err), -1));
    cr_assert(eq(int, options_int("--slots", "", 0, 8, &v, &err), -1));
    cr_assert(eq(i64, v, -2), "a refused value changes nothing");
}

Test(options, times_have_units_or_are_seconds)
{
    static const struct {
        const char *text;
        int64_t ms;
    } good[] = {{"10", 10000},   {"1.5s", 1500}, {"200ms", 200}, {"2m", 120000},
                {"1h", 3600000}, {"0.0001s", 1}, {"0", 0},       {".5", 500}};
    static const char *const bad[] = {
        "",   "soon", "-1", "-5s",   "1e3", "0x10", "inf", "nan",
        " 5", "5 s",  "5S", "1.2.3", "s",   ".",    "1d",  "9999999999999h"};
    int64_t ms = 7;
    struct par_error err = {0};

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_assert(
            eq(int, options_time("--x", bad[i], 0, 1 << 30, &ms, &err), -1),
            "%s", bad[i]);
        cr_assert(eq(i64, ms, 7), "a refused value changes nothing");
    }
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        cr_assert(eq(int,
                     options_time("--x", good[i].text, 0, 1 << 30, &ms, &err),
                     0),
                  "%s", good[i].text);
        cr_assert(eq(i64, ms, good[i].ms));
    }
}

Test(options, times_out_of_range_are_told_the_range)
{
    int64_t ms = 7;
    struct par_error err = {0};

    cr_assert(eq(int, options_time("--x", "49ms", 50, 7200000, &ms, &err), -1));
    cr_assert(eq(str, err.text,
                 "--x: 49ms is out of range; from 50ms to 2h is allowed"));
    cr_assert(eq(int, options_time("--x", "2h", 50, 7200000, &ms, &err), 0));
    cr_assert(
        eq(int, options_time("--x", "7201s", 50, 7200000, &ms, &err), -1));
    cr_assert(eq(int, options_time("--x", "-1", -1, 1000, &ms, &err), 0));
    cr_assert(eq(i64, ms, -1));
    cr_assert(eq(int, options_time("--x", "-2", -1, 1000, &ms, &err), -1));
    cr_assert(eq(str, err.text,
                 "--x: `-2' is no time; 10, 1.5s, 200ms, 2m or 1h is, or -1"));
}

Test(options, times_are_shown_as_they_are_read)
{
    static const int64_t times[] = {-1,   0,      1,       1500,
                                    2000, 120000, 3600000, 5400000};
    int64_t ms;

    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        char text[OPTIONS_TIME_TEXT];

        options_time_text(text, times[i]);
        cr_assert(eq(int, options_time("--x", text, -1, 1 << 30, &ms, NULL), 0),
                  "%s", text);
        cr_assert(eq(i64, ms, times[i]), "%s", text);
    }
}

Test(options, sizes_have_units)
{
    struct par_error err = {0};
    uint64_t v = 0;

    cr_assert(eq(int, options_size("--max", "4096", &v, &err), 0));
    cr_assert(eq(u64, v, 4096));
    cr_assert(eq(int, options_size("--max", "10m", &v, &err), 0));
    cr_assert(eq(u64, v, 10485760));
    cr_assert(eq(int, options_size("--max", "2G", &v, &err), 0));
    cr_assert(eq(u64, v, UINT64_C(2) << 30));
    cr_assert(eq(int, options_size("--max", "-1", &v, &err), -1));
    cr_assert(eq(int, options_size("--max", "1x", &v, &err), -1));
    cr_assert(eq(int, options_size("--max", "1kb", &v, &err), -1));
    cr_assert(eq(int, options_size("--max", "99999999999t", &v, &err), -1));
    cr_assert(eq(u64, v, UINT64_C(2) << 30));
}

Test(options, help_puts_further_lines_below_the_first)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    options_help(out, table);
    fclose(out);
    cr_assert(eq(str, text,
                 "  -c, --slots N              how many\n"
                 "                             at once\n"
                 "      --name NAME            of the worker\n"
                 "  -d, --debug                say more\n"));
    free(text);
}

Test(options, help_is_silent_about_what_has_none)
{
    static const struct option_spec quiet[] = {
        {0, "shown", NULL, "a word"}, {0, "hidden", NULL, NULL}, {0}};
    char text[256] = "";
    FILE *out = fmemopen(text, sizeof text, "w");

    options_help(out, quiet);
    fclose(out);
    cr_assert(ne(ptr, strstr(text, "shown"), NULL));
    cr_assert(eq(ptr, strstr(text, "hidden"), NULL));
}
