/* test_args.c - words of parctl become arguments, @FILE its octets */
#include "config.h"

#include "client/args.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <string.h>

#include "scratch.h"
#include "wire.h"

static struct par_function function = {.name = "f"};
static struct args args;
static struct par_error err;

static void clear(void)
{
    args_clear(&args);
    scratch_remove();
}

TestSuite(args, .init = scratch_make, .fini = clear, .timeout = 10);

static int put(const char *signature, const char *word, enum args_form form)
{
    snprintf(function.signature, sizeof function.signature, "%s", signature);
    args_begin(&args, &function, 1);
    if (args_put(&args, 0, word, form, &err))
        return -1;
    return args_check(&args, &err);
}

static struct meta_value first(void)
{
    struct meta_reader r = meta_read(args.payload.data, args.payload.len);
    struct meta_value v;

    meta_next(&r, &v);
    cr_assert(eq(sz, v.len, 1));
    meta_next(&r, &v);
    return v;
}

Test(args, words_are_what_the_signature_wants)
{
    struct meta_value v;

    cr_assert(eq(int, put("i:i", "-12", ARGS_WORD), 0));
    cr_assert(eq(i64, first().i, -12));
    cr_assert(eq(int, put("", "-12", ARGS_WORD), 0));
    v = first();
    cr_assert(meta_is(&v, "-12"), "without a signature all are strings");
}

Test(args, a_word_that_does_not_fit_names_all_three)
{
    cr_assert(eq(int, put("n:i->i", "abc", ARGS_WORD), -1));
    cr_assert(eq(int, err.code, EINVAL));
    cr_assert(ne(ptr, strstr(err.text, "abc"), NULL));
    cr_assert(ne(ptr, strstr(err.text, "of f"), NULL));
    cr_assert(ne(ptr, strstr(err.text, "integer"), NULL));
}

Test(args, at_sends_what_is_in_the_file)
{
    struct meta_value v;
    char word[PATH_MAX];

    snprintf(word, sizeof word, "@%s", scratch_write("a", 0644, "octets"));
    cr_assert(eq(int, put("s:i", word, ARGS_WORD), 0));
    v = first();
    cr_assert(meta_is(&v, "octets"));
    cr_assert(eq(int, put("b:i", word, ARGS_WORD), 0));
    cr_assert(eq(int, first().kind, META_BIN));
    cr_assert(eq(int, put("b:i", word + 1, ARGS_FILE), 0));
    cr_assert(eq(sz, first().len, 6));
}

Test(args, two_at_are_one)
{
    struct meta_value v;

    cr_assert(eq(int, put("s:i", "@@home", ARGS_WORD), 0));
    v = first();
    cr_assert(meta_is(&v, "@home"));
    cr_assert(eq(int, put("s:i", "@", ARGS_WORD), 0));
    v = first();
    cr_assert(meta_is(&v, "@"));
}

Test(args, what_a_template_is_does_not_depend_on_what_fills_it)
{
    static const struct {
        const char *word;
        enum args_form form;
        size_t sign;
    } cases[] = {{"@{}", ARGS_FILE, 1},   {"@a", ARGS_FILE, 1},
                 {"@@{}", ARGS_VALUE, 1}, {"@", ARGS_VALUE, 0},
                 {"{}@", ARGS_VALUE, 0},  {"", ARGS_VALUE, 0}};
    size_t sign;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_assert(eq(int, args_form_of(cases[i].word, &sign), cases[i].form));
        cr_assert(eq(sz, sign, cases[i].sign));
    }
}

Test(args, an_empty_name_is_no_file)
{
    cr_assert(eq(int, put("s:i", "", ARGS_FILE), -1));
    cr_assert(eq(int, err.code, ENOENT));
    cr_assert(eq(str, err.text, "argument 1: the name of its file is empty"));
}

Test(args, a_missing_file_and_one_too_large_are_named)
{
    FILE *f = fopen(scratch_path("big"), "w");

    cr_assert(eq(int, put("b:i", scratch_path("none"), ARGS_FILE), -1));
    cr_assert(eq(int, err.code, ENOENT));
    for (int i = 0; i <= WIRE_ITEM_MAX; i++)
        fputc('x', f);
    fclose(f);
    cr_assert(eq(int, put("b:i", scratch_path("big"), ARGS_FILE), -1));
    cr_assert(eq(int, err.code, PAR_CODE(PAR_TOO_LARGE)));
    cr_assert(ne(ptr, strstr(err.text, "big"), NULL));
}

Test(args, a_file_without_octets_is_an_argument)
{
    cr_assert(eq(int, put("b:i", scratch_write("a", 0644, ""), ARGS_FILE), 0));
    cr_assert(eq(sz, first().len, 0));
}
