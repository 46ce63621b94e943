/* test_environ.c - what user code finds in its environment */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "bundle.h"
#include "worker/environ.h"

static char **env;

static void fini(void)
{
    environ_free(env);
}

TestSuite(environ, .fini = fini, .timeout = 10);

static char *get(const char *name)
{
    return (char *)environ_get(env, name);
}

static size_t count(void)
{
    size_t n = 0;

    while (env[n])
        n++;
    return n;
}

Test(environ, user_code_sees_a_few_names_only)
{
    static char *worker[] = {"PATH=/x",   "HOME=/h",       "PAR_KEY=/secret",
                             "TOKEN=abc", "PATHOLOGY=yes", NULL};

    env = environ_base(worker);
    cr_assert(eq(str, get("PATH"), "/x"));
    cr_assert(eq(str, get("HOME"), "/h"));
    cr_assert(eq(sz, count(), 2));
}

Test(environ, there_is_a_path_in_any_case)
{
    env = environ_base((char *[]){NULL});
    cr_assert(eq(str, get("PATH"), "/usr/local/bin:/usr/bin:/bin"));
}

Test(environ, later_values_replace_earlier_ones)
{
    struct env e = {0};

    env_put(&e, "A", "1");
    env_put(&e, "AB", "2");
    env_put(&e, "A", "x=y z");
    env_put(&e, "EMPTY", "");
    env = env_take(&e);
    cr_assert(eq(str, get("A"), "x=y z"));
    cr_assert(eq(str, get("AB"), "2"));
    cr_assert(eq(str, get("EMPTY"), ""));
    cr_assert(eq(sz, count(), 3));
}

Test(environ, slot_has_the_manifests_and_is_told_so)
{
    struct bundle_pair pairs[] = {{{"COLOUR", 6}, {"red", 3}},
                                  {{"PATH", 4}, {"/mine", 5}},
                                  {{"PAR_SLOT_FD", 11}, {"no", 2}}};
    struct bundle_draft draft = {
        .name = "it", .kind = BUNDLE_EXEC, .env = pairs, .env_count = 3};
    struct meta_writer manifest = {0};
    struct bundle b;

    cr_assert(eq(int, bundle_encode(&manifest, &draft, NULL), 0));
    cr_assert(eq(int, bundle_decode(&b, manifest.data, manifest.len, NULL), 0));
    env = environ_of_slot((char *[]){"PATH=/x", "HOME=/h", NULL}, &b);
    cr_assert(eq(str, get("COLOUR"), "red"));
    cr_assert(eq(str, get("PATH"), "/mine"));
    cr_assert(eq(str, get("HOME"), "/h"));
    cr_assert(eq(str, get("PAR_SLOT_FD"), "3"));
    meta_writer_clear(&manifest);
}

Test(environ, grants_are_named_after_the_resource)
{
    struct meta_writer w = {0};
    struct env e = {0};

    meta_put_map(&w, 2);
    meta_put_str(&w, "gpu");
    meta_put_str(&w, "0,2");
    meta_put_str(&w, "fast-disk");
    meta_put_str(&w, "1");
    env_grants(&e, w.data, w.len);
    env = env_take(&e);
    cr_assert(eq(str, get("PAR_GPU"), "0,2"));
    cr_assert(eq(str, get("CUDA_VISIBLE_DEVICES"), "0,2"));
    cr_assert(eq(str, get("PAR_FAST_DISK"), "1"));
    meta_writer_clear(&w);
}

Test(environ, no_grants_are_no_harm)
{
    struct env e = {0};

    env_grants(&e, NULL, 0);
    env_grants(&e, (const uint8_t *)"\x01", 1);
    env = env_take(&e);
    cr_assert(eq(sz, count(), 0));
}
