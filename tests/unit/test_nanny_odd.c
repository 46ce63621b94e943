/* test_nanny_odd.c - slots that break the rules, programs as slots */
#include "config.h"

#include "meta_keys.h"
#include "nursing.h"

TestSuite(nanny_odd,
          .init = nursing_open,
          .fini = nursing_close,
          .timeout = 60);

static void set_up_code(const char *code, size_t len)
{
    struct bundle_file file = serve("code.c", code, len);
    struct bundle_draft draft = {
        .name = "code", .kind = BUNDLE_SOURCE, .files = &file, .file_count = 1};
    struct answer *a;

    nurse();
    say_setup(SETUP_ID, HANDLE, &draft);
    a = wait_answer(SETUP_ID);
    cr_assert(eq(int, (int)a->type, WIRE_READY), "%s", words(a));
    learn_functions(a);
}

static const char rogue[] =
    "#include <par/task.h>\n"
    "#include <arpa/inet.h>\n#include <signal.h>\n#include <stdint.h>\n"
    "#include <stdio.h>\n"
    "#include <string.h>\n#include <sys/mman.h>\n#include <unistd.h>\n"
    "static int fine(struct par_task *t) { return par_put_int(t, 1); }\n"
    "PAR_FUNCTION(fine, \":i\")\n"
    /* noise instead of a message */
    "static int noise(struct par_task *t)\n"
    "{ char b[100]; memset(b, 0xee, sizeof b); write(3, b, sizeof b);\n"
    "  pause(); return par_put_int(t, 1); }\n"
    "PAR_FUNCTION(noise, \"\")\n"
    /* a message that a slot never sends: HELLO */
    "static int hello(struct par_task *t)\n"
    "{ unsigned char b[32] = {0, 0, 0, 28, 0xc1, 0x50, 1, 1};\n"
    "  write(3, b, sizeof b); pause(); return par_put_int(t, 1); }\n"
    "PAR_FUNCTION(hello, \"\")\n"
    /* the answer of a run that it never had: no harm */
    "static int forge(struct par_task *t)\n"
    "{ unsigned char b[48] = {0, 0, 0, 44, 0xc1, 0x50, 1, 0x13};\n"
    "  b[11] = 1; b[23] = 77; write(3, b, sizeof b);\n"
    "  return par_put_int(t, 1); }\n"
    "PAR_FUNCTION(forge, \"\")\n"
    /* closes its pipe and stays */
    "static int mute(struct par_task *t)\n"
    "{ close(3); pause(); return par_put_int(t, 1); }\n"
    "PAR_FUNCTION(mute, \"\")\n"
    /* scribbles over the page */
    "static int scribble(struct par_task *t)\n"
    "{ FILE *f = fopen(\"/proc/self/maps\", \"r\"); char line[500];\n"
    "  unsigned long from, to;\n"
    "  while (fgets(line, sizeof line, f))\n"
    "    if (strstr(line, \"memfd:\") && strstr(line, \" rw-s \") &&\n"
    "        sscanf(line, \"%lx-%lx\", &from, &to) == 2)\n"
    "      memset((void *)from, 0xff, to - from);\n"
    "  raise(SIGKILL); return par_put_int(t, 1); }\n"
    "PAR_FUNCTION(scribble, \"\")\n"
    /* kills whoever holds it */
    "static int patricide(struct par_task *t)\n"
    "{ kill(getppid(), SIGKILL); pause(); return par_put_int(t, 1); }\n"
    "PAR_FUNCTION(patricide, \"\")\n";

static void misbehaves(const char *function, const char *word)
{
    struct answer *a;

    set_up_code(rogue, sizeof rogue - 1);
    run0(100, function);
    run0(101, "fine");
    run0(102, "fine");
    a = wait_answer(100);
    cr_assert(eq(uint, a->status, PAR_WORKER_LOST), "%s", words(a));
    cr_assert(eq(uint, a->executed, WIRE_MAYBE_EXECUTED));
    cr_assert(strstr(words(a), word) != NULL, "%s", words(a));
    for (uint64_t id = 101; id < 103; id++) {
        a = wait_answer(id);
        cr_assert(eq(uint, a->status, PAR_OK), "%s", words(a));
        cr_assert(eq(uint, count_answers(id), 1));
    }
}

Test(nanny_odd, noise_on_the_pipe_ends_the_slot)
{
    misbehaves("noise", "frame");
}

Test(nanny_odd, message_that_is_not_a_slots_ends_it)
{
    misbehaves("hello", "HELLO where it makes no sense");
}

Test(nanny_odd, slot_that_closes_its_pipe_is_ended)
{
    misbehaves("mute", "closed its pipe");
}

Test(nanny_odd, scribbled_page_harms_only_its_own_run)
{
    misbehaves("scribble", "signal 9");
}

Test(nanny_odd, T10_killing_the_keeper_is_told)
{
    misbehaves("patricide", "keeper");
}

Test(nanny_odd, forged_answer_is_dropped)
{
    set_up_code(rogue, sizeof rogue - 1);
    run0(100, "forge");
    cr_assert(eq(i64, value(wait_answer(100)), 1));
    cr_assert(eq(ptr, find_answer(77), NULL));
}

/* ---- what the broker should not say ---- */

static void say_broken(enum wire_type type, uint64_t id, unsigned count)
{
    struct wire_header head = {
        .type = (uint8_t)type, .count = (uint16_t)count, .id = id};
    uint8_t *frame = malloc(WIRE_HEADER + 1);

    wire_put_header(frame, &head);
    frame[WIRE_HEADER] = 0xee;
    cr_assert(eq(
        int, link_server_send(server, conn, frame, WIRE_HEADER + 1, NULL), 0));
}

Test(nanny_odd, a_run_that_cannot_be_read_is_refused_with_its_count)
{
    struct answer *a;

    nurse();
    say_broken(WIRE_RUN, 100, 3);
    a = wait_answer(100);
    cr_assert(eq(int, (int)a->type, WIRE_ERROR));
    cr_assert(eq(u64, a->ref, PAR_MALFORMED));
    cr_assert(eq(uint, a->flags, WIRE_FINAL));
    cr_assert(eq(uint, a->count, 3));
}

Test(nanny_odd, a_cancel_that_cannot_be_read_ends_no_run)
{
    struct answer *a;

    nurse();
    say_broken(WIRE_CANCEL, 100, 0);
    a = wait_answer(100);
    cr_assert(eq(int, (int)a->type, WIRE_ERROR));
    cr_assert(eq(uint, a->flags, 0));
}

/* ---- in its folder ---- */

#define WHERE                                                                  \
    "static int where(struct par_task *t)\n"                                   \
    "{ char p[500]; getcwd(p, sizeof p - 10);\n"                               \
    "  int n = 0; while (p[n]) n++; return par_put_str(t, p, n); }\n"          \
    "PAR_FUNCTION(where, \":s\")\n"

/* A file of that name beside the code that was set up; one buffer. */
static const char *in_its_folder(const char *name)
{
    static char path[600];
    struct meta_reader r;
    struct meta_value v;
    struct answer *a;

    run0(50, "where");
    a = wait_answer(50);
    r = meta_read(a->data, a->len);
    cr_assert(meta_next(&r, &v));
    snprintf(path, sizeof path, "%.*s/%s", (int)v.len, v.data, name);
    return path;
}

/* ---- a run that is just beginning ---- */

/* Between the two steps of page_begin() until the book is closed; `next` and
 * `running` are the second and the fourth word of the page. */
static const char hesitant[] =
    "#include <par/task.h>\n#include <stdint.h>\n#include <stdio.h>\n"
    "#include <string.h>\n#include <unistd.h>\n" WHERE
    "static int hesitate(struct par_task *t)\n"
    "{ FILE *f = fopen(\"/proc/self/maps\", \"r\"); char line[500];\n"
    "  unsigned long from = 0; volatile uint64_t *page; uint64_t id;\n"
    "  while (fgets(line, sizeof line, f))\n"
    "    if (strstr(line, \"memfd:\") && strstr(line, \" rw-s \"))\n"
    "      sscanf(line, \"%lx-\", &from);\n"
    "  page = (void *)from; id = page[3]; page[3] = 0;\n"
    "  fclose(fopen(\"between\", \"w\"));\n"
    "  while (!(page[1] >> 63)) usleep(100);\n"
    "  page[3] = id;\n"
    "  for (;;) pause(); return par_put_nil(t); }\n"
    "PAR_FUNCTION(hesitate, \"\")\n";

Test(nanny_odd, run_that_is_just_beginning_is_killed)
{
    const char *between;
    struct answer *a;

    options.slots = 1;
    set_up_code(hesitant, sizeof hesitant - 1);
    between = in_its_folder("between");
    run0(100, "hesitate");
    WAIT_FOR(access(between, F_OK) == 0);
    say(WIRE_CANCEL, 100, 2);
    a = wait_answer(100);
    cr_assert(eq(uint, a->status, PAR_CANCELLED), "%s", words(a));
    cr_assert(eq(uint, a->executed, WIRE_MAYBE_EXECUTED));
}

/* ---- a busy nanny ---- */

static const char busy[] =
    "#include <par/task.h>\n#include <stdio.h>\n#include <unistd.h>\n"
    "static char large[100000];\n"
    "static int f(struct par_task *t)\n"
    "{ long n = par_int(t, 0);\n"
    "  if (n == 1) return par_put_bytes(t, large, sizeof large);\n"
    "  if (n == 3) { fclose(fopen(\"begun\", \"w\")); usleep(200000); }\n"
    "  return par_put_str(t, \"begun\", 5); }\n"
    "PAR_FUNCTION(f, \"i:v\")\n" WHERE;

/* Large results have left by the pipe, which the nanny has not read yet, when
 * it finds a small one in the outbox. */
Test(nanny_odd, outbox_may_be_ahead_of_the_pipe)
{
    enum { WARM = 2000 };
    static const int64_t kinds[] = {1, 1, 1, 1, 2, 3};
    const char *begun;
    struct answer *a;
    uint64_t until;

    options.slots = 1;
    set_up_code(busy, sizeof busy - 1);
    begun = in_its_folder("begun");
    begin_runs(100, "f"); /* it is known to be quick */
    for (int i = 0; i < WARM; i++)
        add_args(1, (int64_t[]){2});
    end_runs();
    WAIT_FOR(answer_count >= WARM);
    begin_runs(10000, "f");
    for (int i = 0; i < 6; i++)
        add_args(1, &kinds[i]);
    end_runs();
    until = clock_ms() + WAIT_MS;
    while (access(begun, F_OK) != 0) {
        cr_assert(lt(u64, clock_ms(), until));
        nanny_turn(nanny, clock_ms()); /* it gives, and hears a little */
        nanny_turn(nanny, clock_ms());
        for (uint64_t then = clock_ms() + 20; clock_ms() < then;)
            continue; /* busy elsewhere */
    }
    for (uint64_t id = 10000; id < 10006; id++) {
        a = wait_answer(id);
        cr_assert(eq(uint, a->status, PAR_OK), "%s", words(a));
        cr_assert(eq(uint, count_answers(id), 1));
    }
}

/* ---- kind self ---- */

Test(nanny_odd, program_is_started_as_a_slot)
{
    char path[512];
    struct bundle_file file;
    struct bundle_draft draft = {
        .name = "self", .kind = BUNDLE_SELF, .files = &file, .file_count = 1};
    struct answer *a;

    snprintf(path, sizeof path, "%s/tests/unit/self_slot", top_builddir());
    file = serve_from("prog", path);
    options.max_file_size = 1 << 30;
    nurse();
    say_setup(SETUP_ID, HANDLE, &draft);
    a = wait_answer(SETUP_ID);
    cr_assert(eq(int, (int)a->type, WIRE_READY), "%s", words(a));
    learn_functions(a);
    cr_assert(gt(uint, function_count, 0));
    run0(100, function_names[0]);
    a = wait_answer(100);
    cr_assert(eq(uint, a->status, PAR_OK), "%s", words(a));
}

Test(nanny_odd, program_that_is_none_is_told)
{
    static const char text[] = "no program at all";
    struct bundle_file file = serve("prog", text, sizeof text - 1);
    struct bundle_draft draft = {
        .name = "self", .kind = BUNDLE_SELF, .files = &file, .file_count = 1};
    struct answer *a;

    nurse();
    say_setup(SETUP_ID, HANDLE, &draft);
    a = wait_answer(SETUP_ID);
    cr_assert(eq(int, (int)a->type, WIRE_ERROR));
    cr_assert(eq(u64, a->ref, PAR_SETUP_FAILED));
    cr_assert(strstr(words(a), "slot 1 of w.1") != NULL, "%s", words(a));
}

/* ---- without a broker ---- */

static void loses_its_broker(bool breaks)
{
    char folder[512];
    struct answer *a;
    struct meta_reader r;
    struct meta_value v;

    options.give_up_ms = 50;
    nurse();
    set_up();
    run0(100, "cwd");
    a = wait_answer(100);
    r = meta_read(a->data, a->len);
    cr_assert(meta_next(&r, &v));
    snprintf(folder, sizeof folder, "%.*s", (int)v.len, v.data);
    for (uint64_t id = 101; breaks && id < 106; id++) {
        run0(id, "crash");
        wait_answer(id);
    }
    if (breaks)
        wait_answer(0); /* it is stopped here */
    say(WIRE_GOODBYE, 0, WIRE_REPLACED);
    link_server_drop(server, conn);
    WAIT_FOR(access(folder, F_OK) != 0);
}

Test(nanny_odd, without_a_broker_for_long_it_starts_afresh)
{
    loses_its_broker(false);
}

Test(nanny_odd, without_a_broker_for_long_it_forgets_what_is_stopped)
{
    loses_its_broker(true);
}

Test(nanny_odd, DI_41_taken_name_is_the_end)
{
    static const char *brokers[2];
    struct par_error err = {0};

    brokers[0] = listen_by(LINK_INPROC);
    options.brokers = brokers;
    options.zmq_context = context;
    options.libexec = top_builddir();
    options.dest_path = scratch_path("dest");
    nanny = nanny_create(&options, &err);
    cr_assert(nanny != NULL, "%s", err.text);
    name_is_taken = true;
    WAIT_FOR(hellos == 1);
    name_is_taken = true;
    WAIT_FOR(hellos == 2 || nanny_state(nanny) == NANNY_FAILED);
    cr_assert(eq(int, nanny_state(nanny), NANNY_CONNECTING),
              "it may be its own, from before a reset of its host");
    name_is_taken = true;
    ahead += 15000;
    WAIT_FOR(nanny_state(nanny) == NANNY_FAILED);
    cr_assert(eq(int, nanny_error(nanny)->code, PAR_CODE(PAR_DUPLICATE_ID)));
    cr_assert(strstr(nanny_error(nanny)->text, "w.1 is taken") != NULL);
}

/* The name that the last HELLO asked for; one buffer. */
static char *asked_name(void)
{
    static char name[64];

    meta_text(hello.data, hello.len, KEY_HELLO_NAME, name, sizeof name);
    return name;
}

/* A broker that was started anew has given it to another worker. */
static void lose_name(void)
{
    say(WIRE_GOODBYE, 0, WIRE_REPLACED);
    link_server_drop(server, conn);
    name_is_taken = true;
    WAIT_FOR(hellos == 2);
    cr_assert(eq(str, asked_name(), "w.1"));
    snprintf(worker_name, sizeof worker_name, "w.2");
    WAIT_FOR(hellos == 3 && nanny_state(nanny) == NANNY_READY);
}

Test(nanny_odd, taken_name_that_the_broker_chose_is_given_up)
{
    options.name = NULL;
    nurse();
    lose_name();
    cr_assert(eq(str, asked_name(), ""));
    cr_assert(eq(str, (char *)nanny_name(nanny), "w.2"));
}

Test(nanny_odd, taken_name_that_was_given_is_asked_for_again)
{
    nurse();
    lose_name();
    cr_assert(eq(str, asked_name(), "w.1"));
}
