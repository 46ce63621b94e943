/* figures.c - measure, and say what was measured */
#include "config.h"

#include "figures.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

double figures_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double figures_quantile(double *v, size_t n, double q)
{
    double at = q * (double)(n - 1);
    size_t low = (size_t)at;

    qsort(v, n, sizeof *v, ascending);
    if (low + 1 >= n)
        return v[n - 1];
    return v[low] + (at - (double)low) * (v[low + 1] - v[low]);
}

void figures_emit(const char *name,
                  const char *metric,
                  const double *runs,
                  size_t n,
                  const char *unit)
{
    double sorted[FIGURES_RUNS];

    memcpy(sorted, runs, n * sizeof *runs);
    printf("{\"peer\": \"par\", \"case\": \"%s\", \"metric\": \"%s\", "
           "\"value\": %.6g, \"unit\": \"%s\", \"runs\": [",
           name, metric, figures_quantile(sorted, n, 0.5), unit);
    for (size_t i = 0; i < n; i++)
        printf("%s%.6g", i ? ", " : "", runs[i]);
    printf("]}\n");
    fflush(stdout);
}

uint64_t figures_burn(uint64_t seed, uint64_t rounds)
{
    uint64_t x = seed | 1;

    while (rounds--) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
    }
    return x;
}

uint64_t figures_calibrate(double us)
{
    const uint64_t probe = 2000000;
    volatile uint64_t sink = 0;
    double best = 1e9;

    for (uint64_t i = 0; i < 7; i++) {
        double began = figures_now(), took;

        sink += figures_burn(i, probe);
        took = figures_now() - began;
        if (took < best)
            best = took;
    }
    return (uint64_t)(us / 1e6 / best * (double)probe);
}

double figures_ideal(int n, uint64_t rounds, uint64_t jobs)
{
    double began = figures_now();

    for (int k = 0; k < n; k++)
        if (fork() == 0) {
            volatile uint64_t sink = 0;

            for (uint64_t i = (uint64_t)k; i < jobs; i += (uint64_t)n)
                sink += figures_burn(i, rounds);
            _exit(0);
        }
    for (int k = 0; k < n; k++)
        wait(NULL);
    return figures_now() - began;
}

double figures_resident(int pid)
{
    char path[64];
    unsigned long pages = 0;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%d/statm", pid);
    f = fopen(path, "re");
    if (f) {
        if (fscanf(f, "%*u %lu", &pages) != 1)
            pages = 0;
        fclose(f);
    }
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}
