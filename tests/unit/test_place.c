/* test_place.c - which folders are used, made or refused */
#include "config.h"

#include "place.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <pwd.h>

#include "scratch.h"

static char path[PLACE_PATH];

static void set_up(void)
{
    static const char *const variables[] = {
        "PAR_RUNTIME_DIR", "PAR_CONFIG_DIR",  "PAR_STATE_DIR",
        "PAR_CACHE_DIR",   "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME",
        "XDG_STATE_HOME",  "XDG_CACHE_HOME"};

    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        unsetenv(variables[i]);
    scratch_make();
    setenv("HOME", scratch, 1);
}

TestSuite(place, .init = set_up, .fini = scratch_remove, .timeout = 20);

static void expect(const char *below)
{
    cr_assert(eq(str, path, (char *)scratch_path(below)));
}

Test(place, runtime_folder_is_made_for_its_owner_alone)
{
    struct stat st;

    setenv("XDG_RUNTIME_DIR", scratch, 1);
    cr_assert(eq(int, place_runtime_dir(true, path, sizeof path, NULL), 0));
    expect("par");
    cr_assert(eq(int, lstat(path, &st), 0));
    cr_assert(eq(int, (int)(st.st_mode & 07777), 0700));
    cr_assert(eq(int, place_runtime_dir(true, path, sizeof path, NULL), 0));
}

Test(place, looking_for_a_broker_leaves_no_folder)
{
    struct par_error err = {0};

    setenv("XDG_RUNTIME_DIR", scratch, 1);
    cr_assert(
        eq(int, place_local_endpoint(false, path, sizeof path, &err), -1));
    cr_assert(eq(int, err.code, ENOENT));
    cr_assert(ne(int, access(scratch_path("par"), F_OK), 0));
    cr_assert(eq(int, place_local_endpoint(true, path, sizeof path, NULL), 0));
    cr_assert(eq(int, strncmp(path, "ipc:///", 7), 0));
    memmove(path, path + 6, strlen(path) - 5);
    expect("par/broker.sock");
}

Test(place, runtime_folder_that_others_enter_is_refused_with_the_remedy)
{
    struct par_error err = {0};

    setenv("XDG_RUNTIME_DIR", scratch, 1);
    cr_assert(eq(int, mkdir(scratch_path("par"), 0700), 0));
    cr_assert(eq(int, chmod(scratch_path("par"), 0710), 0));
    cr_assert(eq(int, place_runtime_dir(true, path, sizeof path, &err), -1));
    cr_assert(strstr(err.text, "others can enter it; chmod 700 ") != NULL, "%s",
              err.text);
}

Test(place, runtime_folder_that_is_a_symlink_is_refused)
{
    struct par_error err = {0};

    setenv("XDG_RUNTIME_DIR", scratch, 1);
    cr_assert(eq(int, mkdir(scratch_path("real"), 0700), 0));
    cr_assert(eq(int, symlink(scratch_path("real"), scratch_path("par")), 0));
    cr_assert(eq(int, place_runtime_dir(true, path, sizeof path, &err), -1));
    cr_assert(strstr(err.text, "symlink") != NULL, "%s", err.text);
}

Test(place, runtime_folder_of_another_user_is_passed_over)
{
    /* /proc/1 is root's, or at least not ours; / is when we are not root */
    struct stat st;

    cr_assert(eq(int, stat("/proc", &st), 0));
    if (st.st_uid == geteuid())
        cr_skip_test("needs a uid other than that of /proc");
    setenv("XDG_RUNTIME_DIR", "/proc", 1);
    (void)place_runtime_dir(false, path, sizeof path, NULL);
    cr_assert(ne(str, path, "/proc/par"));
}

Test(place, relative_xdg_folder_is_ignored)
{
    setenv("XDG_CACHE_HOME", "cache", 1);
    cr_assert(eq(int, place_cache_dir(path, sizeof path, NULL), 0));
    expect(".cache/par");
}

Test(place, relative_runtime_folder_is_ignored)
{
    cr_assert(eq(int, mkdir(scratch_path("run"), 0700), 0));
    cr_assert(eq(int, chdir(scratch), 0));
    setenv("XDG_RUNTIME_DIR", "run", 1);
    (void)place_runtime_dir(false, path, sizeof path, NULL);
    cr_assert(eq(int, path[0], '/'));
    cr_assert(eq(int, chdir("/"), 0));
}

Test(place, each_folder_follows_its_variables)
{
    cr_assert(eq(int, place_config_dir(path, sizeof path, NULL), 0));
    expect(".config/par");
    cr_assert(eq(int, place_cache_dir(path, sizeof path, NULL), 0));
    expect(".cache/par");
    setenv("XDG_CONFIG_HOME", scratch_path("c"), 1);
    cr_assert(eq(int, place_config_dir(path, sizeof path, NULL), 0));
    expect("c/par");
    setenv("PAR_CONFIG_DIR", scratch_path("d"), 1);
    cr_assert(eq(int, place_config_dir(path, sizeof path, NULL), 0));
    expect("d");
}

Test(place, bad_override_is_named)
{
    struct par_error err = {0};

    setenv("PAR_CACHE_DIR", "here", 1);
    cr_assert(eq(int, place_cache_dir(path, sizeof path, &err), -1));
    cr_assert(eq(str, err.text, "PAR_CACHE_DIR: `here' does not begin with /"));
}

Test(place, home_comes_from_the_password_file_if_unset)
{
    struct par_error err = {0};

    unsetenv("HOME");
    /* The uid of the tests may have no entry; then that is what is said. */
    if (place_config_dir(path, sizeof path, &err) == 0)
        cr_assert(strstr(path, "/.config/par") != NULL);
    else
        cr_assert(eq(int, err.code, ENOENT));
}

/* As `env -i` and a user id without an account have it. */
Test(place, cache_of_a_user_without_a_home_is_beside_the_sockets)
{
    struct par_error err = {0};

    unsetenv("HOME");
    setenv("XDG_RUNTIME_DIR", scratch, 1);
    if (getpwuid(geteuid()))
        cr_skip_test("this user has a home");
    cr_assert(eq(int, place_cache_dir(path, sizeof path, &err), 0));
    expect("par/cache");
    cr_assert(eq(int, place_config_dir(path, sizeof path, &err), -1));
    cr_assert(eq(int, err.code, ENOENT));
}

/* As accounts of services have it, and containers that run as any user id. */
Test(place, cache_of_a_home_that_is_not_there_is_beside_the_sockets)
{
    setenv("XDG_RUNTIME_DIR", scratch, 1);
    setenv("HOME", "/proc/nonexistent", 1);
    cr_assert(eq(int, place_cache_dir(path, sizeof path, NULL), 0));
    expect("par/cache");
    setenv("HOME", "/dev/null", 1);
    cr_assert(eq(int, place_cache_dir(path, sizeof path, NULL), 0));
    expect("par/cache");
    setenv("XDG_CACHE_HOME", "/proc/nonexistent", 1);
    cr_assert(eq(int, place_cache_dir(path, sizeof path, NULL), -1),
              "what somebody has named is not passed over");
}

Test(place, too_long_a_name_is_refused_not_cut)
{
    char small[8];
    struct par_error err = {0};

    cr_assert(eq(int, place_cache_dir(small, sizeof small, &err), -1));
    cr_assert(eq(int, err.code, ENAMETOOLONG));
}

Test(place, make_dir_makes_all_of_it_and_is_content_when_it_is_there)
{
    struct stat st;

    cr_assert(eq(int, place_make_dir(scratch_path("a/b/c"), NULL), 0));
    cr_assert(eq(int, place_make_dir(scratch_path("a/b/c"), NULL), 0));
    cr_assert(eq(int, stat(scratch_path("a"), &st), 0));
    cr_assert(eq(int, (int)(st.st_mode & 07777), 0700));
    scratch_write("file", 0600, "");
    cr_assert(eq(int, place_make_dir(scratch_path("file"), NULL), -1));
    cr_assert(eq(int, place_make_dir(scratch_path("file/x"), NULL), -1));
}

Test(place, host_id_is_the_same_twice)
{
    char one[PLACE_HOST_ID];
    char two[PLACE_HOST_ID];

    cr_assert(eq(int, place_host_id(one, NULL), 0));
    cr_assert(eq(int, place_host_id(two, NULL), 0));
    cr_assert(eq(sz, strlen(one), PLACE_HOST_ID - 1));
    cr_assert(eq(str, one, two));
}

Test(place, libexec_program_is_looked_for_in_the_folder_given_and_no_other)
{
    struct par_error err = {0};

    scratch_write("helper", 0700, "");
    cr_assert(
        eq(int, place_libexec("helper", scratch, path, sizeof path, NULL), 0));
    expect("helper");
    scratch_write("plain", 0600, "");
    cr_assert(
        eq(int, place_libexec("plain", scratch, path, sizeof path, &err), -1));
    cr_assert(eq(int, err.code, ENOENT));
}

Test(place, libexec_program_beside_our_own_is_found)
{
    char own[PLACE_PATH];
    ssize_t n = readlink("/proc/self/exe", own, sizeof own - 1);

    cr_assert(n > 0);
    own[n] = '\0';
    cr_assert(
        eq(int,
           place_libexec(strrchr(own, '/') + 1, NULL, path, sizeof path, NULL),
           0));
    cr_assert(eq(str, path, own));
}

Test(place, libexec_program_that_is_nowhere_is_told_with_the_places)
{
    struct par_error err = {0};

    cr_assert(
        eq(int, place_libexec("no-such", NULL, path, sizeof path, &err), -1));
    cr_assert(strstr(err.text, PAR_LIBEXECDIR) != NULL, "%s", err.text);
}
