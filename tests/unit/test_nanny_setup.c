/* test_nanny_setup.c - what can be wrong with a computation
 *
 * length: one theme, the cases in the order in which a set-up can fail.
 */
#include "config.h"

#include <criterion/criterion.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>

#include "nursing.h"
#include "worker/rmtree.h"

TestSuite(nanny_setup,
          .init = nursing_open,
          .fini = nursing_close,
          .timeout = 60);

/* How many names in a folder of ours begin so? */
static int count_below(const char *folder, const char *begin)
{
    DIR *dir = opendir(scratch_path(folder));
    struct dirent *e;
    int count = 0;

    while (dir && (e = readdir(dir)))
        count += strncmp(e->d_name, begin, strlen(begin)) == 0;
    if (dir)
        closedir(dir);
    return count;
}

static struct bundle_draft draft_of(enum bundle_kind kind,
                                    const struct bundle_file *list,
                                    size_t count)
{
    return (struct bundle_draft){
        .name = "it", .kind = kind, .files = list, .file_count = count};
}

static struct answer *refused(uint64_t id, uint64_t status)
{
    struct answer *a = wait_answer(id);

    cr_assert(eq(int, (int)a->type, WIRE_ERROR));
    cr_assert(eq(u64, a->ref, status), "%s", words(a));
    return a;
}

static void ready(uint64_t id)
{
    struct answer *a = wait_answer(id);

    cr_assert(eq(int, (int)a->type, WIRE_READY), "%s", words(a));
}

/* What functions have written to a file of that name. */
static const char *notes(void)
{
    static char text[200];
    int fd = open(scratch_path("notes"), O_RDONLY | O_CLOEXEC);
    ssize_t n = read(fd, text, sizeof text - 1);

    close(fd);
    text[n > 0 ? n : 0] = 0;
    return text;
}

Test(nanny_setup, manifest_that_makes_no_sense_is_quoted)
{
    nurse();
    say_item(WIRE_SETUP, 10, HANDLE, 0, NULL, "\x81\x01\x01", 3);
    refused(10, PAR_MALFORMED);
    set_up();
}

Test(nanny_setup, DI_05_too_large_a_file_is_named_and_nothing_is_kept)
{
    static const char big[5000] = "big";
    struct bundle_file list[3] = {serve("a", "a", 1),
                                  serve("big.bin", big, sizeof big),
                                  serve("c", "c", 1)};
    struct bundle_draft d = draft_of(BUNDLE_EXEC, list, 3);

    options.max_file_size = 4096;
    nurse();
    say_setup(10, HANDLE, &d);
    cr_assert(strstr(words(refused(10, PAR_SETUP_FAILED)),
                     "file big.bin has 5000 octets") != NULL);
    cr_assert(eq(uint, needs, 0));
    COMMAND(100, "true");
    cr_assert(eq(uint, wait_answer(100)->status, PAR_UNKNOWN_HANDLE));
}

Test(nanny_setup, file_that_nobody_has_is_named)
{
    struct bundle_file file = serve("lost", "lost", 4);
    struct bundle_draft d = draft_of(BUNDLE_EXEC, &file, 1);

    nurse();
    file_count = 0;
    say_setup(10, HANDLE, &d);
    cr_assert(strstr(words(refused(10, PAR_SETUP_FAILED)), "file lost") !=
              NULL);
}

Test(nanny_setup, T14_content_that_is_not_what_was_announced_is_refused)
{
    struct bundle_file file = serve("f", "what was announced", 18);
    struct bundle_draft d = draft_of(BUNDLE_EXEC, &file, 1);

    nurse();
    files[0].data = "something else, ye";
    say_setup(10, HANDLE, &d);
    cr_assert(strstr(words(refused(10, PAR_SETUP_FAILED)),
                     "not what was announced") != NULL);
    forget_answers();
    files[0].data = "what was announced";
    say_setup(10, HANDLE, &d);
    ready(10);
}

Test(nanny_setup, file_of_many_pieces_comes_whole)
{
    enum { SIZE = 3 * 1024 * 1024 + 77 };
    char *big = malloc(SIZE);
    struct bundle_file file;
    struct bundle_draft d;

    for (size_t i = 0; i < SIZE; i++)
        big[i] = (char)(i * 7 + i / 1000);
    file = serve("big", big, SIZE);
    d = draft_of(BUNDLE_EXEC, &file, 1);
    nurse();
    say_setup(10, HANDLE, &d);
    ready(10);
    cr_assert(eq(uint, needs, 4));
    COMMAND(100, "sh", "-c", "wc -c <big");
    wait_answer(100);
    cr_assert(eq(int, atoi(output[1]), SIZE));
    free(big);
}

Test(nanny_setup, object_that_is_none_is_told)
{
    struct bundle_file file = serve("x.so", "not an object", 13);
    struct bundle_draft d = draft_of(BUNDLE_OBJECT, &file, 1);

    nurse();
    say_setup(10, HANDLE, &d);
    cr_assert(eq(str, words(refused(10, PAR_SETUP_FAILED)),
                 "x.so is no shared object (no ELF file)"));
}

Test(nanny_setup, DI_06_hook_that_fails_says_why_to_whoever_asked)
{
    static const char source[] =
        "#include <par/task.h>\n"
        "static int prepare(struct par_task *t)\n"
        "{ return par_throw(t, 1, \"no GPU\"); }\n"
        "PAR_HOST_SETUP(prepare)\n"
        "static int f(struct par_task *t) { return par_put_int(t, 1); }\n"
        "PAR_FUNCTION(f, \":i\")\n";
    struct bundle_file file = serve("p.c", source, sizeof source - 1);
    struct bundle_draft d = draft_of(BUNDLE_SOURCE, &file, 1);

    nurse();
    say_setup(10, HANDLE, &d);
    cr_assert(strstr(words(refused(10, PAR_SETUP_FAILED)), "no GPU") != NULL);
    begin_runs_at(100, (uint64_t)HANDLE << 32);
    add_args(0, NULL);
    end_runs();
    cr_assert(eq(uint, wait_answer(100)->status, PAR_UNKNOWN_HANDLE));
}

Test(nanny_setup, set_up_that_crashes_is_told_with_its_last_words)
{
    static const char source[] =
        "#include <par/task.h>\n#include <stdio.h>\n#include <stdlib.h>\n"
        "static int prepare(struct par_task *t)\n"
        "{ (void)t; fputs(\"I go\\n\", stderr); abort(); }\n"
        "PAR_SLOT_SETUP(prepare)\n"
        "static int f(struct par_task *t) { return par_put_int(t, 1); }\n"
        "PAR_FUNCTION(f, \":i\")\n";
    struct bundle_file file = serve("p.c", source, sizeof source - 1);
    struct bundle_draft d = draft_of(BUNDLE_SOURCE, &file, 1);
    struct answer *a;

    nurse();
    say_setup(10, HANDLE, &d);
    a = refused(10, PAR_SETUP_FAILED);
    cr_assert(strstr(words(a), "killed by signal 6") != NULL, "%s", words(a));
    cr_assert(strstr(words(a), "I go") != NULL, "%s", words(a));
}

/* The first slot serves; no other can be made ready (DD-37). */
Test(nanny_setup, slot_set_up_that_fails_again_and_again_is_given_up)
{
    static const char source[] =
        "#include <par/task.h>\n#include <stdio.h>\n#include <unistd.h>\n"
        "static int prepare(struct par_task *t)\n"
        "{ FILE *f = fopen(\"%s\", \"a\"); long n = ftell(f); fputs(\"x\", "
        "f);\n"
        "  fclose(f); return n ? par_throw(t, 1, \"no GPU left\") : 0; }\n"
        "PAR_SLOT_SETUP(prepare)\n"
        "static int f(struct par_task *t)\n"
        "{ usleep(300000); return par_put_int(t, 1); }\n"
        "PAR_FUNCTION(f, \":i\")\n";
    static char text[1000];
    struct bundle_file file;
    struct bundle_draft d = draft_of(BUNDLE_SOURCE, &file, 1);
    struct answer *a;

    nurse();
    snprintf(text, sizeof text, source, scratch_path("notes"));
    file = serve("p.c", text, strlen(text));
    say_setup(10, HANDLE, &d);
    ready(10);
    learn_functions(find_answer(10));
    run0(100, "f");
    run0(101, "f");
    a = wait_answer(101);
    cr_assert(eq(uint, a->status, PAR_WORKER_LOST), "%s", words(a));
    cr_assert(eq(uint, a->executed, WIRE_NOT_EXECUTED));
    cr_assert(strstr(words(a), "no GPU left") != NULL, "%s", words(a));
    cr_assert(eq(uint, wait_answer(100)->status, PAR_OK));
    cr_assert(eq(sz, strlen(notes()), 6));
}

/* Somebody clears the caches of this host away while we run. */
Test(nanny_setup, folders_that_are_removed_underfoot_are_made_anew)
{
    struct bundle_file file = serve("f", "new", 3);
    struct bundle_draft d = draft_of(BUNDLE_EXEC, &file, 1);

    nurse();
    set_up();
    cr_assert(eq(int, rmtree(scratch_path("dest")), 0));
    say_setup(11, HANDLE + 1, &d);
    ready(11);
    begin_runs_at(100, (uint64_t)(HANDLE + 1) << 32);
    batch_add_run(&runs, 0,
                  "\x92\xa3"
                  "cat\xa1"
                  "f",
                  7);
    end_runs();
    cr_assert(eq(uint, wait_answer(100)->status, PAR_OK));
    cr_assert(eq(str, output[1], "new"));
    nanny_destroy(nanny);
    nanny = NULL;
    cr_assert(eq(int, count_below("dest", "run-"), 0));
}

/* ---- source ---- */

static const char adder[] =
    "#include <par/task.h>\n"
    "#include \"part.h\"\n"
    "static int add(struct par_task *t)\n"
    "{ return par_put_int(t, par_int(t, 0) + part(par_int(t, 1))); }\n"
    "PAR_FUNCTION(add, \"ii:i\")\n";

static void set_up_source(uint64_t id, const char *part)
{
    struct bundle_file list[3] = {
        serve("add.c", adder, sizeof adder - 1),
        serve("part.h", "long part(long);\n", 17),
        serve("part.c", part, strlen(part)),
    };
    struct bundle_draft d = draft_of(BUNDLE_SOURCE, list, 3);

    say_setup(id, HANDLE, &d);
}

Test(nanny_setup, source_is_compiled_and_runs)
{
    nurse();
    set_up_source(10, "long part(long x) { return 10 * x; }\n");
    ready(10);
    learn_functions(find_answer(10));
    RUN(100, "add", 1, 2);
    cr_assert(eq(i64, value(wait_answer(100)), 21));
}

Test(nanny_setup, source_is_compiled_on_thread_slots_too)
{
    options.threads = true;
    nurse();
    set_up_source(10, "long part(long x) { return 10 * x; }\n");
    ready(10);
    learn_functions(find_answer(10));
    RUN(100, "add", 1, 2);
    cr_assert(eq(i64, value(wait_answer(100)), 21));
}

Test(nanny_setup, source_that_does_not_compile_shows_the_compilers_words)
{
    struct answer *a;

    nurse();
    set_up_source(10, "long part(long x) { return nonsense; }\n");
    a = refused(10, PAR_SETUP_FAILED);
    cr_assert(strstr(words(a), "part.c:1:") != NULL, "%s", words(a));
    cr_assert(strstr(words(a), "nonsense") != NULL, "%s", words(a));
}

Test(nanny_setup, missing_symbol_is_named)
{
    struct answer *a;

    nurse();
    set_up_source(10, "long other(long x) { return x; }\n");
    a = refused(10, PAR_SETUP_FAILED);
    cr_assert(strstr(words(a), "part") != NULL, "%s", words(a));
}

Test(nanny_setup, worker_without_a_compiler_says_so)
{
    struct answer *a;

    mkdir(scratch_path("bin"), 0700);
    setenv("PATH", scratch_path("bin"), 1);
    nurse();
    set_up_source(10, "long part(long x) { return x; }\n");
    a = refused(10, PAR_SETUP_FAILED);
    cr_assert(strstr(words(a), "no C compiler") != NULL, "%s", words(a));
}

Test(nanny_setup, compiler_that_does_not_end_is_ended)
{
    char path[600];
    struct answer *a;

    mkdir(scratch_path("bin"), 0700);
    scratch_write("bin/cc", 0700,
                  "#!/bin/sh\ntouch \"$0.begun\"\nexec /bin/sleep 30003\n");
    snprintf(path, sizeof path, "%s:%s", scratch_path("bin"), getenv("PATH"));
    setenv("PATH", path, 1);
    nurse();
    set_up_source(10, "long part(long x) { return x; }\n");
    WAIT_FOR(access(scratch_path("bin/cc.begun"), F_OK) == 0);
    nanny_turn(nanny, clock_ms() + 121 * 1000);
    a = refused(10, PAR_SETUP_FAILED);
    cr_assert(eq(str, words(a), "the compiler took longer than 120 s"));
}

Test(nanny_setup, what_was_compiled_once_is_not_compiled_again)
{
    FILE *f;

    /* A compiler that counts. */
    mkdir(scratch_path("bin"), 0700);
    f = fopen(scratch_path("bin/cc"), "w");
    fprintf(f, "#!/bin/sh\necho once >>%s\nexec /usr/bin/gcc \"$@\"\n",
            scratch_path("count"));
    fclose(f);
    chmod(scratch_path("bin/cc"), 0755);
    char path[600];
    snprintf(path, sizeof path, "%s:%s", scratch_path("bin"), getenv("PATH"));
    setenv("PATH", path, 1);
    nurse();
    set_up_source(10, "long part(long x) { return 2 * x; }\n");
    ready(10);
    say(WIRE_CLOSE, 11, HANDLE);
    ready(11);
    set_up_source(12, "long part(long x) { return 2 * x; }\n");
    ready(12);
    cr_assert(eq(str, (char *)scratch_read(scratch_path("count")), "once\n"));
}

/* ---- call ---- */

static void say_call(enum wire_type type,
                     uint64_t id,
                     const char *function,
                     const char *word,
                     const void *manifest,
                     size_t len)
{
    struct meta_writer w = {0}, args = {0};

    meta_put_array(&args, 1);
    meta_put_str(&args, word);
    meta_put_map(&w, 1);
    meta_put_uint(&w, 16);
    meta_put_array(&w, 2);
    meta_put_str(&w, function);
    meta_put_bin(&w, args.data, args.len);
    say_item(type, id, HANDLE, 0, &w, manifest, len);
    meta_writer_clear(&args);
    meta_writer_clear(&w);
}

Test(nanny_setup, call_runs_once_and_its_failure_is_the_answer)
{
    struct bundle_file file;
    struct bundle_draft d = object_draft(&file);
    struct meta_writer manifest = {0};
    struct answer *a;
    struct meta_reader r;
    struct meta_value v;

    nurse();
    cr_assert(eq(int, bundle_encode(&manifest, &d, NULL), 0));
    say_call(WIRE_SETUP, 10, "greet", "hello", manifest.data, manifest.len);
    ready(10);
    learn_functions(find_answer(10));
    run0(100, "history");
    a = wait_answer(100);
    r = meta_read(a->data, a->len);
    cr_assert(meta_next(&r, &v));
    cr_assert(strstr((const char *)v.data, "hello") != NULL);
    say_call(WIRE_SETUP, 11, "greet", "", manifest.data, manifest.len);
    cr_assert(strstr(words(refused(11, PAR_SETUP_FAILED)), "say something") !=
              NULL);
    RUN(101, "add", 1, 2);
    cr_assert(eq(i64, value(wait_answer(101)), 3), "it is still set up");
    say_call(WIRE_SETUP, 12, "greet", "again", manifest.data, manifest.len);
    ready(12);
    meta_writer_clear(&manifest);
}

/* ---- close ---- */

Test(nanny_setup, DI_09_close_removes_the_files_and_then_answers)
{
    nurse();
    set_up();
    run0(100, "cwd");
    struct answer *a = wait_answer(100);
    char folder[512];
    struct meta_reader r = meta_read(a->data, a->len);
    struct meta_value v;

    cr_assert(meta_next(&r, &v));
    snprintf(folder, sizeof folder, "%.*s", (int)v.len, v.data);
    cr_assert(eq(int, access(folder, F_OK), 0));
    say(WIRE_CLOSE, 11, HANDLE);
    ready(11);
    cr_assert(eq(int, access(folder, F_OK), -1));
    say(WIRE_PING, 12, HANDLE);
    refused(12, PAR_UNKNOWN_HANDLE);
    RUN(101, "add", 1, 1);
    cr_assert(eq(uint, wait_answer(101)->status, PAR_UNKNOWN_HANDLE));
}

Test(nanny_setup, DI_10_close_without_cleanup_leaves_the_files)
{
    struct bundle_file file;
    struct bundle_draft d = object_draft(&file);
    char folder[512];
    struct meta_reader r;
    struct meta_value v;
    struct answer *a;

    d.keep_files = true;
    nurse();
    say_setup(10, HANDLE, &d);
    ready(10);
    learn_functions(find_answer(10));
    run0(100, "cwd");
    a = wait_answer(100);
    r = meta_read(a->data, a->len);
    cr_assert(meta_next(&r, &v));
    snprintf(folder, sizeof folder, "%.*s", (int)v.len, v.data);
    say(WIRE_CLOSE, 11, HANDLE);
    ready(11);
    cr_assert(eq(int, access(folder, F_OK), 0));
}

Test(nanny_setup, DI_11_close_of_what_is_unknown_is_told)
{
    nurse();
    say(WIRE_CLOSE, 11, 77);
    refused(11, PAR_UNKNOWN_HANDLE);
}

Test(nanny_setup, DI_12_drain_delivers_what_runs)
{
    nurse();
    set_up();
    RUN(100, "nap", 200);
    WAIT_FOR(started == 1);
    say(WIRE_CLOSE, 11, HANDLE);
    RUN(101, "nap", 0);
    cr_assert(eq(uint, wait_answer(101)->status, PAR_CLOSING));
    cr_assert(eq(ptr, find_answer(11), NULL));
    ready(11);
    cr_assert(eq(uint, wait_answer(100)->status, PAR_OK));
}

Test(nanny_setup, DI_13_terminate_kills_what_runs)
{
    nurse();
    set_up();
    RUN(100, "nap", 60000);
    RUN(101, "nap", 60000);
    RUN(102, "nap", 60000);
    WAIT_FOR(started == 2);
    say_pair(WIRE_CLOSE, 11, HANDLE, 26, 1);
    ready(11);
    for (uint64_t id = 100; id < 103; id++)
        cr_assert(eq(uint, wait_answer(id)->status, PAR_CANCELLED));
    cr_assert(eq(uint, find_answer(102)->executed, WIRE_NOT_EXECUTED));
}

Test(nanny_setup, closing_functions_run)
{
    struct answer *a;

    nurse();
    set_up();
    run0(100, "overflow"); /* now slot_close will complain */
    wait_answer(100);
    say(WIRE_CLOSE, 11, HANDLE);
    a = refused(11, PAR_SETUP_FAILED);
    cr_assert(strstr(words(a), "that was too much") != NULL, "%s", words(a));
    say(WIRE_PING, 12, HANDLE);
    refused(12, PAR_UNKNOWN_HANDLE); /* closed nevertheless */
}

static void set_up_notes(void)
{
    static const char source[] =
        "#include <par/task.h>\n#include <stdio.h>\n"
        "static int note(const char *w)\n"
        "{ FILE *f = fopen(\"%s\", \"a\"); fputs(w, f); fclose(f); return 0; "
        "}\n"
        "static int f(struct par_task *t) { return par_put_int(t, 1); }\n"
        "PAR_FUNCTION(f, \":i\")\n"
        "static int c(struct par_task *t) { (void)t; return note(\"client \"); "
        "}\n"
        "PAR_CLIENT_CLOSE(c)\n"
        "static int s(struct par_task *t) { (void)t; return note(\"slot \"); "
        "}\n"
        "PAR_SLOT_CLOSE(s)\n"
        "static int h(struct par_task *t) { (void)t; return note(\"host \"); "
        "}\n"
        "PAR_HOST_CLOSE(h)\n"
        "static int m(struct par_task *t) { (void)t; return 0; }\n"
        "PAR_CLIENT_SETUP(m)\n";
    static char text[2000];
    struct bundle_file file;
    struct bundle_draft d = draft_of(BUNDLE_SOURCE, &file, 1);

    snprintf(text, sizeof text, source, scratch_path("notes"));
    file = serve("n.c", text, strlen(text));
    say_setup(10, HANDLE, &d);
    ready(10);
    learn_functions(find_answer(10));
    run0(100, "f");
    wait_answer(100);
}

Test(nanny_setup, RP_06_draining_worker_runs_the_closing_functions)
{
    nurse();
    set_up_notes();
    nanny_drain(nanny, clock_ms());
    WAIT_FOR(nanny_state(nanny) == NANNY_ENDED && goodbyes == 2);
    cr_assert(eq(str, (char *)notes(), "client slot host "));
}

Test(nanny_setup, worker_that_is_killed_does_not_wait_for_closing_functions)
{
    nurse();
    set_up_notes();
    nanny_kill(nanny, clock_ms());
    WAIT_FOR(nanny_state(nanny) == NANNY_ENDED);
    cr_assert(eq(str, (char *)notes(), ""));
}

Test(nanny_setup, close_while_it_is_set_up_ends_that)
{
    static const char source[] = "#include <par/task.h>\n#include <unistd.h>\n"
                                 "static int prepare(struct par_task *t)\n"
                                 "{ (void)t; sleep(600); return 0; }\n"
                                 "PAR_HOST_SETUP(prepare)\n";
    struct bundle_file file = serve("p.c", source, sizeof source - 1);
    struct bundle_draft d = draft_of(BUNDLE_SOURCE, &file, 1);

    nurse();
    say_setup(10, HANDLE, &d);
    say(WIRE_PING, 1, 0);
    wait_answer(1);
    say(WIRE_CLOSE, 11, HANDLE);
    refused(10, PAR_CANCELLED);
    ready(11);
}

/* ---- while all slots are busy ---- */

Test(nanny_setup, a_long_job_does_not_hold_up_a_set_up)
{
    struct bundle_file file = serve("f", "f", 1);
    struct bundle_draft d = draft_of(BUNDLE_EXEC, &file, 1);
    struct bundle_file object;
    struct bundle_draft other = object_draft(&object);

    options.slots = 1;
    nurse();
    say_setup(10, HANDLE, &d);
    ready(10);
    COMMAND(100, "sleep", "60");
    WAIT_FOR(started == 1);
    say_setup(11, HANDLE + 1, &other);
    ready(11);
    say(WIRE_CANCEL, 100, 2);
    wait_answer(100);
}

Test(nanny_setup, DI_07_two_of_one_name_do_not_mix)
{
    static const char *const sources[] = {
        "#include <par/task.h>\nstatic int f(struct par_task *t)\n"
        "{ return par_put_int(t, 1); }\nPAR_FUNCTION(f, \":i\")\n",
        "#include <par/task.h>\nstatic int f(struct par_task *t)\n"
        "{ return par_put_int(t, 2); }\nPAR_FUNCTION(f, \":i\")\n"};

    options.slots = 1;
    nurse();
    for (uint32_t i = 0; i < 2; i++) {
        struct bundle_file file = serve("f.c", sources[i], strlen(sources[i]));
        struct bundle_draft d = draft_of(BUNDLE_SOURCE, &file, 1);

        say_setup(10 + i, HANDLE + i, &d);
        ready(10 + i);
    }
    for (uint64_t id = 100; id < 106; id++) {
        begin_runs_at(id, (uint64_t)(HANDLE + id % 2) << 32);
        add_args(0, NULL);
        end_runs();
    }
    for (uint64_t id = 100; id < 106; id++)
        cr_assert(eq(i64, value(wait_answer(id)), (int64_t)(1 + id % 2)));
}
