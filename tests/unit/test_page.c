/* test_page.c - what a slot notes before it dies, and what is taken back */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "worker/page.h"

static struct page *page;
static int page_fd;
static uint8_t copy[PAGE_OUTBOX];

static void open_page(void)
{
    page = page_create(&page_fd, NULL);
    cr_assert(ne(ptr, page, NULL));
}

static void close_page(void)
{
    page_unmap(page);
    close(page_fd);
}

TestSuite(page, .init = open_page, .fini = close_page, .timeout = 20);

static struct wire_item ok(const char *text)
{
    return (struct wire_item){.executed = WIRE_EXECUTED,
                              .wall_us = 9,
                              .data = (const uint8_t *)text,
                              .len = strlen(text)};
}

static bool add(uint64_t dispatch, const char *text)
{
    struct wire_item item = ok(text);

    return page_add_result(page, dispatch, &item);
}

Test(page, begins_items_until_the_book_is_closed)
{
    cr_assert(page_begin(page, 11, 1));
    page_end(page);
    cr_assert(page_begin(page, 12, 2));
    cr_assert(eq(u64, page_close(page), 2));
    cr_assert(eq(int, page_begin(page, 13, 3), false));
    cr_assert(eq(u64, page_close(page), 2), "a refused item has not begun");
    page_reopen(page);
    cr_assert(page_begin(page, 13, 3));
    cr_assert(eq(u64, page_close(page), 3));
}

Test(page, says_what_runs_and_since_when)
{
    uint64_t dispatch, since;

    cr_assert(eq(int, page_running(page, &dispatch, &since), false));
    cr_assert(page_begin(page, 11, 5000));
    cr_assert(page_running(page, &dispatch, &since));
    cr_assert(eq(u64, dispatch, 11));
    cr_assert(eq(u64, since, 5000));
    page_end(page);
    cr_assert(eq(int, page_running(page, &dispatch, &since), false));
    cr_assert(eq(u64, atomic_load(&page->finished), 1));
}

Test(page, the_flag_to_stop_is_for_one_dispatch)
{
    atomic_store(&page->cancel, 12);
    cr_assert(eq(int, page_is_cancelled(page, 11), false));
    cr_assert(eq(int, page_is_cancelled(page, 12), true));
}

Test(page, the_other_process_sees_the_same)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        struct page *mine = page_map(page_fd, NULL);

        _exit(mine && page_begin(mine, 77, 3) ? 0 : 1);
    }
    cr_assert(eq(int, waitpid(pid, &status, 0), pid));
    cr_assert(eq(int, status, 0));
    cr_assert(eq(u64, page_close(page), 1));
}

Test(page, cannot_be_cut_under_the_nannys_feet)
{
    cr_assert(eq(int, ftruncate(page_fd, 0), -1));
    cr_assert(eq(int, errno, EPERM));
}

Test(page, a_foreign_file_is_no_page)
{
    struct par_error err = {0};
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

    cr_assert(eq(ptr, page_map(fd, &err), NULL));
    cr_assert(eq(str, err.text, "page: 0 octets, not 131128"));
    close(fd);
}

static void expect_item(struct wire_msg *msg,
                        size_t *cursor,
                        uint32_t index,
                        const char *text)
{
    struct wire_item item;

    cr_assert(wire_next(msg, cursor, &item));
    cr_assert(eq(u32, item.index, index));
    cr_assert(eq(u32, item.wall_us, 9));
    cr_assert(eq(int, item.executed, WIRE_EXECUTED));
    cr_assert(eq(sz, item.len, strlen(text)));
    cr_assert(eq(int, memcmp(item.data, text, item.len), 0));
}

Test(page, results_that_have_not_left_are_found_after_a_death)
{
    struct wire_msg msg;
    size_t cursor = 0;

    cr_assert(eq(int, page_collect(page, copy, &msg), false));
    cr_assert(add(100, "first"));
    cr_assert(add(103, ""));
    cr_assert(page_collect(page, copy, &msg));
    cr_assert(eq(u64, msg.head.id, 100));
    cr_assert(eq(int, msg.head.count, 2));
    expect_item(&msg, &cursor, 0, "first");
    expect_item(&msg, &cursor, 3, "");
    page_sent(page);
    cr_assert(eq(int, page_collect(page, copy, &msg), false));
}

/* Between writing an item and saying so: the header counts it already. */
Test(page, a_death_in_the_middle_of_an_item_loses_only_that_one)
{
    struct wire_msg msg;
    size_t len;
    uint32_t before;

    cr_assert(add(100, "first"));
    before = atomic_load(&page->outbox_len);
    cr_assert(add(101, "second"));
    atomic_store(&page->outbox_len, before);
    cr_assert(page_collect(page, copy, &msg));
    cr_assert(eq(int, msg.head.count, 1));
    cr_assert(ne(ptr, (void *)(uintptr_t)page_frame(page, &len), NULL));
    cr_assert(eq(sz, len, before));
}

Test(page, garbage_in_the_outbox_is_nothing)
{
    struct wire_msg msg;

    cr_assert(add(100, "first"));
    for (uint32_t len = 1; len < 256; len += 3) {
        memset(page->outbox + WIRE_HEADER, (int)len, 1000);
        atomic_store(&page->outbox_len, len);
        page_collect(page, copy, &msg);
    }
    atomic_store(&page->outbox_len, UINT32_MAX);
    cr_assert(eq(int, page_collect(page, copy, &msg), false));
    memset(page->outbox, 0xFF, PAGE_OUTBOX);
    atomic_store(&page->outbox_len, PAGE_OUTBOX);
    cr_assert(eq(int, page_collect(page, copy, &msg), false));
}

Test(page, refuses_what_does_not_fit_and_keeps_what_is_there)
{
    static char big[PAGE_RESULT + 2];
    struct wire_msg msg;

    memset(big, 'x', PAGE_RESULT + 1);
    cr_assert(eq(int, add(1, big), false));
    cr_assert(add(100, "first"));
    cr_assert(eq(int, add(99, "older"), false), "an index below 0");
    cr_assert(eq(int, add(100 + (UINT64_C(1) << 32), "far"), false));
    big[PAGE_RESULT] = 0;
    cr_assert(eq(int, add(101, big), false));
    cr_assert(page_collect(page, copy, &msg));
    cr_assert(eq(int, msg.head.count, 1));
    page_sent(page);
    cr_assert(add(101, big));
}

Test(page, holds_as_many_items_as_a_message_may)
{
    size_t count = 0;

    while (add(count + 1, ""))
        count++;
    cr_assert(eq(sz, count, WIRE_ITEMS_MAX));
}

/* A slot that begins as fast as it can, and a nanny that closes and opens the
 * book: what the nanny was told has begun is what began. */
static _Atomic bool over;

static void *begin_many(void *begun)
{
    while (!atomic_load(&over))
        *(uint64_t *)begun += page_begin(page, 1, 1);
    return NULL;
}

Test(page, no_item_begins_behind_the_nannys_back)
{
    uint64_t begun = 0, last;
    pthread_t slot;

    cr_assert(eq(int, pthread_create(&slot, NULL, begin_many, &begun), 0));
    for (int i = 0; i < 20000; i++) {
        last = page_close(page);
        cr_assert(eq(u64, page_close(page), last));
        page_reopen(page);
    }
    last = page_close(page);
    atomic_store(&over, true);
    pthread_join(slot, NULL);
    cr_assert(eq(u64, begun, last));
}
