/* slotting.h - a parslot with functions.so in it, driven as a nanny would
 *
 * For test_slot.c, test_slot_*.c.
 */
#ifndef PAR_TESTS_UNIT_SLOTTING_H
#define PAR_TESTS_UNIT_SLOTTING_H

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "batch.h"
#include "meta.h"
#include "meta_keys.h"
#include "scratch.h"
#include "worker/page.h"
#include "worker/pipe.h"

enum { PATIENCE = 20000, HANDLE = 3 };

static char program[512], object[512];
static struct pipe *nanny;
static struct page *page;
static int page_fd, slot_stdout;
static pid_t slot;
static struct batch batch;
static struct wire_msg msg; /* what came last */
static uint64_t next_id = 100;

static inline void start_program(const char *name)
{
    const char *top = getenv("top_builddir");
    int ends[2], out[2];

    scratch_make();
    snprintf(program, sizeof program, "%s/%s", top ? top : ".", name);
    snprintf(object, sizeof object, "%s/tests/unit/functions.so",
             top ? top : ".");
    cr_assert(eq(int, pipe_pair(ends, NULL), 0));
    cr_assert(eq(int, pipe2(out, O_CLOEXEC), 0));
    page = page_create(&page_fd, NULL);
    cr_assert(ne(ptr, page, NULL));
    slot = fork();
    if (slot == 0) {
        dup2(out[1], 1);
        if (ends[1] != 3)
            dup2(ends[1], 3);
        dup2(page_fd, 4);
        fcntl(3, F_SETFD, 0);
        close_range(5, 1000, 0);
        execl(program, "parslot", (char *)NULL);
        _exit(99);
    }
    close(ends[1]);
    close(out[1]);
    slot_stdout = out[0];
    nanny = pipe_open(ends[0], NULL);
    cr_assert(ne(ptr, nanny, NULL));
}

static inline void start_slot(void)
{
    start_program("parslot");
}

static inline int slot_status(void)
{
    int status = -1;

    if (slot > 0)
        waitpid(slot, &status, 0);
    slot = 0;
    return status;
}

static inline void stop_slot(void)
{
    pipe_close(nanny);
    if (slot > 0)
        cr_assert(eq(int, slot_status(), 0), "a slot ends with its pipe");
    page_unmap(page);
    close(page_fd);
    close(slot_stdout);
    batch_clear(&batch);
    scratch_remove();
}

static inline enum pipe_read next(void)
{
    struct pollfd p = {.fd = pipe_fd(nanny), .events = POLLIN};
    enum pipe_read got = pipe_read(nanny, &msg, PIPE_HELD);

    while (got == PIPE_NONE) {
        cr_assert(eq(int, poll(&p, 1, PATIENCE), 1), "the slot says nothing");
        got = pipe_read(nanny, &msg, PIPE_NOW);
    }
    return got;
}

static inline void expect_type(enum wire_type type)
{
    cr_assert(eq(int, next(), PIPE_MESSAGE));
    cr_assert(eq(int, msg.head.type, type));
}

static inline void say(enum wire_type type,
                       uint64_t id,
                       uint64_t ref,
                       const struct meta_writer *w)
{
    struct wire_header head = {.type = (uint8_t)type, .id = id, .ref = ref};
    const uint8_t *frame;
    size_t len;

    batch_begin(&batch, &head, w ? w->data : NULL, w ? w->len : 0);
    frame = batch_frame(&batch, &len);
    cr_assert(eq(int, pipe_write(nanny, frame, len, NULL, 0, NULL), 0));
    cr_assert(eq(int, pipe_flush(nanny, PIPE_NOW), 0));
}

/* What SETUP says, but for the number of pairs before it. */
static inline void setup_pairs(struct meta_writer *w, int hooks)
{
    meta_pair_str(w, 1, object);
    meta_pair_str(w, 2, scratch); /* the folder of its files */
    meta_pair_int(w, 3, hooks);
    meta_pair_str(w, 30, "w.1");
    meta_pair_int(w, 31, 4);
    meta_pair_str(w, 32, "here");
}
enum { SETUP_PAIRS = 6 };

static inline void set_up(int hooks)
{
    struct meta_writer w = {0};

    meta_put_map(&w, SETUP_PAIRS);
    setup_pairs(&w, hooks);
    say(WIRE_SETUP, 1, HANDLE, &w);
    meta_writer_clear(&w);
}

static char names[64][32];
static uint32_t name_count;

/* Learn the numbers of the functions. */
static inline void expect_ready(void)
{
    struct meta_value v;
    struct meta_reader r;

    expect_type(WIRE_READY);
    cr_assert(eq(u64, msg.head.id, 1));
    cr_assert(eq(u64, msg.head.ref, HANDLE));
    cr_assert(meta_find(msg.meta, msg.head.meta_len, 2, &v, &r));
    name_count = (uint32_t)v.len;
    for (uint32_t i = 0; i < name_count; i++) {
        cr_assert(meta_next(&r, &v) && meta_next(&r, &v));
        snprintf(names[i], sizeof *names, "%.*s", (int)v.len, v.data);
        cr_assert(meta_next(&r, &v));
    }
}

static inline uint64_t number(const char *name)
{
    for (uint32_t i = 0; i < name_count; i++)
        if (strcmp(names[i], name) == 0)
            return (uint64_t)HANDLE << 32 | i;
    cr_fatal("no function %s", name);
    return 0;
}

static inline void text_of(char *to, size_t size)
{
    meta_text(msg.meta, msg.head.meta_len, KEY_ANY_TEXT, to, size);
}

/* ---- runs ---- */

/* A batch of runs of one function; add_args() or batch_add_run() to it. */
static inline void begin_runs(const char *name)
{
    struct wire_header head = {
        .type = WIRE_RUN, .id = next_id, .ref = number(name)};

    batch_begin(&batch, &head, NULL, 0);
}

/* "is": an int and a string from the arguments that follow. */
static inline void add_args(const char *format, ...)
{
    struct meta_writer w = {0};
    va_list args;

    va_start(args, format);
    meta_put_array(&w, (uint32_t)strlen(format));
    for (; *format; format++)
        if (*format == 'i')
            meta_put_int(&w, va_arg(args, int));
        else if (*format == 'd')
            meta_put_float(&w, va_arg(args, double));
        else
            meta_put_str(&w, va_arg(args, const char *));
    va_end(args);
    batch_add_run(&batch, 9, w.data, (uint32_t)w.len);
    meta_writer_clear(&w);
    next_id++;
}

static inline void send_runs(void)
{
    const uint8_t *frame;
    size_t len;

    frame = batch_frame(&batch, &len);
    cr_assert(eq(int, pipe_write(nanny, frame, len, NULL, 0, NULL), 0));
    cr_assert(eq(int, pipe_flush(nanny, PIPE_NOW), 0));
}

/* Results come in frames of any size. */
static size_t result_cursor;
static struct wire_item result;

static inline uint64_t next_result(void)
{
    while (msg.head.type != WIRE_RESULT ||
           !wire_next(&msg, &result_cursor, &result)) {
        expect_type(WIRE_RESULT);
        result_cursor = 0;
    }
    return msg.head.id + result.index;
}

static inline struct meta_value value(void)
{
    struct meta_reader r = meta_read(result.data, result.len);
    struct meta_value v = {0};

    cr_assert(meta_check(result.data, result.len));
    meta_next(&r, &v);
    return v;
}

static inline void expect_int(int64_t want)
{
    next_result();
    cr_assert(eq(int, result.status, PAR_OK));
    cr_assert(eq(int, result.executed, WIRE_EXECUTED));
    cr_assert(eq(int, value().kind, META_INT));
    cr_assert(eq(i64, value().i, want));
}

static inline void expect_str(const char *want)
{
    char text[500];

    next_result();
    cr_assert(eq(int, result.status, PAR_OK));
    cr_assert(eq(int, value().kind, META_STR));
    snprintf(text, sizeof text, "%.*s", (int)value().len, value().data);
    cr_assert(eq(str, text, (char *)(uintptr_t)want));
}

static inline void expect_failed(int status, int executed, const char *want)
{
    char text[12000];

    next_result();
    cr_assert(eq(int, result.status, status));
    cr_assert(eq(int, result.executed, executed));
    meta_text(result.data, result.len, KEY_ANY_TEXT, text, sizeof text);
    cr_assert(eq(str, text, (char *)(uintptr_t)want));
}

/* One run without arguments. */
static inline void run(const char *name)
{
    begin_runs(name);
    add_args("");
    send_runs();
}

#endif
