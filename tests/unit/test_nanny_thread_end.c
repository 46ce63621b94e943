/* test_nanny_thread_end.c - how slots that are threads end, and what they leave
 */
#include "config.h"

#include "log.h"
#include "threading.h"

TestSuite(nanny_thread_end, .init = init, .fini = fini, .timeout = 60);

static void use_both_slots(void)
{
    run_path(100, PATH_WAIT);
    run_path(101, PATH_WAIT);
    WAIT_FOR(started == 2);
    atomic_store(&release, 1);
    wait_answer(100);
    wait_answer(101);
    cr_assert(eq(int, atomic_load(&host_opened), 1));
    cr_assert(eq(int, atomic_load(&opened), 2));
    cr_assert(eq(int, atomic_load(&met), 2));
}

Test(nanny_thread_end, RP_06_draining_worker_closes_what_its_slots_opened)
{
    use_both_slots();
    nanny_drain(nanny, clock_ms());
    WAIT_FOR(nanny_state(nanny) == NANNY_ENDED);
    cr_assert(eq(int, atomic_load(&left), 2));
    cr_assert(eq(int, atomic_load(&closed), 2));
    cr_assert(eq(int, atomic_load(&host_closed), 1));
}

/* Run the nanny's clock ahead, beyond what closing functions may take. */
Test(nanny_thread_end, draining_worker_names_what_it_does_not_wait_for)
{
    char text[500] = "";
    int ends[2], saved = dup(STDERR_FILENO);

    use_both_slots();
    atomic_store(&linger, 1);
    nanny_drain(nanny, clock_ms());
    WAIT_FOR(atomic_load(&closed) > 0);
    cr_assert(eq(int, pipe2(ends, O_NONBLOCK), 0));
    dup2(ends[1], STDERR_FILENO);
    log_open("parworker", LOG_WARN);
    nanny_turn(nanny, clock_ms() + 10000);
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(ends[1]);
    cr_assert(gt(i64, (int64_t)read(ends[0], text, sizeof text - 1), 0));
    close(ends[0]);
    cr_assert(eq(int, (int)nanny_state(nanny), NANNY_ENDED));
    cr_assert(strstr(text, "closing what is registered here took longer than "
                           "10 s: cut") != NULL,
              "%s", text);
}

Test(nanny_thread_end, worker_that_ends_at_once_leaves_no_state_of_its_slots)
{
    use_both_slots();
    nanny_destroy(nanny);
    nanny = NULL;
    cr_assert(eq(int, atomic_load(&left), 2));
    cr_assert(eq(int, atomic_load(&closed), 2));
}

static bool has_unregistered(void)
{
    for (unsigned i = 0; i < answer_count; i++)
        if (!answers[i].is_result && answers[i].type == WIRE_UNREGISTER)
            return true;
    return false;
}

/* The broker must not send what comes back at once, again and again. */
Test(nanny_thread_end, what_cannot_be_set_up_is_not_offered_any_more)
{
    struct answer *a;

    atomic_store(&refuse, 1);
    run_path(100, PATH_ONE);
    a = wait_answer(100);
    cr_assert(eq(uint, a->status, PAR_WORKER_LOST), "%s", words(a));
    cr_assert(eq(uint, a->executed, WIRE_NOT_EXECUTED));
    cr_assert(strstr(words(a), "no GPU") != NULL, "%s", words(a));
    cr_assert(eq(int, atomic_load(&opened), 5));
    WAIT_FOR(has_unregistered());
    atomic_store(&refuse, 0);
    say(WIRE_GOODBYE, 0, WIRE_REPLACED);
    link_server_drop(server, conn);
    WAIT_FOR(hellos == 2); /* another session, another try */
    forget_answers();
    answer_register();
    run_path(101, PATH_ONE);
    cr_assert(eq(uint, wait_answer(101)->status, PAR_OK));
}

Test(nanny_thread_end, function_that_ends_its_thread_is_told_and_others_go_on)
{
    struct answer *a;

    run_path(100, PATH_ONE);
    wait_answer(100);
    run_path(101, PATH_LEAVE);
    a = wait_answer(101);
    cr_assert(eq(uint, a->status, PAR_WORKER_LOST));
    cr_assert(eq(uint, a->executed, WIRE_MAYBE_EXECUTED));
    cr_assert(strstr(words(a), "slot 1 of w.1: a function called "
                               "pthread_exit(3)") != NULL,
              "%s", words(a));
    for (uint64_t id = 102; id < 110; id++) {
        run_path(id, PATH_ONE);
        cr_assert(eq(i64, value(wait_answer(id)), 1));
    }
    cr_assert(eq(int, atomic_load(&opened), 2), "one slot took its place");
}

/* Its slot is to end, and its function goes on.  The nanny's clock is moved by
 * hand, to beyond the moment in which that is noticed. */
static void go_astray(void)
{
    struct timespec nap = {.tv_nsec = 100000};

    use_both_slots();
    forget_answers();
    atomic_store(&release, 0);
    stands = clock_ms();
    run_path(100, PATH_STRAY);
    while (!atomic_load(&between)) {
        turn();
        nanosleep(&nap, NULL);
    }
    for (unsigned ms = 0; ms < LOST_MS + 300; ms += 100) {
        stands += 100;
        turn();
    }
}

Test(nanny_thread_end, slot_that_does_not_end_holds_up_nobody)
{
    go_astray();
    run_path(101, PATH_ONE);
    cr_assert(eq(i64, value(wait_answer(101)), 1));
    cr_assert(eq(uint, count_answers(100), 0), "it is waited for ...");
    atomic_store(&release, 1);
    cr_assert(eq(i64, value(wait_answer(100)), 1), "... and heard");
}

Test(nanny_thread_end, slot_that_does_not_end_is_left_in_the_end)
{
    go_astray();
    run_path(101, PATH_ONE);
    cr_assert(eq(i64, value(wait_answer(101)), 1));
    cr_assert(eq(uint, count_answers(100), 0));
    stands += THREAD_MS;
    cr_assert(eq(uint, wait_answer(100)->status, PAR_WORKER_LOST));
    cr_assert(strstr(words(find_answer(100)), "gave no result") != NULL, "%s",
              words(find_answer(100)));
}
