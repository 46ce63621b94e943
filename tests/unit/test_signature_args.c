/* test_signature_args.c - arguments checked, matched by name, made of words */
#include "config.h"

#include "signature.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct signature s;
static struct par_error err;
static struct meta_writer w;
static struct meta_writer out;

static void open_signature(void)
{
    w = out = (struct meta_writer){0};
    err = (struct par_error){0};
}

static void close_signature(void)
{
    meta_writer_clear(&w);
    meta_writer_clear(&out);
}

static int parse(const char *text)
{
    return signature_parse(&s, text, strlen(text), &err);
}

TestSuite(signature_args,
          .init = open_signature,
          .fini = close_signature,
          .timeout = 10);

static int check(const char *function, const char *bytes, size_t len)
{
    return signature_check(&s, function, bytes, len, &err);
}

static bool fits(const char *text, const char *bytes, size_t len)
{
    cr_assert(eq(int, parse(text), 0));
    return check("f", bytes, len) == 0;
}

#define FITS(text, bytes) fits(text, bytes, sizeof bytes - 1)

Test(signature_args, letters_take_their_types)
{
    cr_assert(FITS("i:i", "\x91\x01"));
    cr_assert(FITS("i:i", "\x91\xFF"));
    cr_assert(FITS("i:i", "\x91\xCF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"));
    cr_assert(FITS("d:i", "\x91\xCA\x00\x00\x00\x00"));
    cr_assert(FITS("d:i", "\x91\x01"));
    cr_assert(FITS("s:i", "\x91\xA1x"));
    cr_assert(FITS("b:i", "\x91\xC4\x01x"));
    cr_assert(FITS("b:i", "\x91\xA1x"));
    cr_assert(FITS("o:i", "\x91\xC3"));
    cr_assert(FITS("a:i", "\x91\x92\x01\x02"));
    cr_assert(FITS("m:i", "\x91\x81\x01\x02"));
    cr_assert(FITS("vvv:i", "\x93\xC0\x81\xC0\x90\xD4\x05x"));
    cr_assert(eq(int, FITS("i:i", "\x91\xCA\x3F\x80\x00\x00"), false));
    cr_assert(eq(int, FITS("s:i", "\x91\xC4\x01x"), false));
    cr_assert(eq(int, FITS("o:i", "\x91\x01"), false));
    cr_assert(eq(int, FITS("a:i", "\x91\x80"), false));
    cr_assert(eq(int, FITS("m:i", "\x91\x90"), false));
    cr_assert(eq(int, FITS("d:i", "\x91\xC0"), false));
}

Test(signature_args, a_mismatch_names_both)
{
    parse("ii:i");
    cr_assert(eq(int, check("add", "\x92\x01\xA1x", 4), -1));
    cr_assert(eq(int, err.code, EINVAL));
    cr_assert(eq(str, err.text,
                 "argument 2 of add is a string, the signature ii:i wants an "
                 "integer"));
    parse("x:i,y:d->i");
    cr_assert(eq(int, check("add", "\x92\x01\xC0", 3), -1));
    cr_assert(eq(str, err.text,
                 "argument 2 (y) of add is nil, the signature x:i,y:d->i wants "
                 "a number"));
}

Test(signature_args, a_wrong_number_names_both)
{
    parse("ii:i");
    cr_assert(eq(int, check("add", "\x91\x01", 2), -1));
    cr_assert(
        eq(str, err.text, "add takes 2 arguments (signature ii:i), given: 1"));
    cr_assert(eq(int, check("add", "\x93\x01\x01\x01", 4), -1));
    parse("sd*:d");
    cr_assert(eq(int, check("sum", "\x90", 1), -1));
    cr_assert(eq(str, err.text,
                 "sum takes at least 1 argument (signature sd*:d), given: 0"));
}

Test(signature_args, a_repeating_argument_comes_zero_or_more_times)
{
    cr_assert(FITS("sd*:d", "\x91\xA1x"));
    cr_assert(FITS("sd*:d", "\x92\xA1x\x01"));
    cr_assert(FITS("sd*:d", "\x94\xA1x\x01\x02\x03"));
    cr_assert(eq(int, FITS("sd*:d", "\x93\xA1x\x01\xA1y"), false));
    cr_assert(FITS("*v:v", "\x90"));
    cr_assert(FITS("*v:v", "\x93\x01\x80\xC0"));
}

Test(signature_args, no_octets_are_no_arguments)
{
    cr_assert(FITS(":i", ""));
    cr_assert(FITS("i*:i", ""));
    cr_assert(eq(int, FITS("i:i", ""), false));
    cr_assert(
        eq(str, err.text, "f takes 1 argument (signature i:i), given: 0"));
}

Test(signature_args, the_empty_signature_takes_any_octets)
{
    cr_assert(FITS("", "\x93\x01\xA1x\xC0"));
    cr_assert(FITS("", "\xC1 raw"));
    cr_assert(FITS("", ""));
    cr_assert(eq(int, FITS("*v:v", "\xC1 raw"), false));
}

Test(signature_args, what_is_no_array_of_arguments_is_refused_at_every_length)
{
    static const char good[] = "\x92\x93\x01\x92\x02\x03\xA1x\xA2yz";
    size_t whole = sizeof good - 1;

    parse("as:i");
    cr_assert(eq(int, check("f", good, whole), 0));
    for (size_t len = 1; len < whole; len++) {
        char *cut = malloc(len);

        memcpy(cut, good, len);
        cr_assert(eq(int, check("f", cut, len), -1), "length %zu", len);
        free(cut);
    }
    cr_assert(eq(int, check("f", good, whole + 1), -1), "one octet too many");
    cr_assert(
        eq(str, err.text, "the arguments of f are not one msgpack array"));
    cr_assert(eq(int, check("f", "\x82\x01\x02\x03\x04", 5), -1));
    cr_assert(eq(int, check("f", "\xDD\xFF\xFF\xFF\xFF", 5), -1));
}

Test(signature_args, arguments_may_be_deeper_and_more_than_metadata)
{
    parse("a:i");
    meta_put_array(&w, 1);
    meta_put_array(&w, 100000);
    for (int i = 0; i < 99999; i++)
        meta_put_int(&w, 1);
    for (int i = 0; i < 100; i++)
        meta_put_array(&w, 1);
    meta_put_nil(&w);
    cr_assert(eq(int, check("f", (char *)w.data, w.len), 0));
}

/* The result of matching, as JSON; NULL if it was refused. */
static char *match(const char *bytes, size_t len)
{
    struct meta_writer args = {0};

    meta_writer_reset(&out);
    if (signature_match_names(&s, "area", bytes, len, &args, &err) == 0) {
        cr_assert(eq(int, meta_json(&out, args.data, args.len), 0));
        meta_put_raw(&out, "", 1);
    } else {
        cr_assert(eq(sz, args.len, 0));
    }
    meta_writer_clear(&args);
    return out.len ? (char *)out.data : NULL;
}

#define MATCH(bytes) match(bytes, sizeof bytes - 1)

Test(signature_args, named_arguments_find_their_places)
{
    parse("w:i,h:v->i");
    cr_assert(eq(str, MATCH("\x82\xA1h\x92\x02\x03\xA1w\x01"), "[1,[2,3]]"));
    parse("->i");
    cr_assert(eq(str, MATCH("\x80"), "[]"));
}

Test(signature_args, names_that_do_not_match_are_all_told)
{
    parse("w:i,h:i->i");
    cr_assert(eq(ptr, MATCH("\x82\xA1w\x01\xA1x\x02"), NULL));
    cr_assert(eq(int, err.code, EINVAL));
    cr_assert(eq(str, err.text, "area wants w, h; given: w, x"));
    cr_assert(eq(ptr, MATCH("\x80"), NULL));
    cr_assert(eq(str, err.text, "area wants w, h; given: none"));
    cr_assert(eq(ptr, MATCH("\x81\xA1w\x01"), NULL));
    cr_assert(eq(str, err.text, "area wants w, h; given: w"));
    cr_assert(eq(ptr, MATCH("\x83\xA1w\x01\xA1h\x02\xA1w\x03"), NULL));
    cr_assert(eq(str, err.text, "area wants w, h; given: w, h, w"));
    parse("->i");
    cr_assert(eq(ptr, MATCH("\x81\xA1w\x01"), NULL));
    cr_assert(eq(str, err.text, "area wants no arguments; given: w"));
}

Test(signature_args, a_long_list_of_names_is_cut)
{
    static const char name[] = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnop";

    parse("w:i->i");
    meta_put_map(&w, 10);
    for (int i = 0; i < 10; i++) {
        meta_put_str(&w, name);
        meta_put_nil(&w);
    }
    cr_assert(eq(ptr, match((char *)w.data, w.len), NULL));
    cr_assert(eq(int,
                 strncmp(err.text,
                         "area wants w; given: "
                         "abcdefghijklmnopqrstuvwxyzabcdef, abc",
                         50),
                 0));
    cr_assert(strlen(err.text) < 200);
}

Test(signature_args, a_repeating_argument_by_name_is_an_array)
{
    parse("a:s,rest:i*->i");
    cr_assert(eq(str,
                 MATCH("\x82\xA4rest\x93\x01\x02\x03\xA1"
                       "a\xA1x"),
                 "[\"x\",1,2,3]"));
    cr_assert(eq(str,
                 MATCH("\x82\xA4rest\x90\xA1"
                       "a\xA1x"),
                 "[\"x\"]"));
    cr_assert(eq(str,
                 MATCH("\x81\xA1"
                       "a\xA1x"),
                 "[\"x\"]"));
    cr_assert(eq(ptr,
                 MATCH("\x82\xA4rest\x01\xA1"
                       "a\xA1x"),
                 NULL));
    cr_assert(eq(str, err.text,
                 "argument 2 (rest) of area repeats: by name it is given as an "
                 "array"));
}

Test(signature_args, a_signature_without_names_matches_none)
{
    parse("ii:i");
    cr_assert(eq(ptr, MATCH("\x80"), NULL));
    cr_assert(eq(str, err.text,
                 "the arguments of area have no names; give them in order "
                 "(signature ii:i)"));
}

Test(signature_args, a_map_of_anything_else_is_refused)
{
    static const char good[] = "\x82\xA1w\x92\x01\x02\xA1h\x01";

    parse("w:a,h:i->i");
    cr_assert(MATCH(good) != NULL);
    for (size_t len = 0; len < sizeof good - 1; len++)
        cr_assert(eq(ptr, match(good, len), NULL), "length %zu", len);
    cr_assert(eq(ptr, MATCH("\x92\x01\x02"), NULL));
    cr_assert(eq(ptr, MATCH("\x82\x90\x01\xA1w\x02"), NULL));
    cr_assert(eq(ptr, MATCH("\x82\x01\x01\xA1w\x02"), NULL));
    cr_assert(eq(ptr, MATCH("\xDF\xFF\xFF\xFF\xFF\xA1w\x02"), NULL));
}

/* Words separated by bars, as JSON; NULL if one was refused. */
static char *convert(const char *line)
{
    char copy[200];
    char *rest = copy;
    size_t count = 1;
    size_t before = 0;
    int rc = 0;

    for (const char *c = line; *c; c++)
        count += *c == '|';
    strcpy(copy, line);
    meta_writer_reset(&w);
    meta_writer_reset(&out);
    meta_put_array(&w, (uint32_t)count);
    for (size_t i = 0; i < count && rc == 0; i++) {
        before = w.len;
        rc = signature_put_word(&s, "count", i, strsep(&rest, "|"), &w, &err);
    }
    if (rc) {
        cr_assert(eq(sz, w.len, before), "nothing is appended");
        return NULL;
    }
    cr_assert(eq(int, meta_json(&out, w.data, w.len), 0));
    meta_put_raw(&out, "", 1);
    return (char *)out.data;
}

Test(signature_args, words_become_what_is_wanted)
{
    parse("idsbov:i");
    cr_assert(eq(str, convert("12|1.5|12|xyz|true|12"),
                 "[12,1.5,\"12\",\"eHl6\",true,\"12\"]"));
    cr_assert(eq(ptr, convert("-7|3||||x"), NULL),
              "an empty word is no boolean");
    cr_assert(eq(str, convert("+7|-3e2|||false|x"),
                 "[7,-300,\"\",\"\",false,\"x\"]"));
}

Test(signature_args, integers_of_words_are_exact_to_the_ends)
{
    parse("i:i");
    cr_assert(eq(str, convert("0"), "[0]"));
    cr_assert(eq(str, convert("007"), "[7]"));
    cr_assert(
        eq(str, convert("18446744073709551615"), "[18446744073709551615]"));
    cr_assert(
        eq(str, convert("-9223372036854775808"), "[-9223372036854775808]"));
    cr_assert(eq(ptr, convert("18446744073709551616"), NULL));
    cr_assert(eq(ptr, convert("99999999999999999999999"), NULL));
    cr_assert(eq(ptr, convert("-9223372036854775809"), NULL));
}

Test(signature_args, words_that_are_no_numbers_say_what_is_allowed)
{
    static const char *const no_integers[] = {"",   "-",  "+",    "1.5", "1e3",
                                              " 1", "1 ", "0x10", "--1", "abc"};
    static const char *const no_floats[] = {"", "-", " 1", "1 ", "1,5", "abc"};

    parse("x:i->i");
    for (size_t i = 0; i < sizeof no_integers / sizeof *no_integers; i++)
        cr_assert(eq(ptr, convert(no_integers[i]), NULL), "case %zu", i);
    cr_assert(eq(int, err.code, EINVAL));
    cr_assert(eq(str, err.text,
                 "argument 1 (x) of count: `abc' is not an integer from "
                 "-9223372036854775808 to 18446744073709551615"));
    parse("d:i");
    for (size_t i = 0; i < sizeof no_floats / sizeof *no_floats; i++)
        cr_assert(eq(ptr, convert(no_floats[i]), NULL), "case %zu", i);
    cr_assert(eq(str, err.text,
                 "argument 1 of count: `abc' is not a number such as 12, -1.5 "
                 "or 2e9"));
    parse("o:i");
    cr_assert(eq(ptr, convert("yes"), NULL));
    cr_assert(
        eq(str, err.text, "argument 1 of count: `yes' is not true or false"));
}

Test(signature_args, no_word_is_an_array_or_a_map)
{
    parse("sa:i");
    cr_assert(eq(ptr, convert("x|[1]"), NULL));
    cr_assert(eq(str, err.text,
                 "argument 2 of count: `[1]' is not an array or a map, which "
                 "no word can be"));
}

Test(signature_args, the_empty_signature_makes_words_strings)
{
    parse("");
    cr_assert(eq(str, convert("12|true|x"), "[\"12\",\"true\",\"x\"]"));
}

Test(signature_args, words_are_counted)
{
    parse("ii:i");
    cr_assert(eq(ptr, convert("1|2|3"), NULL));
    cr_assert(eq(str, err.text,
                 "count takes 2 arguments (signature ii:i), given: 3"));
    parse("i*:i");
    cr_assert(eq(str, convert("1|2|3"), "[1,2,3]"));
}

Test(signature_args, every_word_of_a_repeating_argument_is_converted)
{
    parse("si*:i");
    cr_assert(eq(str, convert("1|2|3"), "[\"1\",2,3]"));
    cr_assert(eq(ptr, convert("1|2|x"), NULL));
    cr_assert(eq(str, err.text,
                 "argument 3 of count: `x' is not an integer from "
                 "-9223372036854775808 to 18446744073709551615"));
}
