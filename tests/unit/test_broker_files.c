/* test_broker_files.c - files from clients to the broker, whoever else wants
 * them, and however they do not come */
#include "config.h"

#include "broker/handlers_files.h"
#include "brokering.h"

static struct speaker another;

static void open_two(void)
{
    open_peers();
    join(&another, "client", "");
}

static void close_two(void)
{
    if (another.link)
        leave(&another);
    close_peers();
}

TestSuite(broker_files, .init = open_two, .fini = close_two, .timeout = 20);

static const struct test_file lib = {"lib.so", "hello, world", 0};
static const struct test_file other = {"other.txt", "another", 0};

Test(broker_files, two_setups_at_once_share_one_transfer)
{
    uint64_t transfer;

    set_up(&client, 1, "a", &lib, 1);
    transfer = hear(&client, WIRE_BLOB_NEED)->head.id;
    set_up(&another, 1, "b", &lib, 1);
    cr_assert(eq(ptr, (void *)hear_if(&another, WIRE_BLOB_NEED), NULL),
              "the file is on its way already");
    send_piece(&client, transfer, 0, "hello", false);
    send_piece(&client, transfer, 5, ", world", true);
    be_ready(&worker);
    be_ready(&worker);
    cr_assert(eq(u64, hear(&client, WIRE_READY)->head.id, 1));
    cr_assert(eq(u64, hear(&another, WIRE_READY)->head.id, 1));
}

Test(broker_files, one_client_may_set_up_twice_at_once)
{
    const struct test_file both[] = {other, lib};
    uint64_t transfer;

    set_up(&client, 1, "a", &lib, 1);
    set_up(&client, 2, "b", both, 2);
    transfer = hear(&client, WIRE_BLOB_NEED)->head.id;
    send_piece(&client, transfer, 0, "hello, world", true);
    transfer = hear(&client, WIRE_BLOB_NEED)->head.id;
    send_piece(&client, transfer, 0, "another", true);
    be_ready(&worker);
    be_ready(&worker);
    hear(&client, WIRE_READY);
    hear(&client, WIRE_READY);
}

Test(broker_files, come_from_another_client_when_the_first_one_dies)
{
    const struct wire_msg *need;

    set_up(&client, 1, "a", &lib, 1);
    send_piece(&client, hear(&client, WIRE_BLOB_NEED)->head.id, 0, "hello",
               false);
    set_up(&another, 7, "b", &lib, 1);
    turn();
    leave(&client);
    need = hear(&another, WIRE_BLOB_NEED);
    cr_assert(eq(u64, need->head.ref, 0), "what one sent is not trusted");
    send_piece(&another, need->head.id, 0, "hello, world", true);
    be_ready(&worker);
    cr_assert(eq(u64, hear(&another, WIRE_READY)->head.id, 7));
}

Test(broker_files, come_from_another_client_of_the_same_setup)
{
    const struct wire_msg *need;

    set_up(&client, 1, "a", &lib, 1);
    set_up(&another, 2, "a", &lib, 1);
    send_piece(&client, hear(&client, WIRE_BLOB_NEED)->head.id, 0, "hello",
               false);
    leave(&client);
    need = hear(&another, WIRE_BLOB_NEED);
    send_piece(&another, need->head.id, 0, "hello, world", true);
    be_ready(&worker);
    hear(&another, WIRE_READY);
}

Test(broker_files, spoilt_by_one_client_come_from_the_other)
{
    const struct wire_msg *m;

    set_up(&client, 1, "a", &lib, 1);
    m = hear(&client, WIRE_BLOB_NEED);
    set_up(&another, 2, "b", &lib, 1);
    send_piece(&client, m->head.id, 0, "hallo, world", true);
    m = hear(&client, WIRE_ERROR);
    cr_assert(eq(u64, m->head.ref, PAR_SETUP_FAILED));
    cr_assert(ne(ptr, strstr(words_of(m), "lib.so"), NULL));
    m = hear(&another, WIRE_BLOB_NEED);
    send_piece(&another, m->head.id, 0, "hello, world", true);
    be_ready(&worker);
    hear(&another, WIRE_READY);
}

Test(broker_files, repeated_and_late_chunks_do_no_harm)
{
    uint64_t transfer;

    set_up(&client, 1, "a", &lib, 1);
    transfer = hear(&client, WIRE_BLOB_NEED)->head.id;
    send_piece(&client, transfer, 0, "hello", false);
    send_piece(&client, transfer, 0, "hello", false);
    send_piece(&client, transfer, 3, "lo, wo", false);
    send_piece(&client, transfer, 9, "rld", true);
    send_piece(&client, transfer, 9, "rld", true);
    be_ready(&worker);
    hear(&client, WIRE_READY);
}

Test(broker_files, shorter_than_announced_fail_at_once)
{
    const struct wire_msg *m;

    set_up(&client, 1, "a", &lib, 1);
    send_piece(&client, hear(&client, WIRE_BLOB_NEED)->head.id, 0, "hello",
               true);
    m = hear(&client, WIRE_ERROR);
    cr_assert(eq(u64, m->head.ref, PAR_SETUP_FAILED));
    cr_assert(eq(str, words_of(m),
                 "file lib.so: 5 octets of 12 are all that the client has"));
}

Test(broker_files, that_never_come_end_the_set_up_and_say_which)
{
    const struct wire_msg *m;
    uint64_t transfer, ended;

    set_up(&client, 1, "a", &lib, 1);
    transfer = hear(&client, WIRE_BLOB_NEED)->head.id;
    set_up(&client, 2, "b", &lib, 1);
    set_up(&another, 3, "c", &lib, 1);
    send_piece(&client, transfer, 0, "hello", false);
    now += 29999;
    cr_assert(eq(ptr, (void *)hear_if(&another, WIRE_BLOB_NEED), NULL));
    cr_assert(eq(u64, broker_deadline(broker), now + 1));
    now++;
    m = hear(&client, WIRE_ERROR);
    ended = m->head.id;
    cr_assert(eq(u64, m->head.ref, PAR_SETUP_FAILED));
    cr_assert(eq(str, words_of(m),
                 "file lib.so: the client sent 5 octets of 12, and not the "
                 "next chunk within 30000 ms"));
    m = hear(&client, WIRE_ERROR);
    cr_assert(eq(u64, ended + m->head.id, 3), "it would be asked in vain");
    transfer = hear(&another, WIRE_BLOB_NEED)->head.id;
    send_piece(&another, transfer, 0, "hello, world", true);
    be_ready(&worker);
    hear(&another, WIRE_READY);
    cr_assert(eq(u64, files_deadline(broker), UINT64_MAX));
}

Test(broker_files, a_client_may_take_its_time_for_each_chunk)
{
    static char large[3 * 1048576 + 1];
    static char piece[262144 + 1];
    const struct test_file file = {"large", large, 0};
    uint64_t at = 0;

    memset(large, 'x', sizeof large - 1);
    memset(piece, 'x', sizeof piece - 1);
    set_up(&client, 1, "a", &file, 1);
    while (at < sizeof large - 1) {
        uint64_t transfer = hear(&client, WIRE_BLOB_NEED)->head.id;

        for (int i = 0; i < 4; i++, at += 262144) {
            now += 29000;
            send_piece(&client, transfer, at, piece, at == 11 * 262144);
            turn();
        }
    }
    be_ready(&worker);
    hear(&client, WIRE_READY);
}
