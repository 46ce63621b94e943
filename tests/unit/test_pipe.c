/* test_pipe.c - frames between two ends, one of them hostile */
#include "config.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "batch.h"
#include "worker/pipe.h"

static struct pipe *ours;
static int theirs;

static void open_pipe(void)
{
    int fds[2];

    cr_assert(eq(int, pipe_pair(fds, NULL), 0));
    ours = pipe_open(fds[0], NULL);
    cr_assert(ne(ptr, ours, NULL));
    theirs = fds[1];
}

static void close_pipe(void)
{
    pipe_close(ours);
    if (theirs >= 0)
        close(theirs);
}

TestSuite(pipe, .init = open_pipe, .fini = close_pipe, .timeout = 20);

static void send_octets(const void *data, size_t len)
{
    cr_assert(eq(sz, (size_t)send(theirs, data, len, MSG_NOSIGNAL), len));
}

/* As a slot in another language would: octets, and a descriptor with them. */
static void send_with_fd(const void *data, size_t len, int fd)
{
    char control[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec iov = {(void *)(uintptr_t)data, len};
    struct msghdr h = {.msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_control = control,
                       .msg_controllen = sizeof control};
    struct cmsghdr *c = CMSG_FIRSTHDR(&h);

    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(c), &fd, sizeof fd);
    cr_assert(eq(sz, (size_t)sendmsg(theirs, &h, MSG_NOSIGNAL), len));
}

/* length, header, one result item that announces the second frame */
static size_t large_result(uint8_t *to)
{
    struct wire_header head = {.type = WIRE_RESULT, .count = 1, .id = 7};

    memset(to, 0, 4 + WIRE_HEADER + WIRE_RESULT_ITEM);
    wire_put_u32(to, WIRE_HEADER + WIRE_RESULT_ITEM);
    wire_put_header(to + 4, &head);
    wire_put_u32(to + 4 + WIRE_HEADER + WIRE_RESULT_ITEM - 4,
                 WIRE_SECOND_FRAME);
    return 4 + WIRE_HEADER + WIRE_RESULT_ITEM;
}

static size_t ping(uint8_t *to, uint64_t id)
{
    struct wire_header head = {.type = WIRE_PING, .id = id};

    wire_put_u32(to, WIRE_HEADER);
    wire_put_header(to + 4, &head);
    return 4 + WIRE_HEADER;
}

static int sealed_memfd(size_t size, int seals)
{
    int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    cr_assert(ge(int, fd, 0));
    cr_assert(eq(int, ftruncate(fd, (off_t)size), 0));
    cr_assert(eq(int, fcntl(fd, F_ADD_SEALS, seals), 0));
    return fd;
}

enum { ALL_SEALS = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };

static int open_fds(void)
{
    int count = 0;

    for (int fd = 0; fd < 1024; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

static void expect_broken(const char *why)
{
    struct wire_msg msg;

    cr_assert(eq(int, pipe_read(ours, &msg, PIPE_NOW), PIPE_BROKEN));
    cr_assert(eq(str, (char *)pipe_reason(ours), (char *)why));
    cr_assert(eq(int, pipe_read(ours, &msg, PIPE_NOW), PIPE_BROKEN),
              "broken must stay broken");
}

Test(pipe, carries_messages_both_ways_in_order)
{
    struct pipe *peer = pipe_open(theirs, NULL);
    struct wire_msg msg;
    uint8_t frame[4 + WIRE_HEADER];

    theirs = -1;
    for (uint64_t id = 1; id <= 3; id++) {
        ping(frame, id);
        cr_assert(eq(
            int, pipe_write(ours, frame + 4, WIRE_HEADER, NULL, 0, NULL), 0));
    }
    cr_assert(pipe_wants_write(ours));
    cr_assert(eq(int, pipe_flush(ours, PIPE_NOW), 0));
    cr_assert(eq(int, pipe_wants_write(ours), 0));
    for (uint64_t id = 1; id <= 3; id++) {
        enum pipe_effort how = id == 1 ? PIPE_NOW : PIPE_HELD;

        cr_assert(eq(int, pipe_read(peer, &msg, how), PIPE_MESSAGE));
        cr_assert(eq(int, msg.head.type, WIRE_PING));
        cr_assert(eq(u64, msg.head.id, id));
    }
    cr_assert(eq(int, pipe_read(peer, &msg, PIPE_NOW), PIPE_NONE));
    pipe_close(peer);
}

Test(pipe, puts_a_message_together_from_single_octets)
{
    uint8_t octets[4 + WIRE_HEADER];
    size_t len = ping(octets, 5);
    struct wire_msg msg;

    for (size_t i = 0; i < len; i++) {
        cr_assert(eq(int, pipe_read(ours, &msg, PIPE_NOW), PIPE_NONE));
        send_octets(octets + i, 1);
    }
    cr_assert(eq(int, pipe_read(ours, &msg, PIPE_NOW), PIPE_MESSAGE));
    cr_assert(eq(u64, msg.head.id, 5));
}

Test(pipe, hands_over_what_was_sent_before_the_end)
{
    uint8_t octets[4 + WIRE_HEADER];
    struct wire_msg msg;

    send_octets(octets, ping(octets, 5));
    send_octets(octets, 9);
    close(theirs);
    theirs = -1;
    cr_assert(eq(int, pipe_read(ours, &msg, PIPE_NOW), PIPE_MESSAGE));
    cr_assert(eq(int, pipe_read(ours, &msg, PIPE_NOW), PIPE_END));
    cr_assert(eq(int, pipe_read(ours, &msg, PIPE_WAIT), PIPE_END));
    cr_assert(eq(str, (char *)pipe_reason(ours), ""));
}

Test(pipe, breaks_at_a_length_beyond_the_limit_without_waiting_for_it)
{
    send_octets("\xff\xff\xff\xff", 4);
    expect_broken("a frame of 4294967295 octets");
}

Test(pipe, breaks_at_a_frame_too_short_for_a_header)
{
    send_octets("\0\0\0\x1b", 4);
    expect_broken("a frame of 27 octets");
}

Test(pipe, breaks_at_garbage)
{
    uint8_t octets[4 + WIRE_HEADER];

    memset(octets, 'x', sizeof octets);
    wire_put_u32(octets, WIRE_HEADER);
    send_octets(octets, sizeof octets);
    expect_broken("MALFORMED message of type 0x78");
}

Test(pipe, a_long_frame_comes_through_whole)
{
    struct batch b = {0};
    struct wire_header head = {.type = WIRE_RESULT, .id = 1};
    struct pipe *peer = pipe_open(theirs, NULL);
    static uint8_t data[900 * 1024];
    struct wire_msg msg;
    struct wire_item item;
    const uint8_t *frame;
    size_t len, cursor = 0;
    enum pipe_read got;

    theirs = -1;
    memset(data, 'y', sizeof data);
    batch_begin(&b, &head, NULL, 0);
    batch_add_result(&b, 0, 0, WIRE_EXECUTED, 1, data, sizeof data);
    frame = batch_frame(&b, &len);
    cr_assert(eq(int, pipe_write(peer, frame, len, NULL, 0, NULL), 0));
    do {
        cr_assert(ge(int, pipe_flush(peer, PIPE_NOW), 0));
        got = pipe_read(ours, &msg, PIPE_NOW);
    } while (got == PIPE_NONE);
    cr_assert(eq(int, got, PIPE_MESSAGE));
    cr_assert(wire_next(&msg, &cursor, &item));
    cr_assert(eq(sz, item.len, sizeof data));
    cr_assert(eq(int, memcmp(item.data, data, sizeof data), 0));
    batch_clear(&b);
    pipe_close(peer);
}

/* Both ways of a second frame: put back into its item, and as a memfd. */
static void carry_second(size_t size, int fds_on_the_way)
{
    struct batch b = {0};
    struct wire_header head = {.type = WIRE_RUN, .id = 1};
    struct pipe *peer = pipe_open(theirs, NULL);
    uint8_t *data = malloc(size);
    int before = open_fds();
    struct wire_msg msg;
    struct wire_item item;
    const uint8_t *frame;
    size_t len;

    theirs = -1;
    memset(data, 'z', size);
    batch_begin(&b, &head, NULL, 0);
    batch_add_run(&b, 3, NULL, WIRE_SECOND_FRAME);
    frame = batch_frame(&b, &len);
    for (int i = 0; i < 3; i++)
        cr_assert(eq(int, pipe_write(peer, frame, len, data, size, NULL), 0));
    cr_assert(eq(int, open_fds(), before + 3 * fds_on_the_way));
    for (int i = 0; i < 3; i++) {
        size_t cursor = 0;

        cr_assert(ge(int, pipe_flush(peer, PIPE_NOW), 0));
        cr_assert(eq(int, pipe_read(ours, &msg, PIPE_NOW), PIPE_MESSAGE));
        cr_assert(wire_next(&msg, &cursor, &item));
        cr_assert(eq(u32, item.origin, 3));
        cr_assert(eq(sz, item.len, size));
        cr_assert(eq(int, memcmp(item.data, data, size), 0));
    }
    cr_assert(eq(int, pipe_read(ours, &msg, PIPE_NOW), PIPE_NONE));
    cr_assert(eq(int, open_fds(), before), "every descriptor is closed again");
    free(data);
    batch_clear(&b);
    pipe_close(peer);
}

Test(pipe, a_payload_up_to_64_kib_is_put_back_into_its_item)
{
    carry_second(PIPE_INLINE, 0);
}

Test(pipe, a_longer_payload_travels_beside_it)
{
    carry_second(PIPE_INLINE + 1, 1);
}

Test(pipe, the_largest_payload_travels_beside_it)
{
    carry_second(WIRE_ITEM_MAX, 1);
}

static void expect_fd_refused(int fd, const char *why)
{
    uint8_t octets[4 + WIRE_HEADER + WIRE_RESULT_ITEM];
    int before;

    send_with_fd(octets, large_result(octets), fd);
    close(fd);
    before = open_fds();
    expect_broken(why);
    pipe_close(ours);
    ours = NULL;
    cr_assert(eq(int, open_fds(), before - 1), "the descriptor must not stay");
}

Test(pipe, refuses_a_payload_that_is_too_large)
{
    expect_fd_refused(sealed_memfd(WIRE_ITEM_MAX + 1, ALL_SEALS),
                      "a payload of a size that is not allowed");
}

Test(pipe, refuses_an_empty_payload)
{
    expect_fd_refused(sealed_memfd(0, ALL_SEALS),
                      "a payload of a size that is not allowed");
}

Test(pipe, refuses_a_payload_that_can_still_change)
{
    expect_fd_refused(sealed_memfd(100000, F_SEAL_SHRINK),
                      "a payload that is not a sealed memfd");
}

Test(pipe, refuses_a_payload_that_is_no_memory)
{
    int fds[2];

    cr_assert(eq(int, pipe_pair(fds, NULL), 0));
    close(fds[0]);
    expect_fd_refused(fds[1], "a payload that is not a sealed memfd");
}

Test(pipe, refuses_a_missing_payload)
{
    uint8_t octets[4 + WIRE_HEADER + WIRE_RESULT_ITEM];

    send_octets(octets, large_result(octets));
    expect_broken("MALFORMED message of type 0x13");
}

Test(pipe, refuses_descriptors_that_belong_to_no_message)
{
    uint8_t octets[4 + WIRE_HEADER];
    int fd = sealed_memfd(100000, ALL_SEALS);
    struct wire_msg msg;

    ping(octets, 1);
    send_with_fd(octets, sizeof octets, fd);
    send_with_fd(octets, sizeof octets, fd);
    close(fd);
    cr_assert(eq(int, pipe_read(ours, &msg, PIPE_NOW), PIPE_MESSAGE));
    expect_broken("a descriptor that belongs to no message");
}

/* A connection with octets that nobody takes, and an hour's patience. */
static int lingering_socket(int *listener)
{
    struct linger an_hour = {.l_onoff = 1, .l_linger = 3600};
    struct sockaddr_in here = {.sin_family = AF_INET,
                               .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof here;
    static const char octets[65536];
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    *listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert(
        eq(int, bind(*listener, (struct sockaddr *)&here, sizeof here), 0));
    cr_assert(eq(int, listen(*listener, 1), 0));
    cr_assert(
        eq(int, getsockname(*listener, (struct sockaddr *)&here, &len), 0));
    cr_assert(eq(int, connect(fd, (struct sockaddr *)&here, sizeof here), 0));
    while (send(fd, octets, sizeof octets, MSG_DONTWAIT) > 0)
        continue;
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &an_hour, sizeof an_hour);
    return fd;
}

Test(pipe, does_not_wait_when_it_closes_a_socket_that_lingers)
{
    int listener;

    expect_fd_refused(lingering_socket(&listener),
                      "a payload that is not a sealed memfd");
    close(listener);
}

static size_t allocated(void)
{
    struct mallinfo2 m = mallinfo2();

    return m.uordblks + m.hblkhd;
}

Test(pipe, a_queue_that_is_never_empty_does_not_grow)
{
    struct wire_header head = {.type = WIRE_RESULT, .count = 1};
    static uint8_t frame[WIRE_HEADER + WIRE_RESULT_ITEM + 60000];
    struct pipe *peer = pipe_open(theirs, NULL);
    struct wire_msg msg;
    size_t before;

    theirs = -1;
    wire_put_header(frame, &head);
    wire_put_u32(frame + WIRE_HEADER + 12, 60000);
    for (int i = 0; i < 20; i++)
        pipe_write(ours, frame, sizeof frame, NULL, 0, NULL);
    before = allocated();
    for (int i = 0; i < 1000; i++) {
        cr_assert(
            eq(int, pipe_write(ours, frame, sizeof frame, NULL, 0, NULL), 0));
        cr_assert(eq(int, pipe_flush(ours, PIPE_NOW), 1));
        cr_assert(eq(int, pipe_read(peer, &msg, PIPE_NOW), PIPE_MESSAGE));
    }
    cr_assert(lt(sz, allocated(), before + 8 * 1024 * 1024));
    pipe_close(peer);
}

Test(pipe, a_queue_is_bounded)
{
    struct wire_header head = {.type = WIRE_RESULT, .count = 1};
    static uint8_t frame[WIRE_HEADER + WIRE_RESULT_ITEM + 60000];
    struct par_error err = {0};
    size_t sent = 0;

    wire_put_header(frame, &head);
    wire_put_u32(frame + WIRE_HEADER + 12, 60000);
    while (pipe_write(ours, frame, sizeof frame, NULL, 0, &err) == 0)
        sent += sizeof frame;
    cr_assert(eq(int, err.code, ENOBUFS));
    cr_assert(le(sz, sent, (size_t)PIPE_QUEUE_MAX));
    cr_assert(eq(int, pipe_flush(ours, PIPE_NOW), 1));
    cr_assert(pipe_wants_write(ours));
}

Test(pipe, refuses_to_send_what_the_other_end_would_refuse)
{
    struct par_error err = {0};

    cr_assert(eq(int, pipe_write(ours, "garbage", 7, NULL, 0, &err), -1));
    cr_assert(eq(int, err.code, EMSGSIZE));
    cr_assert(eq(int, pipe_wants_write(ours), 0));
}

Test(pipe, writing_to_one_that_is_gone_fails_without_a_signal)
{
    uint8_t octets[4 + WIRE_HEADER];

    ping(octets, 1);
    close(theirs);
    theirs = -1;
    cr_assert(
        eq(int, pipe_write(ours, octets + 4, WIRE_HEADER, NULL, 0, NULL), 0));
    cr_assert(eq(int, pipe_flush(ours, PIPE_NOW), -1));
}
