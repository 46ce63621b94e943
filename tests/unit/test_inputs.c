/* test_inputs.c - where the inputs of a map come from */
#include "config.h"

#include "client/inputs.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>

#include "scratch.h"

static struct inputs in;
static struct par_error err;

TestSuite(inputs, .init = scratch_make, .fini = scratch_remove, .timeout = 10);

static size_t split(const char *const *words)
{
    size_t count = 0, templates = 0;

    while (words[count])
        count++;
    cr_assert(eq(int, inputs_open(&in, words, count, &templates, &err), 0));
    return templates;
}

static const char *next(void)
{
    const char *value;
    int rc = inputs_next(&in, &value, &err);

    return rc > 0 ? value : rc == 0 ? "END" : "ERROR";
}

Test(inputs, words_after_the_mark_are_inputs)
{
    const char *words[] = {"echo", "{}", ":::", "a", "", "b c", NULL};

    cr_assert(eq(sz, split(words), 2));
    cr_assert(eq(u64, inputs_count(&in), 3));
    cr_assert(eq(str, (char *)next(), "a"));
    cr_assert(eq(str, (char *)next(), ""));
    cr_assert(eq(str, (char *)next(), "b c"));
    cr_assert(eq(str, (char *)next(), "END"));
    cr_assert(eq(str, (char *)next(), "END"));
}

Test(inputs, none_after_the_mark_are_none)
{
    const char *words[] = {"echo", ":::", NULL};

    split(words);
    cr_assert(eq(str, (char *)next(), "END"));
}

Test(inputs, lines_of_files_one_after_another)
{
    const char *words[] = {"echo", "::::", NULL, NULL, NULL};

    words[2] = scratch_write("a", 0644, "1\n\nno newline");
    words[3] = scratch_write("b", 0644, "2\r\n");
    cr_assert(eq(sz, split(words), 1));
    cr_assert(eq(u64, inputs_count(&in), UINT64_MAX));
    cr_assert(eq(str, (char *)next(), "1"));
    cr_assert(eq(str, (char *)next(), ""));
    cr_assert(eq(str, (char *)next(), "no newline"));
    cr_assert(eq(str, (char *)next(), "2\r"));
    cr_assert(eq(str, (char *)next(), "END"));
}

Test(inputs, a_file_that_is_not_there_is_named)
{
    const char *words[] = {"echo", "::::", NULL, NULL};

    words[2] = scratch_path("none");
    split(words);
    cr_assert(eq(str, (char *)next(), "ERROR"));
    cr_assert(eq(int, err.code, ENOENT));
    cr_assert(ne(ptr, strstr(err.text, "none"), NULL));
}

Test(inputs, a_zero_octet_is_no_part_of_a_word)
{
    const char *words[] = {"echo", "::::", NULL, NULL};
    FILE *f;

    words[2] = scratch_path("a");
    f = fopen(words[2], "w");
    fwrite("x\0y\n", 1, 4, f);
    fclose(f);
    split(words);
    cr_assert(eq(str, (char *)next(), "ERROR"));
    cr_assert(eq(int, err.code, EINVAL));
}

Test(inputs, a_second_list_is_refused_not_misread)
{
    const char *words[] = {"echo", ":::", "a", ":::", "b"};
    const char *linked[] = {"echo", ":::+", "a"};
    size_t templates;

    cr_assert(eq(int, inputs_open(&in, words, 5, &templates, &err), -1));
    cr_assert(ne(ptr, strstr(err.text, "not built yet"), NULL));
    cr_assert(eq(int, inputs_open(&in, linked, 3, &templates, &err), -1));
}
