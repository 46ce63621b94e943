/* test_bundle_path.c - which paths may travel */
#include "config.h"

#include "bundle.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

static const char *fault(const char *path)
{
    const char *found = bundle_path_fault(path, strlen(path));

    cr_assert(eq(int, bundle_path_is_safe(path, strlen(path)), !found));
    return found ? found : "";
}

#define FAULT(path) (char *)fault(path)

TestSuite(bundle_path, .timeout = 10);

Test(bundle_path, relative_paths_are_safe)
{
    static const char *const safe[] = {
        "a",
        "wordcount.c",
        "a/b/c.h",
        ".hidden",
        "..a",
        "a..",
        "...",
        "a/.../b",
        "a/..b",
        "a.",
        ".a/b",
        "a b",
        "gr\xC3\xB6"
        "n",
        "-rf",
        "~",
        "a\\..\\b",
        "C:",
        "$HOME/x",
        "%2e%2e/x",
        "a\nb",
    };

    for (size_t i = 0; i < sizeof safe / sizeof *safe; i++)
        cr_assert(eq(str, FAULT(safe[i]), ""), "%s", safe[i]);
}

/* DI-39 */
Test(bundle_path, what_leads_out_is_refused)
{
    cr_assert(eq(str, FAULT("../x"), "a component `..'"));
    cr_assert(eq(str, FAULT("a/../../x"), "a component `..'"));
    cr_assert(eq(str, FAULT("a/b/../../../x"), "a component `..'"));
    cr_assert(eq(str, FAULT(".."), "a component `..'"));
    cr_assert(eq(str, FAULT("a/.."), "a component `..'"));
    cr_assert(eq(str, FAULT("a/../b"), "a component `..'"));
    cr_assert(eq(str, FAULT("../run-sibling/x"), "a component `..'"));
    cr_assert(eq(str, FAULT("/etc/x"), "it is absolute"));
    cr_assert(eq(str, FAULT("/"), "it is absolute"));
    cr_assert(eq(str, FAULT("//x"), "it is absolute"));
}

Test(bundle_path, two_ways_to_write_one_path_are_refused)
{
    cr_assert(eq(str, FAULT("."), "a component `.'"));
    cr_assert(eq(str, FAULT("./a"), "a component `.'"));
    cr_assert(eq(str, FAULT("a/./b"), "a component `.'"));
    cr_assert(eq(str, FAULT("a/."), "a component `.'"));
    cr_assert(eq(str, FAULT("a//b"), "an empty component"));
    cr_assert(eq(str, FAULT("a/"), "an empty component"));
    cr_assert(eq(str, FAULT("a/b//"), "an empty component"));
    cr_assert(eq(str, FAULT(""), "it is empty"));
}

Test(bundle_path, a_zero_octet_cuts_nothing_off)
{
    cr_assert(eq(str, (char *)bundle_path_fault("a\0b", 3), "a zero octet"));
    cr_assert(eq(str, (char *)bundle_path_fault("\0", 1), "a zero octet"));
    cr_assert(
        eq(str, (char *)bundle_path_fault("a\0/../x", 7), "a zero octet"));
    cr_assert(eq(ptr, (void *)bundle_path_fault("a/../x", 1), NULL),
              "what stands behind its length is not looked at");
}

Test(bundle_path, a_component_ends_at_255_octets)
{
    char path[600];

    memset(path, 'x', sizeof path);
    cr_assert(bundle_path_is_safe(path, 254));
    cr_assert(bundle_path_is_safe(path, 255));
    cr_assert(eq(str, (char *)bundle_path_fault(path, 256),
                 "a component of more than 255 octets"));
    path[255] = '/';
    cr_assert(bundle_path_is_safe(path, 256 + 255));
    cr_assert(eq(int, bundle_path_is_safe(path, 256 + 256), false));
}

Test(bundle_path, a_path_ends_at_4096_octets)
{
    char path[4200];

    for (size_t i = 0; i < sizeof path; i++)
        path[i] = i % 100 == 99 ? '/' : 'x';
    cr_assert(bundle_path_is_safe(path, 4095));
    cr_assert(bundle_path_is_safe(path, 4096));
    cr_assert(eq(str, (char *)bundle_path_fault(path, 4097),
                 "more than 4096 octets"));
}

static bool is_good(const char *name)
{
    return bundle_name_is_good(name, strlen(name), BUNDLE_NAME);
}

Test(bundle_path, a_name_is_printable_and_leaves_targets_readable)
{
    cr_assert(is_good("a"));
    cr_assert(is_good("primes.c"));
    cr_assert(is_good("app@2"));
    cr_assert(is_good("!~"));
    cr_assert(eq(int, is_good(""), false));
    cr_assert(eq(int, is_good("a b"), false));
    cr_assert(eq(int, is_good("a:b"), false));
    cr_assert(eq(int, is_good("a/b"), false));
    cr_assert(eq(int, is_good("a\n"), false));
    cr_assert(eq(int, is_good("a\x7F"), false));
    cr_assert(eq(int, is_good("gr\xC3\xB6n"), false));
    cr_assert(eq(int, bundle_name_is_good("a\0", 2, BUNDLE_NAME), false));
}

Test(bundle_path, a_name_ends_at_its_limit)
{
    char name[200];

    memset(name, 'n', sizeof name);
    cr_assert(bundle_name_is_good(name, 127, BUNDLE_NAME));
    cr_assert(bundle_name_is_good(name, 128, BUNDLE_NAME));
    cr_assert(eq(int, bundle_name_is_good(name, 129, BUNDLE_NAME), false));
    cr_assert(bundle_name_is_good(name, 63, BUNDLE_FUNCTION));
    cr_assert(eq(int, bundle_name_is_good(name, 64, BUNDLE_FUNCTION), false));
}
