/* test_plain.c - what may reach a terminal */
#include "config.h"

#include "plain.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

TestSuite(plain, .timeout = 10);

static const char *put(const char *text, size_t size, bool lines)
{
    static char to[256];
    size_t len;

    cr_assert(lt(sz, size, sizeof to));
    memset(to, 0, sizeof to);
    len = plain_put(to, 0, size, text, lines);
    cr_assert(le(sz, len, size));
    cr_assert(eq(sz, strlen(to), len));
    return to;
}

Test(plain, names_can_stand_in_a_command_and_a_table)
{
    static const char *const good[] = {"a", "host.1", "a@b+c-d_e", "~", "#1"};
    static const char *const bad[] = {
        "",     " ",         "a b",      "a=b",          "a,b",
        "a:b",  "a/b",       "a\nb",     "\x1b[m",       "\t",
        "\x7f", "h\xc3\xa9", "\xc2\x9b", "\xe2\x80\xae", "\xff",
        "a\r",  "12345678"};

    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        cr_assert(eq(int, plain_is_name(good[i], 64), true), "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert(eq(int, plain_is_name(bad[i], 8), false), "%zu", i);
    cr_assert(eq(int, plain_is_name("1234567", 8), true));
}

Test(plain, texts_are_what_can_be_seen)
{
    static const char *const bad[] = {"\x1b",
                                      "\n",
                                      "\x7f",
                                      "\xc2\x80",
                                      "\xc2\x9f",
                                      "\xe2\x80\x8b",
                                      "\xe2\x80\xae",
                                      "\xe2\x80\xa8",
                                      "\xe2\x81\xa6",
                                      "\xef\xbb\xbf",
                                      "\xc2\xad",
                                      "\xd8\x9c",
                                      "\xf3\xa0\x80\x81",
                                      "\xc2",
                                      "\xff"};

    cr_assert(eq(int, plain_is_text(""), true));
    cr_assert(eq(int,
                 plain_is_text("a b \xc2\xa0 \xc3\xa9 \xe2\x82\xac "
                               "\xf0\x9f\x98\x80"),
                 true));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_assert(eq(int, plain_is_text(bad[i]), false), "%zu", i);
}

Test(plain, what_is_not_plain_is_shown_as_octets)
{
    cr_assert(eq(str, (char *)put("a\x1b[2J\nb\tc", 100, false),
                 "a\\x1b[2J\\x0ab\\x09c"));
    cr_assert(eq(str, (char *)put("a\nb\tc\rd", 100, true), "a\nb\tc\\x0dd"));
    cr_assert(eq(str, (char *)put("\xc2\x9b|\xe2\x80\xae|\xff", 100, true),
                 "\\xc2\\x9b|\\xe2\\x80\\xae|\\xff"));
}

Test(plain, what_is_too_long_ends_in_dots_within_the_room)
{
    cr_assert(eq(str, (char *)put("1234567890", 10, false), "1234567..."));
    cr_assert(eq(str, (char *)put("123456\x01", 10, false), "123456..."));
    cr_assert(
        eq(str, (char *)put("123456\xe2\x82\xac", 10, false), "123456..."));
    cr_assert(eq(str, (char *)put("12", 2, false), ""));
}
