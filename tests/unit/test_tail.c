/* test_tail.c - the last lines of whatever was printed */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "worker/tail.h"

static struct tail tail;
static char text[64];

static void fini(void)
{
    tail_clear(&tail);
}

TestSuite(tail, .fini = fini, .timeout = 10);

static const char *last(size_t size, unsigned lines, const char *printed)
{
    cr_assert(eq(int, tail_init(&tail, size), 0));
    tail_add(&tail, printed, strlen(printed));
    tail_text(&tail, lines, text, sizeof text);
    return text;
}

Test(tail, little_is_kept_whole)
{
    cr_assert(eq(str, (char *)last(32, 64, "one\ntwo\n"), "one\ntwo"));
}

Test(tail, nothing_is_an_empty_text)
{
    cr_assert(eq(str, (char *)last(32, 64, ""), ""));
}

Test(tail, only_the_last_lines_are_told)
{
    cr_assert(eq(str, (char *)last(32, 2, "one\ntwo\nthree\n"), "two\nthree"));
}

Test(tail, what_was_lost_takes_its_whole_line_along)
{
    cr_assert(eq(str, (char *)last(8, 64, "first\nsecond\nx\n"), "x"));
}

Test(tail, line_longer_than_the_room_shows_its_end)
{
    cr_assert(eq(str, (char *)last(4, 64, "abcdefgh"), "efgh"));
}

Test(tail, pieces_join)
{
    cr_assert(eq(int, tail_init(&tail, 6), 0));
    for (int i = 0; i < 5; i++)
        tail_add(&tail, "ab\n", 3);
    tail_add(&tail, "cd", 2);
    tail_text(&tail, 0, text, sizeof text);
    cr_assert(eq(str, text, "ab\ncd"));
}

Test(tail, control_characters_forge_nothing)
{
    cr_assert(eq(str, (char *)last(32, 64, "a\033[2Jb\tc"), "a?[2Jb\tc"));
}

Test(tail, caller_with_little_room_gets_the_end)
{
    last(32, 64, "one\ntwo\nthree");
    cr_assert(eq(sz, tail_text(&tail, 64, text, 8), 5));
    cr_assert(eq(str, text, "three"));
}
