/* test_endpoint.c - which endpoints are taken, and for what */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <string.h>

#include "link.h"

TestSuite(endpoint, .timeout = 10);

static bool ok(const char *text)
{
    return link_endpoint_ok(text, false, NULL);
}

static bool ok_to_listen(const char *text)
{
    return link_endpoint_ok(text, true, NULL);
}

/* for either use */
static bool refused(const char *text, struct par_error *err)
{
    return !link_endpoint_ok(text, false, err) &&
           !link_endpoint_ok(text, true, err);
}

Test(endpoint, our_three_transports_are_taken)
{
    cr_assert(ok("inproc://a.b-c_d:1/2"));
    cr_assert(ok("ipc:///run/user/1000/par/broker.sock"));
    cr_assert(ok("ipc:///with a blank"));
    cr_assert(ok("tcp://localhost:7270"));
    cr_assert(ok("tcp://10.0.0.1:1"));
    cr_assert(ok("tcp://[::1]:65535"));
    cr_assert(ok("tcp://[fe80::1%eth0]:7270"));
    cr_assert(eq(int, (int)link_endpoint_transport("inproc://a"), LINK_INPROC));
    cr_assert(eq(int, (int)link_endpoint_transport("ipc:///a"), LINK_IPC));
    cr_assert(eq(int, (int)link_endpoint_transport("tcp://a:1"), LINK_TCP));
}

Test(endpoint, every_other_transport_is_refused)
{
    static const char *const texts[] = {
        "",          "a",        "tcp:/a:1",   "TCP://a:1",
        "udp://a:1", "ws://a:1", "wss://a:1",  "pgm://a;b:1",
        "epgm://a",  "norm://a", "tipc://{1}", "vmci://1:1",
        "gssapi://", "ipc:a",    "inproc:a",   " tcp://a:1",
    };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        cr_assert(refused(texts[i], NULL), "%s", texts[i]);
}

Test(endpoint, what_libzmq_would_read_differently_is_refused)
{
    static const char *const texts[] = {
        "ipc://@abstract", "ipc://*",
        "ipc://relative",  "ipc:///",
        "ipc:///a\nb",     "inproc://",
        "inproc://a b",    "inproc://zeromq.zap.01",
        "tcp://",          "tcp://:1",
        "tcp://a",         "tcp://a:",
        "tcp://a:0x1",     "tcp://a:65536",
        "tcp://a:-1",      "tcp://a:01",
        "tcp://a;b:1",     "tcp://a:1;b:2",
        "tcp://a b:1",     "tcp://::1:1",
        "tcp://[::1]",     "tcp://[]:1",
        "tcp://[a b]:1",   "tcp://a/b:1",
        "tcp://a:1/b",     "tcp://!eth0:1",
    };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        cr_assert(refused(texts[i], NULL), "%s", texts[i]);
}

Test(endpoint, any_port_and_address_are_for_listening_only)
{
    cr_assert(ok_to_listen("tcp://*:7270") && !ok("tcp://*:7270"));
    cr_assert(ok_to_listen("tcp://127.0.0.1:*") && !ok("tcp://127.0.0.1:*"));
    cr_assert(ok_to_listen("tcp://[::]:0") && !ok("tcp://[::]:0"));
}

Test(endpoint, ipc_path_has_the_kernels_limit)
{
    char text[300] = "ipc:///";
    struct par_error err = {0};

    memset(text + 7, 'x', LINK_IPC_MAX - 1);
    cr_assert(ok(text));
    text[6 + LINK_IPC_MAX] = 'x';
    cr_assert(refused(text, &err));
    cr_assert(eq(int, err.code, ENAMETOOLONG));
    cr_assert(strstr(err.text, "108 octets; the system allows 107") != NULL,
              "%s", err.text);
}

Test(endpoint, missing_port_is_told_with_the_usual_one)
{
    struct par_error err = {0};

    cr_assert(refused("tcp://hosta", &err));
    cr_assert(eq(str, err.text,
                 "tcp://hosta: no port; the usual one is tcp://hosta:7270"));
    cr_assert(refused("http://x", &err));
    cr_assert(strstr(err.text, "allowed: inproc://NAME") != NULL);
}

Test(endpoint, very_long_text_is_refused)
{
    static char text[5000];

    memset(text, 'a', sizeof text - 1);
    memcpy(text, "tcp://", 6);
    memcpy(text + sizeof text - 3, ":1", 2);
    cr_assert(refused(text, NULL));
}
