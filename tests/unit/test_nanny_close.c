/* test_nanny_close.c - closing functions that do not come to their end */
#include "config.h"

#include "nursing.h"

TestSuite(nanny_close,
          .init = nursing_open,
          .fini = nursing_close,
          .timeout = 60);

/* A computation whose closing function is this. */
static void set_up_closing(const char *hook, const char *body)
{
    static const char source[] =
        "#include <par/task.h>\n#include <pthread.h>\n"
        "#include <stdio.h>\n#include <stdlib.h>\n#include <unistd.h>\n"
        "static int f(struct par_task *t) { return par_put_int(t, 1); }\n"
        "PAR_FUNCTION(f, \":i\")\n"
        "static int c(struct par_task *t) { (void)t; %s }\n"
        "%s(c)\n";
    static char text[1000];
    struct bundle_file file;
    struct bundle_draft d = {
        .name = "it", .kind = BUNDLE_SOURCE, .files = &file, .file_count = 1};
    struct answer *a;

    snprintf(text, sizeof text, source, body, hook);
    file = serve("c.c", text, strlen(text));
    say_setup(10, HANDLE, &d);
    a = wait_answer(10);
    cr_assert(eq(int, (int)a->type, WIRE_READY), "%s", words(a));
    learn_functions(a);
    run0(100, "f");
    cr_assert(eq(i64, value(wait_answer(100)), 1));
}

static void expect_failure(const char *text)
{
    struct answer *a;

    say(WIRE_CLOSE, 11, HANDLE);
    a = wait_answer(11);
    cr_assert(eq(int, (int)a->type, WIRE_ERROR));
    cr_assert(eq(u64, a->ref, PAR_SETUP_FAILED));
    cr_assert(ne(ptr, strstr(words(a), text), NULL), "%s", words(a));
    say(WIRE_PING, 12, HANDLE); /* closed nevertheless */
    cr_assert(eq(u64, wait_answer(12)->ref, PAR_UNKNOWN_HANDLE));
}

Test(nanny_close, crash_of_slot_close_is_told_with_its_last_words)
{
    nurse();
    set_up_closing("PAR_SLOT_CLOSE",
                   "fputs(\"still open\\n\", stderr); abort();");
    expect_failure("slot 1 of w.1 was killed by signal 6 (Aborted)\n"
                   "still open");
}

/* It would be sent set-ups and runs, and end without having said DRAINING. */
Test(nanny_close, worker_that_loses_its_broker_while_it_closes_is_not_back)
{
    nurse();
    set_up_closing("PAR_SLOT_CLOSE", "return usleep(1500000);");
    nanny_drain(nanny, clock_ms());
    WAIT_FOR(goodbyes == 1);
    say(WIRE_GOODBYE, 0, WIRE_REPLACED);
    link_server_drop(server, conn);
    WAIT_FOR(nanny_state(nanny) == NANNY_ENDED);
    cr_assert(eq(uint, hellos, 1));
}

Test(nanny_close, crash_of_host_close_is_told)
{
    nurse();
    set_up_closing("PAR_HOST_CLOSE", "_exit(0);");
    expect_failure("slot 1 of w.1 ended with exit 0");
}

Test(nanny_close, closing_function_that_ends_its_thread_is_told)
{
    options.threads = true;
    nurse();
    set_up_closing("PAR_SLOT_CLOSE", "pthread_exit(0);");
    expect_failure("slot 1 of w.1: a function called pthread_exit(3)");
}

Test(nanny_close, crash_of_client_close_is_told)
{
    nurse();
    set_up_closing("static int m(struct par_task *t) { (void)t; return 0; }\n"
                   "PAR_CLIENT_SETUP(m)\nPAR_CLIENT_CLOSE",
                   "abort();");
    expect_failure("slot 1 of w.1 was killed by signal 6");
}
