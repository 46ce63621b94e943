/* figures.h - times, medians and the JSON line of every figure
 *
 * One line a figure: {"peer", "case", "metric", "value", "unit", "runs"};
 * value is the median of the runs.
 */
#ifndef PAR_TESTS_BENCH_FIGURES_H
#define PAR_TESTS_BENCH_FIGURES_H

#include <stddef.h>
#include <stdint.h>

enum { FIGURES_RUNS = 64 };

double figures_now(void); /* seconds, monotonic */

/* The q-quantile; sorts v. */
double figures_quantile(double *v, size_t n, double q);

void figures_emit(const char *name,
                  const char *metric,
                  const double *runs,
                  size_t n,
                  const char *unit);

/* A fixed amount of CPU work: `rounds` of xorshift64 (Marsaglia, 2003). */
uint64_t figures_burn(uint64_t seed, uint64_t rounds);

/* How many rounds take about `us` here. */
uint64_t figures_calibrate(double us);

/* Seconds that n processes need for `jobs` burns shared out evenly and nothing
 * else: what efficiency is measured against. */
double figures_ideal(int n, uint64_t rounds, uint64_t jobs);

/* Resident octets of a process. */
double figures_resident(int pid);

#endif
