/* test_known.c - known_brokers: found, added, replaced, refused */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <sys/wait.h>

#include "keys.h"
#include "scratch.h"

#define KEY_A "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
#define KEY_B "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"

static uint8_t key_a[KEY_SIZE];
static uint8_t key_b[KEY_SIZE];

static void set_up(void)
{
    scratch_make();
    cr_assert(key_parse(KEY_A, key_a));
    cr_assert(key_parse(KEY_B, key_b));
}

TestSuite(known, .init = set_up, .fini = scratch_remove, .timeout = 20);

Test(known, nothing_is_known_without_a_file)
{
    uint8_t key[KEY_SIZE];

    cr_assert(
        eq(int, known_find(scratch_path("known"), "tcp://a:1", key, NULL), 0));
}

Test(known, added_key_is_found_whatever_the_case_of_the_host)
{
    const char *file = scratch_path("new/known");
    uint8_t key[KEY_SIZE];

    cr_assert(
        eq(int, known_add(file, "tcp://HostA:7270", key_a, false, NULL), 0));
    cr_assert(eq(int, known_find(file, "tcp://hosta:7270", key, NULL), 1));
    cr_assert(eq(int, memcmp(key, key_a, KEY_SIZE), 0));
    cr_assert(eq(int, known_find(file, "tcp://hosta:7271", key, NULL), 0));
}

Test(known, changed_key_is_refused_and_both_are_shown)
{
    const char *file = scratch_path("known");
    struct par_error err = {0};
    uint8_t key[KEY_SIZE];

    cr_assert(eq(int, known_add(file, "tcp://a:1", key_a, false, NULL), 0));
    cr_assert(eq(int, known_add(file, "tcp://a:1", key_a, false, NULL), 0));
    cr_assert(eq(int, known_add(file, "tcp://a:1", key_b, false, &err), -1));
    cr_assert(eq(int, err.code, EEXIST));
    cr_assert(strstr(err.text, "old " KEY_A ", new " KEY_B) != NULL, "%s",
              err.text);
    cr_assert(eq(int, known_find(file, "tcp://a:1", key, NULL), 1));
    cr_assert(eq(int, memcmp(key, key_a, KEY_SIZE), 0));
}

Test(known, replace_keeps_all_other_lines_as_they_are)
{
    const char *file =
        scratch_write("known", 0644,
                      "# mine\n\ntcp://a:1 " KEY_A " the old one\n"
                      "something else\n  tcp://b:1\t" KEY_A "\nno newline");

    cr_assert(eq(int, known_add(file, "tcp://a:1", key_b, true, NULL), 0));
    cr_assert(eq(str, (char *)scratch_read(file),
                 "# mine\n\ntcp://a:1 " KEY_B "\nsomething else\n"
                 "  tcp://b:1\t" KEY_A "\nno newline\n"));
}

Test(known, bad_line_is_named_when_it_is_needed)
{
    const char *file =
        scratch_write("known", 0600, "# x\ntcp://a:1 nonsense\n");
    struct par_error err = {0};
    uint8_t key[KEY_SIZE];
    char want[200];

    cr_assert(eq(int, known_find(file, "tcp://b:1", key, &err), 0));
    cr_assert(eq(int, known_find(file, "tcp://a:1", key, &err), -1));
    snprintf(want, sizeof want,
             "%s:2: key: `nonsense' is not 40 characters of Z85", file);
    cr_assert(eq(str, err.text, want));
}

Test(known, file_that_others_can_write_is_refused)
{
    const char *file = scratch_write("known", 0662, "tcp://a:1 " KEY_A "\n");
    struct par_error err = {0};
    uint8_t key[KEY_SIZE];

    cr_assert(eq(int, known_find(file, "tcp://a:1", key, &err), -1));
    cr_assert(strstr(err.text, "others can write it; chmod go-w ") != NULL);
    cr_assert(eq(int, known_add(file, "tcp://b:1", key_a, false, &err), -1));
}

Test(known, what_is_no_endpoint_is_not_noted)
{
    const char *file = scratch_path("known");
    struct par_error err = {0};

    cr_assert(eq(int, known_add(file, "a b", key_a, false, &err), -1));
    cr_assert(eq(int, known_add(file, "#a", key_a, false, &err), -1));
    cr_assert(eq(int, known_add(file, "a\nb", key_a, false, &err), -1));
    cr_assert(eq(int, known_add(file, "", key_a, false, &err), -1));
    cr_assert(ne(int, access(file, F_OK), 0));
}

Test(known, writers_at_once_lose_nothing)
{
    enum { PROCESSES = 8, LINES = 10 };
    const char *file = scratch_path("known");
    uint8_t key[KEY_SIZE];
    char endpoint[64];

    for (int p = 0; p < PROCESSES; p++) {
        if (fork() == 0) {
            int rc = 0;

            for (int i = 0; i < LINES; i++) {
                snprintf(endpoint, sizeof endpoint, "tcp://h%d:%d", p, i + 1);
                rc |= known_add(file, endpoint, key_a, false, NULL);
            }
            _exit(rc != 0);
        }
    }
    for (int p = 0; p < PROCESSES; p++) {
        int status;

        wait(&status);
        cr_assert(eq(int, status, 0));
    }
    for (int p = 0; p < PROCESSES; p++) {
        for (int i = 0; i < LINES; i++) {
            snprintf(endpoint, sizeof endpoint, "tcp://h%d:%d", p, i + 1);
            cr_assert(eq(int, known_find(file, endpoint, key, NULL), 1));
        }
    }
}
