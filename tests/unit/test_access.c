/* test_access.c - the list of keys follows its file, whatever an editor does
 * to it
 */
#include "config.h"

#include "broker/access.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scratch.h"

TestSuite(access, .init = scratch_make, .fini = scratch_remove, .timeout = 30);

#define KEY "0000000000000000000000000000000000000000"

static struct access *list;

static void begin(const char *line)
{
    struct par_error err = {0};

    mkdir(scratch_path("par"), 0700);
    list = access_open(scratch_write("par/authorized", 0600, line), 7, &err);
    cr_assert(list != NULL, "%s", err.text);
}

static void rewrite(const char *line)
{
    scratch_write("par/authorized", 0600, line);
}

static void move(const char *from, const char *to)
{
    char source[4096];

    snprintf(source, sizeof source, "%s", scratch_path(from));
    cr_assert(eq(int, rename(source, scratch_path(to)), 0));
}

/* What the key of all zeroes may be; 0 for nothing. */
static unsigned roles(void)
{
    struct link_peer peer = {.transport = LINK_TCP};
    struct access_rule rule;

    memset(peer.user, '0', KEY_HEX - 1);
    return access_rule(list, &peer, &rule) ? rule.roles : 0;
}

Test(access, new_list_is_read_when_it_is_whole)
{
    begin(KEY " a client\n");
    cr_assert(eq(uint, roles(), ROLE_CLIENT));
    cr_assert(eq(int, access_reload(list, 1), false));
    rewrite(KEY " a worker\n");
    cr_assert(eq(int, access_reload(list, 2), true));
    cr_assert(eq(uint, roles(), ROLE_WORKER));
    access_close(list);
}

Test(access, bad_list_keeps_the_old_one)
{
    begin(KEY " a client\n");
    rewrite(KEY " a king\n");
    cr_assert(eq(int, access_reload(list, 1), false));
    cr_assert(eq(uint, roles(), ROLE_CLIENT));
    rewrite(KEY " a worker\n");
    cr_assert(eq(int, chmod(scratch_path("par/authorized"), 0666), 0));
    cr_assert(eq(int, access_reload(list, 2), false));
    cr_assert(eq(uint, roles(), ROLE_CLIENT));
    cr_assert(eq(int, chmod(scratch_path("par/authorized"), 0600), 0));
    cr_assert(eq(int, access_reload(list, 3), true), "it is good again");
    cr_assert(eq(uint, roles(), ROLE_WORKER));
    access_close(list);
}

Test(access, list_that_an_editor_moves_away_shuts_nobody_out)
{
    begin(KEY " a client\n");
    move("par/authorized", "par/authorized~");
    cr_assert(eq(int, access_reload(list, 1000), false));
    cr_assert(lt(u64, access_deadline(list), 2000));
    cr_assert(eq(uint, roles(), ROLE_CLIENT));
    rewrite(KEY " a client,worker\n");
    cr_assert(eq(int, access_reload(list, 1001), true));
    cr_assert(eq(uint, roles(), ROLE_CLIENT | ROLE_WORKER));
    cr_assert(ge(u64, access_deadline(list), 2000), "it is not gone");
    access_close(list);
}

Test(access, list_that_stays_away_shuts_everybody_out)
{
    begin(KEY " a client\n");
    unlink(scratch_path("par/authorized"));
    cr_assert(eq(int, access_reload(list, 1000), false));
    cr_assert(eq(int, access_reload(list, access_deadline(list)), true));
    cr_assert(eq(uint, roles(), 0));
    cr_assert(ge(u64, access_deadline(list), 2000), "it is not gone again");
    access_close(list);
}

Test(access, folder_that_is_replaced_is_watched_anew)
{
    begin(KEY " a client\n");
    move("par", "old");
    cr_assert(eq(int, access_reload(list, 1), true));
    cr_assert(eq(uint, roles(), 0));
    mkdir(scratch_path("par"), 0700);
    rewrite(KEY " a worker\n");
    cr_assert(eq(int, access_reload(list, 2), true));
    cr_assert(eq(uint, roles(), ROLE_WORKER));
    rewrite(KEY " a admin\n");
    cr_assert(eq(int, access_reload(list, 3), true));
    cr_assert(eq(uint, roles(), ROLE_ADMIN));
    access_close(list);
}

/* What is written through another folder is no event in the watched one: so it
 * is with a folder that hosts share. */
Test(access, list_that_changes_without_an_event_is_read_within_a_second)
{
    uint64_t now = 1000;

    begin(KEY " a client\n");
    mkdir(scratch_path("other"), 0700);
    {
        char source[4096];

        snprintf(source, sizeof source, "%s", scratch_path("par/authorized"));
        cr_assert(eq(int, link(source, scratch_path("other/authorized")), 0));
    }
    access_reload(list, now);
    cr_assert(eq(uint, roles(), ROLE_CLIENT));
    scratch_write("other/authorized", 0600, KEY " a worker\n");
    cr_assert(le(u64, access_deadline(list), now + 1000));
    cr_assert(eq(int, access_reload(list, access_deadline(list)), true));
    cr_assert(eq(uint, roles(), ROLE_WORKER));
    cr_assert(eq(int, access_reload(list, access_deadline(list)), false));
    access_close(list);
}
