/* test_glob.c - shell patterns, and how long a bad one may take */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "broker/glob.h"

TestSuite(glob, .timeout = 10);

static int match(const char *pattern, const char *name)
{
    return glob_match(pattern, strlen(pattern), name);
}

Test(glob, plain_text_matches_itself_whole)
{
    cr_assert(eq(int, match("node1", "node1"), 1));
    cr_assert(eq(int, match("node1", "node12"), 0));
    cr_assert(eq(int, match("node12", "node1"), 0));
    cr_assert(eq(int, match("", ""), 1));
    cr_assert(eq(int, match("", "x"), 0));
}

Test(glob, stars_match_any_text)
{
    cr_assert(eq(int, match("*", ""), 1));
    cr_assert(eq(int, match("node*", "node"), 1));
    cr_assert(eq(int, match("*.example.org", "a.b.example.org"), 1));
    cr_assert(eq(int, match("a*b*c", "aXbXbXc"), 1));
    cr_assert(eq(int, match("a*b*c", "aXbXbX"), 0));
    cr_assert(eq(int, match("**a**", "bab"), 1));
}

Test(glob, question_marks_match_one_character)
{
    cr_assert(eq(int, match("node?", "node1"), 1));
    cr_assert(eq(int, match("node?", "node"), 0));
    cr_assert(eq(int, match("??", "abc"), 0));
}

Test(glob, sets_ranges_and_their_opposites)
{
    cr_assert(eq(int, match("n[13]", "n3"), 1));
    cr_assert(eq(int, match("n[13]", "n2"), 0));
    cr_assert(eq(int, match("n[1-3]x", "n2x"), 1));
    cr_assert(eq(int, match("n[!1-3]", "n2"), 0));
    cr_assert(eq(int, match("n[^1-3]", "n4"), 1));
    cr_assert(eq(int, match("[]]", "]"), 1));
    cr_assert(eq(int, match("[a-]", "-"), 1));
    cr_assert(eq(int, match("*[0-9]", "abc7"), 1));
}

Test(glob, what_is_not_closed_stands_for_itself)
{
    cr_assert(eq(int, match("a[b", "a[b"), 1));
    cr_assert(eq(int, match("a[", "a["), 1));
    cr_assert(eq(int, match("a[!", "ab"), 0));
    cr_assert(eq(int, match("a\\", "a\\"), 1));
}

Test(glob, a_backslash_takes_away_the_meaning)
{
    cr_assert(eq(int, match("a\\*", "a*"), 1));
    cr_assert(eq(int, match("a\\*", "ab"), 0));
    cr_assert(eq(int, match("\\[a]", "[a]"), 1));
}

Test(glob, a_nasty_pattern_takes_no_time)
{
    char name[5000];
    char pattern[200];

    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = 0;
    for (size_t i = 0; i < sizeof pattern - 2; i += 2)
        memcpy(pattern + i, "*a", 2);
    memcpy(pattern + sizeof pattern - 2, "b", 2);
    cr_assert(eq(int, match(pattern, name), 0));
}
