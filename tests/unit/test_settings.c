/* test_settings.c - options of a worker: defaults, and what is refused */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "worker/cpus.h"
#include "worker/settings.h"

static struct par_worker_options options;
static struct settings *settings;
static struct par_error err;

static void fini(void)
{
    settings_destroy(settings);
}

TestSuite(settings, .fini = fini, .timeout = 10);

static void take(void)
{
    settings = settings_create(&options, &err);
    cr_assert(ne(ptr, settings, NULL), "%s", err.text);
}

static char *refused(void)
{
    settings = settings_create(&options, &err);
    cr_assert(eq(ptr, settings, NULL));
    cr_assert(eq(int, err.code, EINVAL));
    return err.text;
}

Test(settings, nothing_said_is_a_good_default)
{
    settings = settings_create(NULL, &err);
    cr_assert(ne(ptr, settings, NULL), "%s", err.text);
    cr_assert(eq(uint, settings->slots, cpus_count()));
    cr_assert(eq(uint, settings->io_slots, SETTINGS_IO_SLOTS));
    cr_assert(eq(u64, settings->max_file_size, SETTINGS_MAX_FILE));
    cr_assert(eq(i64, settings->give_up_ms, SETTINGS_GIVE_UP_MS));
    cr_assert(eq(str, settings->name, ""));
    cr_assert(eq(ptr, settings->brokers, NULL));
}

Test(settings, DI_37_slots_leave_cpus_free_and_may_be_more)
{
    unsigned n = 0;

    cr_assert(eq(int, settings_slots(0, 8, &n, &err), 0));
    cr_assert(eq(uint, n, 8));
    cr_assert(eq(int, settings_slots(-3, 8, &n, &err), 0));
    cr_assert(eq(uint, n, 5));
    cr_assert(eq(int, settings_slots(100, 8, &n, &err), 0));
    cr_assert(eq(uint, n, 100));
}

Test(settings, DI_37_no_slot_left_is_refused)
{
    unsigned n = 0;

    cr_assert(eq(int, settings_slots(-8, 8, &n, &err), -1));
    cr_assert(eq(int, err.code, EINVAL));
    cr_assert(eq(str, err.text, "slots: -8 leaves none of the 8 CPUs"));
    cr_assert(eq(int, settings_slots(INT_MIN, 8, &n, &err), -1));
    cr_assert(eq(int, settings_slots(INT_MAX, 8, &n, &err), -1));
}

Test(settings, CL_13_quota_counts)
{
    cr_assert(eq(uint, cpus_of_quota("max 100000\n"), 0));
    cr_assert(eq(uint, cpus_of_quota("200000 100000\n"), 2));
    cr_assert(eq(uint, cpus_of_quota("150000 100000\n"), 2));
    cr_assert(eq(uint, cpus_of_quota("1000 100000\n"), 1));
    cr_assert(eq(uint, cpus_of_quota(""), 0));
    cr_assert(eq(uint, cpus_of_quota("1 0"), 0));
    cr_assert(ge(uint, cpus_count(), 1));
}

Test(settings, resources_are_counted_or_named)
{
    static const struct par_pair r[] = {
        {"mem", "16"}, {"disk", "0.5"}, {"gpu", "[0,2,7]"}, {NULL, NULL}};

    options.resources = r;
    take();
    cr_assert(eq(sz, settings->resource_count, 3));
    cr_assert(eq(dbl, settings->resources[0].amount, 16));
    cr_assert(eq(int, settings->resources[0].indexed, 0));
    cr_assert(eq(dbl, settings->resources[1].amount, 0.5));
    cr_assert(eq(int, settings->resources[2].indexed, 1));
    cr_assert(eq(sz, settings->resources[2].count, 3));
    cr_assert(eq(u32, settings->resources[2].indexes[2], 7));
}

Test(settings, bad_resources_are_named)
{
    static const char *const values[] = {
        "",   "two", "-1",    "1x",  "inf",  "nan",          "[]",   "1e15",
        "[0", "[0,", "[0,0]", "[a]", "[0]]", "[4294967296]", "[-1]",
    };
    struct par_pair r[] = {{"gpu", NULL}, {NULL, NULL}};

    options.resources = r;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        r[0].value = values[i];
        cr_assert(strstr(refused(), "resource: gpu: `") != NULL, "%s: %s",
                  values[i], err.text);
    }
    r[0] = (struct par_pair){"g,pu", "1"};
    cr_assert(eq(str, refused(), "resource: `g,pu' is not a name"));
}

Test(settings, bad_endpoint_is_named)
{
    static const char *const brokers[] = {"ipc:///ok", "udp://x:1", NULL};

    options.brokers = brokers;
    cr_assert(strstr(refused(), "udp://x:1") != NULL, "%s", err.text);
}

Test(settings, bad_name_is_named)
{
    options.name = "a b";
    cr_assert(strstr(refused(), "name: `a b'") != NULL);
    options.name = "a/b";
    refused();
    options.name = "node-7.rack_2";
    take();
}

Test(settings, bad_address_is_named)
{
    options.source_ip = "localhost";
    cr_assert(strstr(refused(), "ip-addr: `localhost'") != NULL);
    options.source_ip = "::1";
    take();
    cr_assert(eq(str, settings->source_ip, "::1"));
}

Test(settings, numbers_out_of_range_are_named)
{
    options.io_slots = -1;
    cr_assert(strstr(refused(), "io-slots: -1") != NULL);
    options.io_slots = 0;
    options.give_up_ms = -2;
    cr_assert(strstr(refused(), "give-up: -2") != NULL);
    options.give_up_ms = -1;
    take();
}
