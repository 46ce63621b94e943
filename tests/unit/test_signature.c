/* test_signature.c - the grammar, and the column where it is broken */
#include "config.h"

#include "signature.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct signature s;
static struct par_error err;

static void open_signature(void)
{
    err = (struct par_error){0};
}

static int parse(const char *text)
{
    return signature_parse(&s, text, strlen(text), &err);
}

/* What is wrong with it. */
static char *refused(const char *text)
{
    cr_assert(eq(int, parse(text), -1), "%s", text);
    cr_assert(eq(int, err.code, EINVAL));
    return err.text;
}

TestSuite(signature, .init = open_signature, .timeout = 10);

Test(signature, plain_form_is_letters_and_a_result)
{
    cr_assert(eq(int, parse("ids:b"), 0));
    cr_assert(eq(sz, s.count, 3));
    cr_assert(eq(chr, s.args[0].letter, 'i'));
    cr_assert(eq(chr, s.args[2].letter, 's'));
    cr_assert(eq(chr, s.result, 'b'));
    cr_assert(eq(int, s.is_named, false));
    cr_assert(eq(int, s.repeats, false));
    cr_assert(eq(int, parse(":n"), 0));
    cr_assert(eq(sz, s.count, 0));
    cr_assert(eq(chr, s.result, 'n'));
}

Test(signature, named_form_has_names)
{
    cr_assert(eq(int, parse("x:i,long_name2:d->v"), 0));
    cr_assert(eq(sz, s.count, 2));
    cr_assert(s.is_named);
    cr_assert(eq(sz, signature_find(&s, "long_name2", 10), 1));
    cr_assert(eq(sz, signature_find(&s, "long_name", 9), 2));
    cr_assert(eq(chr, s.args[1].letter, 'd'));
    cr_assert(eq(int, parse("->i"), 0));
    cr_assert(eq(sz, s.count, 0));
}

Test(signature, names_are_letters_digits_and_underscores)
{
    cr_assert(eq(int, parse("A:i,Z:i,a:i,z:i,_:i,x0:i,x9:i,_1->i"), -1));
    cr_assert(eq(int, parse("A:i,Z:i,a:i,z:i,_:i,x0:i,x9:i,_1:i->i"), 0));
    cr_assert(eq(sz, s.count, 8));
    cr_assert(eq(int, parse("0x:i->i"), -1));
    cr_assert(eq(int, parse("x-y:i->i"), -1));
    cr_assert(eq(int, parse("x@:i->i"), -1));
    cr_assert(eq(int, parse("x[:i->i"), -1));
    cr_assert(eq(int, parse("x`:i->i"), -1));
    cr_assert(eq(int, parse("x{:i->i"), -1));
}

Test(signature, the_last_argument_may_repeat)
{
    static const char *const same[] = {"sd*:d", "a:s,b:d*->d"};

    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        cr_assert(eq(int, parse(same[i]), 0), "%s", same[i]);
        cr_assert(eq(sz, s.count, 2));
        cr_assert(eq(chr, s.args[1].letter, 'd'));
        cr_assert(s.repeats);
    }
}

Test(signature, an_only_argument_may_have_its_star_in_front)
{
    cr_assert(eq(int, parse("*v:v"), 0));
    cr_assert(eq(sz, s.count, 1));
    cr_assert(s.repeats);
    cr_assert(eq(int, parse("x:*i->v"), 0));
    cr_assert(s.repeats);
    cr_assert(eq(str, refused("s*d:d"),
                 "signature `s*d:d', column 3: nothing may follow the one that "
                 "repeats"));
    cr_assert(eq(int, parse("a:s,b:*d->d"), -1));
}

Test(signature, the_empty_one_is_anything)
{
    cr_assert(eq(int, parse(""), 0));
    cr_assert(eq(sz, s.count, 1));
    cr_assert(eq(chr, s.args[0].letter, 'v'));
    cr_assert(eq(chr, s.result, 'v'));
    cr_assert(s.repeats);
}

Test(signature, text_need_not_end_with_nul)
{
    cr_assert(eq(int, signature_parse(&s, "i:dxxx", 3, &err), 0));
    cr_assert(eq(str, s.text, "i:d"));
    cr_assert(eq(chr, s.result, 'd'));
}

Test(signature, errors_point_at_the_column)
{
    static const struct {
        const char *text;
        int column;
        const char *why;
    } bad[] = {
        {"iz:d", 2, "`z' is no type (i d s b o a m v; with names: x:i,y:i->i)"},
        {"ii", 3, "a `:' and the result's type are missing"},
        {"ii:", 4, "a type is missing"},
        {"i:x", 3, "`x' is no type (of a result: i d s b o a m v n)"},
        {"i:dd", 4, "nothing may follow the result's type"},
        {"i*i:d", 3, "nothing may follow the one that repeats"},
        {"x:i,x:d->i", 5, "a second argument of this name"},
        {"x:i,->i", 5, "an argument's name is missing"},
        {"x:i;y:i->i", 4, "neither `,' nor `->'"},
        {"x->i", 2, "a `:' and a type must follow the name"},
    };
    char want[200];

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(want, sizeof want, "signature `%s', column %d: %s",
                 bad[i].text, bad[i].column, bad[i].why);
        cr_assert(eq(str, refused(bad[i].text), want));
    }
}

Test(signature, refuses_what_only_looks_right)
{
    static const char *const bad[] = {
        "n:i",           "*:i",         "**i:i",   "*i*:i",  "i:*i",
        "x:i",           "i i:d",       ":",       "i::d",   "->",
        "x:i->",         "x:i->n->n",   "1:i->i",  "x:n->i", "x:ii->i",
        "x:->i",         "x:i,->n",     ",x:i->n", "i->i",   "x:i -> i",
        "\xC3\xA4:i->i", "x:i*,y:i->i",
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert(eq(int, parse(bad[i]), -1), "%s", bad[i]);
    cr_assert(eq(int, signature_parse(&s, "i\0:d", 4, &err), -1));
    cr_assert(eq(str, err.text, "signature `i', column 2: a zero octet"));
}

Test(signature, ends_at_its_limits)
{
    char text[200] = "";

    memset(text, 'i', SIGNATURE_ARGS);
    memcpy(text + SIGNATURE_ARGS, ":i", 3);
    cr_assert(eq(int, parse(text), 0));
    memset(text, 'i', SIGNATURE_ARGS + 1);
    memcpy(text + SIGNATURE_ARGS + 1, ":i", 3);
    cr_assert(eq(int, parse(text), -1));

    memset(text, 'x', SIGNATURE_NAME);
    memcpy(text + SIGNATURE_NAME, ":i->i", 6);
    cr_assert(eq(int, parse(text), 0));
    memset(text, 'x', SIGNATURE_NAME + 1);
    memcpy(text + SIGNATURE_NAME + 1, ":i->i", 6);
    cr_assert(eq(int, parse(text), -1));

    memset(text, 'i', SIGNATURE_TEXT + 1);
    cr_assert(eq(int, signature_parse(&s, text, SIGNATURE_TEXT + 1, &err), -1));
    cr_assert(eq(str, err.text,
                 "signature `iiiiiiiiiiiiiiiiiiii...': 128 octets, at most "
                 "127"));
}
