/* test_client_loop.c - a handle inside somebody else's event loop */
#include "config.h"

#include "looping.h"

TestSuite(loop, .init = open_loop, .fini = close_client, .timeout = 20);

Test(loop, an_event_loop_polls_one_fd)
{
    uint64_t job = start("echo");
    struct par_result r;
    int n = par_process(client, &err);

    while (n == 0) {
        zmq_pollitem_t item = {.fd = par_fd(client), .events = ZMQ_POLLIN};

        cr_assert(eq(int, zmq_poll(&item, 1, 5000), 1));
        n = par_process(client, &err);
    }
    cr_assert(eq(int, n, 1));
    cr_assert(eq(int, par_wait(client, job, 0, &r, &err), 0));
    par_result_clear(&r);
}

Test(loop, an_event_loop_that_was_interrupted_rests_again)
{
    par_interrupt(client, true);
    cr_assert(eq(int, poll(&news, 1, 0), 1));
    for (int i = 0; i < 10 && poll(&news, 1, 0) > 0; i++)
        cr_assert(eq(int, par_process(client, &err), 0));
    cr_assert(eq(int, poll(&news, 1, 0), 0));
}
