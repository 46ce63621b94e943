/* test_ticket.c - a ticket is written, read and refused */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>

#include "link.h"
#include "scratch.h"
#include "textfile.h"
#include "ticket.h"

static struct ticket ticket, read_back;
static struct par_error err;
static char *text;

static void init(void)
{
    scratch_make();
    cr_assert(
        eq(int, keys_create(scratch_path("k.key"), "hostb", &ticket.pair, &err),
           0));
    memset(ticket.broker_key, 0x5a, KEY_SIZE);
    snprintf(ticket.role, sizeof ticket.role, "worker");
}

static void fini(void)
{
    free(text);
    ticket_clear(&ticket);
    ticket_clear(&read_back);
    scratch_remove();
}

TestSuite(ticket, .init = init, .fini = fini, .timeout = 10);

static const char *write_ticket(void)
{
    free(text);
    text = ticket_text(&ticket);
    cr_assert(ne(ptr, text, NULL));
    return scratch_write("t.par", 0600, text);
}

Test(ticket, comes_back_as_it_was)
{
    cr_assert(eq(int, ticket_add_broker(&ticket, "tcp://a:7270", &err), 0));
    cr_assert(eq(int, ticket_add_broker(&ticket, "tcp://[::1]:7270", &err), 0));
    cr_assert(eq(int, ticket_load(write_ticket(), &read_back, &err), 0), "%s",
              err.text);
    cr_assert(eq(str, read_back.brokers[0], "tcp://a:7270"));
    cr_assert(eq(str, read_back.brokers[1], "tcp://[::1]:7270"));
    cr_assert(eq(ptr, read_back.brokers[2], NULL));
    cr_assert(eq(str, read_back.role, "worker"));
    cr_assert(eq(str, read_back.pair.name, "hostb"));
    cr_assert(
        eq(int,
           memcmp(read_back.pair.secret_key, ticket.pair.secret_key, KEY_SIZE),
           0));
    cr_assert(
        eq(int, memcmp(read_back.broker_key, ticket.broker_key, KEY_SIZE), 0));
}

Test(ticket, that_others_can_read_is_refused)
{
    const char *path;

    ticket_add_broker(&ticket, "tcp://a:7270", &err);
    path = write_ticket();
    cr_assert(eq(int, chmod(path, 0644), 0));
    cr_assert(eq(int, ticket_load(path, &read_back, &err), -1));
    cr_assert(strstr(err.text, "chmod 600") != NULL, "%s", err.text);
    cr_assert(eq(ptr, read_back.brokers[0], NULL));
}

Test(ticket, plain_key_file_is_no_ticket)
{
    cr_assert(
        eq(int, ticket_load(scratch_path("k.key"), &read_back, &err), -1));
    cr_assert(strstr(err.text, "parctl ticket") != NULL, "%s", err.text);
}

Test(ticket, bad_lines_are_told)
{
    ticket_add_broker(&ticket, "tcp://a:7270", &err);
    text = ticket_text(&ticket);
    memcpy(strstr(text, "tcp://a"), "udp", 3);
    cr_assert(eq(
        int, ticket_load(scratch_write("t.par", 0600, text), &read_back, &err),
        -1));
    cr_assert(strstr(err.text, "udp://a:7270") != NULL, "%s", err.text);
    cr_assert(eq(ptr, read_back.brokers[0], NULL), "empty on failure");
}

Test(ticket, of_a_later_version_is_refused)
{
    ticket_add_broker(&ticket, "tcp://a:7270", &err);
    text = ticket_text(&ticket);
    *strchr(strstr(text, "version"), '1') = '2';
    cr_assert(eq(
        int, ticket_load(scratch_write("t.par", 0600, text), &read_back, &err),
        -1));
    cr_assert(strstr(err.text, "version 2") != NULL, "%s", err.text);
}

Test(ticket, takes_so_many_brokers_and_no_more)
{
    for (int i = 0; i < TICKET_BROKERS; i++)
        cr_assert(eq(int, ticket_add_broker(&ticket, "tcp://a:7270", &err), 0));
    cr_assert(eq(int, ticket_add_broker(&ticket, "tcp://a:7270", &err), -1));
    cr_assert(eq(int, err.code, E2BIG));
}
