/* test_log.c - a line is a line, whatever a peer put into it */
#include "config.h"

#include "log.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"

enum { TIME = 25 /* octets of "2024-06-07T12:34:56.789Z " */ };

static int reading;
static int saved_stderr;
static char line[8192];

static void catch_log(void)
{
    int ends[2];

    cr_assert(eq(int, pipe(ends), 0));
    reading = ends[0];
    saved_stderr = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
}

static void open_log(void)
{
    catch_log();
    log_open("parbroker", LOG_INFO);
}

/* What was logged, without the time; stderr is itself again. */
static char *logged(void)
{
    ssize_t len;

    dup2(saved_stderr, STDERR_FILENO);
    close(saved_stderr);
    len = read(reading, line, sizeof line - 1);
    close(reading);
    line[len > 0 ? len : 0] = '\0';
    return len > TIME ? line + TIME : line;
}

TestSuite(log, .init = open_log, .timeout = 10);

TestSuite(library, .init = catch_log, .timeout = 10);

Test(library, is_silent_in_a_program_that_opens_no_log)
{
    log_line(LOG_ERROR, "a keeper died");
    cr_assert(eq(str, logged(), ""));
}

Test(library, says_what_it_is_asked_to_say)
{
    log_raise(LOG_INFO);
    log_raise(LOG_ERROR);
    log_line(LOG_INFO, "a keeper died");
    cr_assert(eq(str, logged(), "info par: a keeper died\n"));
}

Test(log, a_line_has_time_level_program_and_text)
{
    log_line(LOG_WARN, "worker lost name=%s jobs=%d", "host.1", 3);
    cr_assert(eq(str, logged(),
                 "warning parbroker: worker lost name=host.1 jobs=3\n"));
    cr_assert(eq(sz, strspn(line, "0123456789-T:.Z"), TIME - 1));
}

Test(log, what_is_below_the_level_is_silent)
{
    log_line(LOG_DEBUG, "chatter");
    cr_assert(eq(str, logged(), ""));
    cr_assert(eq(int, (int)log_level(), (int)LOG_INFO));
}

Test(log, nobody_can_forge_a_line_or_command_a_terminal)
{
    log_line(LOG_ERROR, "name=%s",
             "x\n2024 error parbroker: \033[2J\x7F\xC2\x9B\xFF");
    cr_assert(eq(str, logged(),
                 "error parbroker: name=x\\x0a2024 error parbroker: "
                 "\\x1b[2J\\x7f\\xc2\\x9b\\xff\n"));
}

Test(log, letters_of_all_languages_stay)
{
    log_line(LOG_INFO, "name=gr\xC3\xB6\xC3\x9F"
                       "e \xE2\x82\xAC");
    cr_assert(eq(str, logged(),
                 "info parbroker: name=gr\xC3\xB6\xC3\x9F"
                 "e \xE2\x82\xAC\n"));
}

Test(log, a_line_that_is_too_long_says_so_and_still_ends)
{
    char *text;
    size_t len;

    log_line(LOG_INFO, "%05000d", 0);
    text = logged();
    len = strlen(text);
    cr_assert(len < 2048);
    cr_assert(eq(str, text + len - 4, "...\n"));
}

Test(log, what_must_be_escaped_does_not_run_over_either)
{
    char newlines[1500];
    char *text;
    size_t len;

    for (size_t shift = 0; shift < 4; shift++) {
        memset(newlines, '\n', sizeof newlines - 1);
        memset(newlines, 'x', shift);
        newlines[sizeof newlines - 1] = '\0';
        log_line(LOG_INFO, "%s", newlines);
    }
    text = logged();
    for (size_t shift = 0; shift < 4; shift++) {
        len = strcspn(text, "\n");
        cr_assert(len < 2048);
        cr_assert(eq(int, strncmp(text + len - 3, "...", 3), 0));
        text += len + 1 + TIME;
    }
}

Test(log, leaves_errno_alone)
{
    errno = EAGAIN;
    log_line(LOG_INFO, "x");
    cr_assert(eq(int, errno, EAGAIN));
    logged();
}

TestSuite(clock, .timeout = 10);

Test(clock, never_goes_back)
{
    uint64_t ms = clock_ms();
    uint64_t us = clock_us();

    cr_assert(clock_us() >= us);
    cr_assert(clock_ms() >= ms);
    cr_assert(us / 1000 >= ms);
}

Test(clock, the_wall_shows_a_date_after_this_was_written)
{
    cr_assert(clock_wall_ms() > UINT64_C(1717000000000));
}
