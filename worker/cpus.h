/* cpus.h - how many CPUs this process may use
 *
 * Those it is allowed to run on (taskset, cpusets), and no more than its
 * cgroup's quota pays for (containers, systemd's CPUQuota).
 */
#ifndef PAR_WORKER_CPUS_H
#define PAR_WORKER_CPUS_H

/* At least 1. */
unsigned cpus_count(void);

/* What a quota of `quota` in each `period` is worth, rounded up; 0 for a text
 * that sets no bound ("max 100000").  `text` as in cpu.max of cgroup v2. */
unsigned cpus_of_quota(const char *text);

#endif
