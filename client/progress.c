/* progress.c - one line of stderr, drawn over itself */
#include "config.h"

#include "progress.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "clock.h"
#include "spool.h"

enum { EVERY = 100, WIDEST = 160 }; /* ms between two drawings; columns */

static struct {
    pthread_mutex_t lock;
    bool is_on;
    bool is_drawn;
    bool shows_stdout; /* on a terminal, too */
    uint64_t total;
    uint64_t begun; /* clock_ms() */
    uint64_t drawn;
} line = {.lock = PTHREAD_MUTEX_INITIALIZER};

void progress_begin(uint64_t total)
{
    const char *term = getenv("TERM");

    line.is_on = isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
    line.shows_stdout = isatty(STDOUT_FILENO);
    line.total = total;
    line.begun = line.drawn = clock_ms();
}

void progress_total(uint64_t total)
{
    line.total = total;
}

static void erase(void)
{
    if (line.is_drawn)
        fputs("\r\033[K", stderr);
    line.is_drawn = false;
}

/* Erasing takes what a job has written away, if its line goes on. */
static bool is_free(void)
{
    return line.is_drawn || (!(line.shows_stdout && spool_line_is_open(1)) &&
                             !spool_line_is_open(2));
}

/* A line that the terminal breaks in two could not be erased. */
static int width(void)
{
    struct winsize size;

    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 &&
                   size.ws_col < WIDEST
               ? size.ws_col - 1
               : WIDEST - 1;
}

static void draw(uint64_t done, uint64_t failed, double seconds)
{
    char total[32] = "", failures[32] = "", text[WIDEST];

    if (line.total != UINT64_MAX)
        snprintf(total, sizeof total, " of %" PRIu64, line.total);
    if (failed > 0)
        snprintf(failures, sizeof failures, ", %" PRIu64 " failed", failed);
    snprintf(text, sizeof text, "%" PRIu64 "%s done%s, %.0f s, %.1f a second",
             done, total, failures, seconds, (double)done / seconds);
    erase();
    fprintf(stderr, "%.*s", width(), text);
    fflush(stderr);
    line.is_drawn = true;
}

void progress_show(uint64_t done, uint64_t failed)
{
    uint64_t now;

    if (!line.is_on)
        return;
    now = clock_ms();
    pthread_mutex_lock(&line.lock);
    if (now - line.drawn >= EVERY && is_free()) {
        line.drawn = now;
        draw(done, failed, (double)(now - line.begun) / 1000);
    }
    pthread_mutex_unlock(&line.lock);
}

void progress_erase(void)
{
    if (!line.is_on)
        return;
    pthread_mutex_lock(&line.lock);
    erase();
    pthread_mutex_unlock(&line.lock);
}

void progress_end(void)
{
    progress_erase();
    line.is_on = false;
}
