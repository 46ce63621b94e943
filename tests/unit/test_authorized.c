/* test_authorized.c - lines of the authorized file: read, refused, added,
 * removed
 */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>

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

TestSuite(authorized, .init = set_up, .fini = scratch_remove, .timeout = 20);

static struct authorized_entry entry_of(const uint8_t *key, const char *name)
{
    struct authorized_entry e = {.roles = ROLE_CLIENT};

    memcpy(e.key, key, KEY_SIZE);
    snprintf(e.name, sizeof e.name, "%s", name);
    return e;
}

Test(authorized, missing_file_admits_nobody)
{
    struct authorized *a = authorized_load(scratch_path("none"), NULL);

    cr_assert(a != NULL);
    cr_assert(authorized_find(a, key_a) == NULL);
    cr_assert(authorized_at(a, 0) == NULL);
    authorized_destroy(a);
}

Test(authorized, lines_are_read_with_their_options)
{
    const char *file = scratch_write(
        "authorized", 0600,
        "# who\n\n" KEY_A " alice@desk client account=alice # her desk\n"
        "  " KEY_B "\thostb  worker,client\r\n");
    struct par_error err = {0};
    struct authorized *a = authorized_load(file, &err);
    const struct authorized_entry *e;
    char hex[KEY_HEX];

    cr_assert(a != NULL, "%s", err.text);
    e = authorized_find(a, key_a);
    cr_assert(e != NULL);
    cr_assert(eq(str, (char *)e->name, "alice@desk"));
    cr_assert(eq(str, (char *)e->account, "alice"));
    cr_assert(eq(uint, e->roles, ROLE_CLIENT));
    key_hex(key_b, hex);
    e = authorized_find_hex(a, hex);
    cr_assert(e != NULL);
    cr_assert(eq(str, (char *)e->account, "hostb"));
    cr_assert(eq(uint, e->roles, ROLE_CLIENT | ROLE_WORKER));
    cr_assert(eq(ptr, (void *)authorized_at(a, 1), (void *)e));
    cr_assert(authorized_at(a, 2) == NULL);
    hex[0] = 'g';
    cr_assert(authorized_find_hex(a, hex) == NULL);
    cr_assert(authorized_find_hex(a, "") == NULL);
    authorized_destroy(a);
}

static void expect_refusal(const char *line, const char *why)
{
    const char *file = scratch_write("authorized", 0600, line);
    struct par_error err = {0};
    char want[300];

    cr_assert(authorized_load(file, &err) == NULL, "%s", line);
    snprintf(want, sizeof want, "%s:%s", file, why);
    cr_assert(eq(str, err.text, want));
}

Test(authorized, one_bad_line_spoils_the_file_and_is_named)
{
    expect_refusal("\nxyz name client\n",
                   "2: key: `xyz' is not 40 characters of Z85");
    expect_refusal(KEY_A " bad/name client\n",
                   "1: name: `bad/name' is not 1 to 63 of letters, digits and "
                   "._@+:-");
    expect_refusal(KEY_A " a boss\n",
                   "1: role: `boss' is not made of: client, worker, admin");
    expect_refusal(KEY_A " a client,\n",
                   "1: role: `client,' is not made of: client, worker, admin");
    expect_refusal(KEY_A " a\n",
                   "1: role: missing; allowed: client, worker, admin");
    expect_refusal(KEY_A " a client quota=1\n",
                   "1: option: `quota=1' is not known; allowed: account=NAME");
    expect_refusal(KEY_A " a client account=\n",
                   "1: account: `' is not a name");
    expect_refusal(KEY_A " a client\n" KEY_A " b admin\n",
                   " key: " KEY_A " stands there twice");
}

Test(authorized, file_that_others_can_write_is_refused)
{
    const char *file =
        scratch_write("authorized", 0620, KEY_A " alice client\n");
    struct par_error err = {0};

    cr_assert(authorized_load(file, &err) == NULL);
    cr_assert(eq(int, err.code, EPERM));
}

Test(authorized, list_in_a_folder_that_others_can_write_is_refused)
{
    const char *file =
        scratch_write("authorized", 0600, KEY_A " alice client\n");
    struct par_error err = {0};
    struct authorized *a;

    cr_assert(eq(int, chmod(scratch, 0770), 0));
    cr_assert(authorized_load(file, &err) == NULL);
    cr_assert(eq(int, err.code, EPERM));
    cr_assert(strstr(err.text, "others can write it; chmod go-w ") != NULL,
              "%s", err.text);
    cr_assert(eq(int, chmod(scratch, 01777), 0));
    a = authorized_load(file, &err);
    cr_assert(a != NULL, "sticky, as /tmp is: nobody can replace our file");
    authorized_destroy(a);
}

Test(authorized, stranger_does_not_choose_whose_jobs_he_shares)
{
    const char *file = scratch_write("authorized", 0600,
                                     KEY_A " alice client account=uid:7\n");
    static const char *const taken[] = {"alice", "uid:7", "uid:8"};
    struct par_error err = {0};
    struct authorized_entry e;

    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        e = entry_of(key_b, taken[i]);
        cr_assert(eq(int, authorized_add(file, &e, &err), -1), "%s", taken[i]);
    }
    cr_assert(eq(int, err.code, EINVAL));
    e = entry_of(key_b, "alice");
    strcpy(e.account, "uid:7"); /* who lets him in says so */
    cr_assert(eq(int, authorized_add(file, &e, &err), 0), "%s", err.text);
    e = entry_of(key_a, "alice");
    cr_assert(eq(int, authorized_add(file, &e, &err), -1));
    cr_assert(eq(int, err.code, EEXIST));
}

Test(authorized, add_replaces_the_line_of_the_key_and_keeps_the_rest)
{
    const char *file = scratch_write(
        "authorized", 0640,
        "# top\n" KEY_A " alice client # old\n# not a line of ours\n");
    struct authorized_entry e = entry_of(key_a, "alice");
    struct stat st;

    e.roles = ROLE_ADMIN | ROLE_CLIENT;
    strcpy(e.account, "al");
    cr_assert(eq(int, authorized_add(file, &e, NULL), 0));
    e = entry_of(key_b, "bob");
    cr_assert(eq(int, authorized_add(file, &e, NULL), 0));
    cr_assert(eq(str, (char *)scratch_read(file),
                 "# top\n" KEY_A " alice client,admin account=al\n"
                 "# not a line of ours\n" KEY_B " bob client\n"));
    cr_assert(eq(int, stat(file, &st), 0));
    cr_assert(eq(int, (int)(st.st_mode & 07777), 0640));
}

Test(authorized, add_refuses_what_load_would_refuse)
{
    const char *file = scratch_path("authorized");
    struct authorized_entry e = entry_of(key_a, "bad name");

    cr_assert(eq(int, authorized_add(file, &e, NULL), -1));
    e = entry_of(key_a, "good");
    e.roles = 0;
    cr_assert(eq(int, authorized_add(file, &e, NULL), -1));
    e = entry_of(key_a, "good");
    strcpy(e.account, "b\nc");
    cr_assert(eq(int, authorized_add(file, &e, NULL), -1));
    cr_assert(ne(int, access(file, F_OK), 0));
}

Test(authorized, list_that_no_broker_would_take_is_not_edited)
{
    static const char text[] = KEY_A " alice client\n" KEY_B " bob king\n";
    const char *file = scratch_write("authorized", 0600, text);
    struct authorized_entry e = entry_of(key_a, "alice");
    struct par_error err = {0};

    cr_assert(eq(int, authorized_remove(file, "alice", &err), -1));
    cr_assert(strstr(err.text, "authorized:2: role: `king'") != NULL, "%s",
              err.text);
    cr_assert(eq(int, authorized_add(file, &e, &err), -1));
    cr_assert(eq(str, (char *)scratch_read(file), (char *)text));
}

Test(authorized, remove_takes_a_key_or_every_line_of_a_name)
{
    const char *file =
        scratch_write("authorized", 0600,
                      KEY_A " alice client\n# c\n" KEY_B " alice worker\n");
    struct par_error err = {0};

    cr_assert(eq(int, authorized_remove(file, "bob", &err), -1));
    cr_assert(eq(int, err.code, ENOENT));
    cr_assert(eq(int, authorized_remove(file, KEY_B, NULL), 0));
    cr_assert(
        eq(str, (char *)scratch_read(file), KEY_A " alice client\n# c\n"));
    scratch_write("authorized", 0600,
                  KEY_A " alice client\n# c\n" KEY_B " alice worker\n");
    cr_assert(eq(int, authorized_remove(file, "alice", NULL), 0));
    cr_assert(eq(str, (char *)scratch_read(file), "# c\n"));
}

Test(authorized, line_that_somebody_sends_is_parsed)
{
    struct authorized_entry e;
    struct par_error err = {0};

    cr_assert(eq(int, authorized_parse(KEY_A " al@x\n", &e, &err), 0));
    cr_assert(eq(uint, e.roles, 0));
    cr_assert(eq(str, e.account, "al@x"));
    cr_assert(eq(int, memcmp(e.key, key_a, KEY_SIZE), 0));
    cr_assert(eq(int, authorized_parse("", &e, &err), -1));
    cr_assert(eq(int, authorized_parse(KEY_A, &e, &err), -1));
}

Test(authorized, roles_have_a_text_each)
{
    char text[64];

    cr_assert(eq(uint, roles_parse("client"), ROLE_CLIENT));
    cr_assert(eq(uint, roles_parse("admin,worker,client"), ROLE_ALL));
    cr_assert(eq(uint, roles_parse(""), 0));
    cr_assert(eq(uint, roles_parse("client,,worker"), 0));
    cr_assert(eq(uint, roles_parse("Client"), 0));
    cr_assert(eq(uint, roles_parse("clientx"), 0));
    roles_text(ROLE_ALL, text, sizeof text);
    cr_assert(eq(str, text, "client,worker,admin"));
    roles_text(0, text, sizeof text);
    cr_assert(eq(str, text, ""));
}
