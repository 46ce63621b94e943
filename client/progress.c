#include "config.h"

#include "progress.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"

enum { EVERY = 100 }; /* ms between two drawings */

static struct {
    pthread_mutex_t lock;
    bool is_on;
    bool is_drawn;
    uint64_t total;
    uint64_t begun; /* clock_ms() */
    uint64_t drawn;
} line = {.lock = PTHREAD_MUTEX_INITIALIZER};

void progress_begin(uint64_t total)
{
    const char *term = getenv("TERM");

    line.is_on = isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
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

void progress_show(uint64_t done, uint64_t failed)
{
    uint64_t now;
    double seconds;

    if (!line.is_on)
        return;
    now = clock_ms();
    pthread_mutex_lock(&line.lock);
    if (now - line.drawn >= EVERY) {
        line.drawn = now;
        seconds = (double)(now - line.begun) / 1000;
        erase();
        fprintf(stderr, "%" PRIu64, done);
        if (line.total != UINT64_MAX)
            fprintf(stderr, " of %" PRIu64, line.total);
        fputs(" done", stderr);
        if (failed > 0)
            fprintf(stderr, ", %" PRIu64 " failed", failed);
        fprintf(stderr, ", %.0f s, %.1f a second", seconds,
                (double)done / seconds);
        fflush(stderr);
        line.is_drawn = true;
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
