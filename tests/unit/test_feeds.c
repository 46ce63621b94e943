/* test_feeds.c - the streams of runs: granted, told, sent */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "broker/feeds.h"

enum { IN, OUT };

static struct feeds feeds;

static void clear(void)
{
    feeds_clear(&feeds);
}

TestSuite(feeds, .fini = clear, .timeout = 10);

/* What the writer is told now; 0: nothing. */
static uint64_t told(struct feed *f, int stream)
{
    uint64_t total;

    return feed_due(f, stream, &total) ? total : 0;
}

Test(feeds, no_input_may_be_sent_before_it_is_granted)
{
    struct feed *f = feeds_of(&feeds, 1, 50);

    cr_assert(eq(int, feed_send(f, IN, 0, 1), false));
    cr_assert(eq(int, feed_send(f, IN, 0, 0), true), "but an end may");
    cr_assert(eq(u64, told(f, IN), 0));
    feed_grant(f, IN, 10);
    cr_assert(eq(int, feed_send(f, IN, 0, 1), false), "nobody told it");
    cr_assert(eq(u64, told(f, IN), 10));
    cr_assert(eq(int, feed_send(f, IN, 0, 1), true));
}

Test(feeds, some_output_is_granted_from_the_beginning)
{
    struct feed *f = feeds_of(&feeds, 1, 50);

    cr_assert(eq(int, feed_send(f, OUT, 0, FEED_BEGINNING), true));
    cr_assert(eq(int, feed_send(f, OUT, FEED_BEGINNING, 1), false));
    cr_assert(eq(int, feed_send(f, OUT + 1, 0, 1), true), "each by itself");
}

Test(feeds, grants_are_totals)
{
    struct feed *f = feeds_of(&feeds, 1, 50);

    feed_grant(f, IN, 10);
    told(f, IN);
    cr_assert(eq(int, feed_send(f, IN, 0, 6), true));
    cr_assert(eq(int, feed_send(f, IN, 6, 5), false));
    cr_assert(eq(int, feed_send(f, IN, 6, 4), true));
    feed_grant(f, IN, 5);
    cr_assert(eq(u64, told(f, IN), 0), "an old one");
    feed_grant(f, IN, 12);
    cr_assert(eq(u64, told(f, IN), 12));
    cr_assert(eq(int, feed_send(f, IN, 10, 3), false));
    cr_assert(eq(int, feed_send(f, IN, 10, SIZE_MAX), false));
    cr_assert(eq(int, feed_send(f, IN, 10, 2), true));
}

Test(feeds, octets_follow_each_other)
{
    struct feed *f = feeds_of(&feeds, 1, 50);

    cr_assert(eq(int, feed_send(f, OUT, 1, 10), false));
    cr_assert(eq(int, feed_send(f, OUT, 0, 10), true));
    cr_assert(eq(int, feed_send(f, OUT, 0, 10), false));
    cr_assert(eq(int, feed_send(f, OUT, 10, 10), true));
}

Test(feeds, a_writer_is_told_what_doubles_its_room_and_no_less)
{
    struct feed *f = feeds_of(&feeds, 1, 50);
    unsigned words = 0;

    for (uint64_t i = 1; i <= 100000; i++) {
        feed_grant(f, OUT, FEED_BEGINNING + i);
        words += told(f, OUT) != 0;
    }
    cr_assert(eq(uint, words, 1));
    feed_send(f, OUT, 0, 2 * FEED_BEGINNING);
    cr_assert(eq(u64, told(f, OUT), FEED_BEGINNING + 100000),
              "who has used it up is told the rest");
}

Test(feeds, of_a_large_grant_a_writer_is_told_a_part_at_a_time)
{
    struct feed *f = feeds_of(&feeds, 1, 50);

    feed_grant(f, OUT, UINT64_MAX);
    cr_assert(eq(u64, told(f, OUT), FEED_AHEAD));
    feed_send(f, OUT, 0, FEED_AHEAD / 2 - 1);
    cr_assert(eq(u64, told(f, OUT), 0));
    feed_send(f, OUT, FEED_AHEAD / 2 - 1, 1);
    cr_assert(eq(u64, told(f, OUT), FEED_AHEAD / 2 * 3));
}

Test(feeds, a_grant_renewed_at_half_is_told_at_once)
{
    struct feed *f = feeds_of(&feeds, 1, 50);

    for (uint64_t i = 0, half = FEED_BEGINNING / 2; i < 10; i++) {
        cr_assert(eq(int, feed_send(f, OUT, i * half, half), true));
        feed_grant(f, OUT, (i + 3) * half);
        cr_assert(eq(u64, told(f, OUT), (i + 3) * half));
    }
}

Test(feeds, another_attempt_begins_anew)
{
    struct feed *f = feeds_of(&feeds, 1, 50);

    feed_send(f, OUT, 0, FEED_BEGINNING);
    cr_assert(eq(int, feed_finish(f, OUT), true));
    cr_assert(eq(int, feed_finish(f, OUT), false));
    cr_assert(eq(int, feed_is_finished(feeds_of(&feeds, 1, 50), OUT), true));
    f = feeds_of(&feeds, 1, 51);
    cr_assert(eq(int, feed_is_finished(f, OUT), false));
    cr_assert(eq(int, feed_send(f, OUT, 0, FEED_BEGINNING), true));
}

Test(feeds, runs_that_end_are_forgotten_and_others_are_not)
{
    enum { MANY = 1000 };

    for (uint64_t run = 1; run <= MANY; run++)
        cr_assert(
            eq(int, feed_send(feeds_of(&feeds, run, run), OUT, 0, run), true));
    for (uint64_t run = 1; run <= MANY; run += 2)
        feeds_end(&feeds, run);
    feeds_end(&feeds, MANY + 1);
    cr_assert(eq(u32, feeds.used, MANY / 2));
    for (uint64_t run = 1; run <= MANY; run++) {
        bool lives = run % 2 == 0;

        cr_assert(
            eq(int, feed_send(feeds_of(&feeds, run, run), OUT, run, 1), lives));
    }
}
