/* test_nanny_thread.c - thread slots: what cannot be killed is told */
#include "config.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>

#include "log.h"
#include "nursing.h"
#include "worker/call.h"
#include "worker/engine.h"

static atomic_int release; /* lets `wait` end */
static atomic_int waiting;

static int wait_here(struct par_task *t)
{
    struct timespec nap = {.tv_nsec = 100000};

    atomic_fetch_add(&waiting, 1);
    while (!atomic_load(&release))
        nanosleep(&nap, NULL);
    return par_put_int(t, 1);
}

static int polite(struct par_task *t)
{
    struct timespec nap = {.tv_nsec = 100000};

    while (!par_cancelled(t))
        nanosleep(&nap, NULL);
    return par_throw(t, 1, "as you wish");
}

static atomic_int between;

/* Stay where a slot is in the midst of page_begin(), until the book is
 * closed. */
static int hesitant(struct par_task *t)
{
    struct timespec nap = {.tv_nsec = 100000};
    struct page *p = (struct page *)call_of(t)->page;
    uint64_t id = atomic_exchange(&p->running, 0);

    atomic_store(&between, 1);
    while (!(atomic_load(&p->next) & PAGE_CLOSED))
        nanosleep(&nap, NULL);
    atomic_store(&p->running, id);
    return polite(t);
}

/* Say that it has ended, which is a lie. */
static int stray(struct par_task *t)
{
    struct page *p = (struct page *)call_of(t)->page;

    atomic_store(&p->running, 0);
    atomic_store(&between, 1);
    return wait_here(t);
}

static int one(struct par_task *t)
{
    return par_put_int(t, 1);
}

/* ---- state: how often each hook ran ---- */

static atomic_int refuse; /* in slot_setup */
static atomic_int linger; /* in slot_close */
static atomic_int host_opened, host_closed, opened, closed, met, left;

static int open_host(struct par_task *t)
{
    (void)t;
    atomic_fetch_add(&host_opened, 1);
    return 0;
}
PAR_HOST_SETUP(open_host)

static int close_host(struct par_task *t)
{
    (void)t;
    atomic_fetch_add(&host_closed, 1);
    return 0;
}
PAR_HOST_CLOSE(close_host)

static int open_slot(struct par_task *t)
{
    atomic_fetch_add(&opened, 1);
    if (atomic_load(&refuse))
        return par_throw(t, 1, "no GPU");
    par_set_state(t, malloc(1));
    return 0;
}
PAR_SLOT_SETUP(open_slot)

static int close_slot(struct par_task *t)
{
    struct timespec nap = {.tv_nsec = 100000};

    atomic_fetch_add(&closed, 1);
    while (atomic_load(&linger))
        nanosleep(&nap, NULL);
    free(par_state(t));
    return 0;
}
PAR_SLOT_CLOSE(close_slot)

static int open_client(struct par_task *t)
{
    atomic_fetch_add(&met, 1);
    par_set_client_state(t, malloc(1));
    return 0;
}
PAR_CLIENT_SETUP(open_client)

static int close_client(struct par_task *t)
{
    atomic_fetch_add(&left, 1);
    free(par_client_state(t));
    return 0;
}
PAR_CLIENT_CLOSE(close_client)

/* Nobody closes what it leaves behind. */
static int leave(struct par_task *t)
{
    free(par_client_state(t));
    free(par_state(t));
    pthread_exit(NULL);
}

enum {
    PATH_WAIT = 7,
    PATH_POLITE,
    PATH_ONE,
    PATH_LEAVE,
    PATH_HESITANT,
    PATH_STRAY,
    PATHS = 6
};

static const char *const paths[] = {"/wait",  "/polite",   "/one",
                                    "/leave", "/hesitant", "/stray"};

/* It offers its paths: tell their handles. */
static void answer_register(void)
{
    struct meta_writer w = {0};
    uint64_t id = 0;

    WAIT_FOR(answer_count > 0);
    for (unsigned i = 0; i < answer_count; i++)
        if (answers[i].type == WIRE_REGISTER)
            id = answers[i].id;
    cr_assert(ne(u64, id, 0));
    meta_put_map(&w, 1);
    meta_put_uint(&w, 1);
    meta_put_array(&w, PATHS);
    for (unsigned i = 0; i < PATHS; i++) {
        meta_put_array(&w, 2);
        meta_put_str(&w, paths[i]);
        meta_put_uint(&w, PATH_WAIT + i);
    }
    say_item(WIRE_READY, id, 0, 0, &w, NULL, 0);
    meta_writer_clear(&w);
}

static void init(void)
{
    static const char *brokers[2];
    struct par_error err = {0};

    nursing_open();
    options.threads = true;
    options.slots = 2;
    options.libexec = top_builddir();
    options.dest_path = scratch_path("dest");
    options.zmq_context = context;
    brokers[0] = listen_by(LINK_INPROC);
    options.brokers = brokers;
    nanny = nanny_create(&options, &err);
    cr_assert(nanny != NULL, "%s", err.text);
    nanny_register(nanny, paths[0], "", wait_here, NULL, NULL);
    nanny_register(nanny, paths[1], "", polite, NULL, NULL);
    nanny_register(nanny, paths[2], "", one, NULL, NULL);
    nanny_register(nanny, paths[3], "", leave, NULL, NULL);
    nanny_register(nanny, paths[4], "", hesitant, NULL, NULL);
    nanny_register(nanny, paths[5], "", stray, NULL, NULL);
    answer_register();
}

static void fini(void)
{
    atomic_store(&release, 1);
    atomic_store(&linger, 0);
    nursing_close();
}

TestSuite(nanny_thread, .init = init, .fini = fini, .timeout = 60);

static void run_path(uint64_t id, uint64_t path)
{
    begin_runs_at(id, path << 32);
    add_args(0, NULL);
    end_runs();
}

static struct answer *find_remark(uint64_t id)
{
    for (unsigned i = 0; i < answer_count; i++)
        if (answers[i].id == id && answers[i].type == WIRE_ERROR)
            return &answers[i];
    return NULL;
}

Test(nanny_thread, polite_function_is_cancelled)
{
    run_path(100, PATH_POLITE);
    WAIT_FOR(started == 1);
    say_pair(WIRE_CANCEL, 100, 1, 21, 60000);
    WAIT_FOR(count_answers(100) == 1);
    cr_assert(ne(uint, find_answer(100)->status, PAR_OK));
    cr_assert(eq(ptr, find_remark(100), NULL));
}

Test(nanny_thread, function_that_is_just_beginning_is_cancelled)
{
    run_path(100, PATH_HESITANT);
    WAIT_FOR(atomic_load(&between));
    say_pair(WIRE_CANCEL, 100, 1, 21, 60000);
    WAIT_FOR(count_answers(100) == 1);
    cr_assert(ne(uint, find_answer(100)->status, PAR_OK));
}

Test(nanny_thread, what_does_not_look_is_not_killable_and_runs_on)
{
    run_path(100, PATH_WAIT);
    WAIT_FOR(started == 1);
    say_pair(WIRE_CANCEL, 100, 1, 21, 10);
    WAIT_FOR(find_remark(100));
    cr_assert(eq(u64, find_remark(100)->ref, PAR_NOT_KILLABLE));
    cr_assert(eq(uint, count_answers(100), 0));
    run_path(101, PATH_ONE); /* the other slot serves meanwhile */
    cr_assert(eq(i64, value(wait_answer(101)), 1));
    atomic_store(&release, 1);
    WAIT_FOR(count_answers(100) == 1);
    cr_assert(eq(uint, find_answer(100)->status, PAR_OK));
}

Test(nanny_thread, kill_is_refused_at_once)
{
    run_path(100, PATH_WAIT);
    WAIT_FOR(started == 1);
    say(WIRE_CANCEL, 100, 2);
    WAIT_FOR(find_remark(100));
    cr_assert(eq(u64, find_remark(100)->ref, PAR_NOT_KILLABLE));
}

Test(nanny_thread, timeout_is_answered_once_and_its_thread_runs_on)
{
    term(17, 30);
    run_path(100, PATH_WAIT);
    cr_assert(eq(uint, wait_answer(100)->status, PAR_TIMEOUT));
    atomic_store(&release, 1);
    run_path(101, PATH_ONE);
    run_path(102, PATH_ONE);
    wait_answer(101);
    wait_answer(102);
    cr_assert(eq(uint, count_answers(100), 1));
}

Test(nanny_thread, timeout_of_what_is_not_killable_is_told)
{
    term(17, 400);
    run_path(100, PATH_WAIT);
    WAIT_FOR(started == 1);
    say(WIRE_CANCEL, 100, 2);
    WAIT_FOR(count_answers(100) == 1);
    for (unsigned i = 0; i < answer_count; i++)
        if (answers[i].is_result)
            cr_assert(eq(uint, answers[i].status, PAR_TIMEOUT));
}

Test(nanny_thread, what_waits_behind_a_long_one_goes_to_the_other)
{
    for (uint64_t id = 10; id < 40; id++) {
        run_path(id, PATH_ONE);
        wait_answer(id);
    }
    run_path(100, PATH_WAIT);
    for (uint64_t id = 101; id < 140; id++)
        run_path(id, PATH_ONE);
    for (uint64_t id = 101; id < 140; id++)
        cr_assert(eq(i64, value(wait_answer(id)), 1));
    cr_assert(eq(uint, count_answers(100), 0));
}

/* A broker that is started anew counts from the beginning. */
Test(nanny_thread, T16_late_answer_is_not_taken_for_a_new_runs)
{
    run_path(100, PATH_WAIT);
    WAIT_FOR(started == 1);
    say(WIRE_GOODBYE, 0, WIRE_REPLACED);
    link_server_drop(server, conn);
    WAIT_FOR(hellos == 2);
    forget_answers();
    answer_register();
    term_text(20, "never");
    run_path(100, PATH_POLITE); /* the same number, in the other slot */
    WAIT_FOR(started == 2);
    atomic_store(&release, 1);
    run_path(101, PATH_ONE);
    cr_assert(eq(i64, value(wait_answer(101)), 1));
    cr_assert(eq(uint, count_answers(100), 0));
    say(WIRE_CANCEL, 100, 1);
    WAIT_FOR(count_answers(100) == 1);
    cr_assert(ne(uint, find_answer(100)->status, PAR_OK));
}

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

Test(nanny_thread, RP_06_draining_worker_closes_what_its_slots_opened)
{
    use_both_slots();
    nanny_drain(nanny, clock_ms());
    WAIT_FOR(nanny_state(nanny) == NANNY_ENDED);
    cr_assert(eq(int, atomic_load(&left), 2));
    cr_assert(eq(int, atomic_load(&closed), 2));
    cr_assert(eq(int, atomic_load(&host_closed), 1));
}

/* Run the nanny's clock ahead, beyond what closing functions may take. */
Test(nanny_thread, draining_worker_names_what_it_does_not_wait_for)
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

Test(nanny_thread, worker_that_ends_at_once_leaves_no_state_of_its_slots)
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
Test(nanny_thread, what_cannot_be_set_up_is_not_offered_any_more)
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

Test(nanny_thread, function_that_ends_its_thread_is_told_and_others_go_on)
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

Test(nanny_thread, slot_that_does_not_end_holds_up_nobody)
{
    go_astray();
    run_path(101, PATH_ONE);
    cr_assert(eq(i64, value(wait_answer(101)), 1));
    cr_assert(eq(uint, count_answers(100), 0), "it is waited for ...");
    atomic_store(&release, 1);
    cr_assert(eq(i64, value(wait_answer(100)), 1), "... and heard");
}

Test(nanny_thread, slot_that_does_not_end_is_left_in_the_end)
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

Test(nanny_thread, commands_are_processes_all_the_same)
{
    struct bundle_draft draft = {.name = "sh", .kind = BUNDLE_EXEC};

    say_setup(2, HANDLE, &draft);
    cr_assert(eq(int, (int)wait_answer(2)->type, WIRE_READY));
    COMMAND(100, "sh", "-c", "kill -9 $$");
    cr_assert(eq(uint, wait_answer(100)->status, PAR_SIGNAL));
}

Test(nanny_thread, other_programs_are_refused)
{
    static const char other[] = "#!/bin/true";
    struct bundle_file file = serve("prog", other, sizeof other - 1);
    struct bundle_draft draft = {
        .name = "self", .kind = BUNDLE_SELF, .files = &file, .file_count = 1};
    struct answer *a;

    say_setup(2, HANDLE, &draft);
    a = wait_answer(2);
    cr_assert(eq(int, (int)a->type, WIRE_ERROR));
    cr_assert(strstr(words(a), "thread slots") != NULL, "%s", words(a));
}
