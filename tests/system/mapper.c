/* mapper.c - many small jobs in one par_map(): right, in order, and no memory
 *
 *     mapper SOURCE COUNT PID
 *
 * Maps triple() of SOURCE over 0..COUNT-1 on the broker that PAR_BROKER names
 * or that is there.  Prints how many KiB we, and the process PID, have grown
 * by between an early result and the last one.
 */
#define _GNU_SOURCE
#include <par/client.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct run {
    uint64_t count, next;
    int other;
    long own_before, other_before;
    const char *wrong;
};

static long resident_kib(int pid)
{
    char path[64], line[128];
    long kib = -1;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%d/status", pid);
    f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "VmRSS: %ld", &kib) == 1)
            break;
    if (f)
        fclose(f);
    return kib;
}

static int next(void *context, uint64_t index, struct par_value *args)
{
    struct run *r = context;

    if (index == r->count)
        return -1;
    args[0] = par_value_int((int64_t)index);
    return 1;
}

static int each(void *context, uint64_t index, const struct par_result *result)
{
    struct run *r = context;

    if (index != r->next++)
        r->wrong = "out of order";
    if (result->status != PAR_OK ||
        par_result_int(result) != 3 * (int64_t)index)
        r->wrong = "a wrong value";
    if (index == r->count / 5) {
        r->own_before = resident_kib(getpid());
        r->other_before = resident_kib(r->other);
    }
    return r->wrong ? 1 : 0;
}

int main(int argc, char **argv)
{
    struct par_error err = {0};
    struct par_options options = {.no_private_broker = true};
    struct par_client *c = argc == 4 ? par_open(NULL, &options, &err) : NULL;
    struct par_file files[] = {{"triple.c", argc > 1 ? argv[1] : ""}, {0}};
    struct par_setup setup = {.kind = "source", .files = files};
    struct par_function triple;
    struct run r = {0};
    struct par_map map = {
        .function = &triple, .context = &r, .next = next, .each = each};
    uint32_t handle;

    if (!c || par_setup(c, &setup, &handle, &err) ||
        par_function(c, handle, "triple", &triple, &err)) {
        fprintf(stderr, "mapper: %s\n", err.text);
        return 1;
    }
    r.count = strtoull(argv[2], NULL, 10);
    r.other = atoi(argv[3]);
    if (par_map(c, &map, &err) || r.wrong || r.next != r.count) {
        fprintf(stderr, "mapper: %llu of %llu: %s\n",
                (unsigned long long)r.next, (unsigned long long)r.count,
                r.wrong ? r.wrong : err.text);
        return 1;
    }
    printf("%ld %ld\n", resident_kib(getpid()) - r.own_before,
           resident_kib(r.other) - r.other_before);
    par_close(c);
    return 0;
}
