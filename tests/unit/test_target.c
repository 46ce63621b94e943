/* test_target.c - what the first word of run and map names */
#include "config.h"

#include "client/target.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <errno.h>
#include <string.h>

#include "scratch.h"

static struct target t;
static struct par_error err;

static void enter(void)
{
    scratch_make();
    cr_assert(eq(int, chdir(scratch), 0));
}

static void leave(void)
{
    target_drop(&t);
    scratch_remove();
}

TestSuite(target, .init = enter, .fini = leave, .timeout = 10);

static void parse(const char *word)
{
    target_drop(&t);
    cr_assert(eq(int, target_parse(&t, word), 0));
}

Test(target, a_file_is_set_up_by_content_a_name_is_found)
{
    scratch_write("primes.c", 0644, "");
    parse("primes.c:count");
    cr_assert(eq(int, t.is_command, false));
    cr_assert(eq(str, t.file, "primes.c"));
    cr_assert(eq(str, (char *)t.function, "count"));
    cr_assert(eq(int, t.by_content, true));
    parse("other.c:count");
    cr_assert(eq(int, t.by_content, false));
    parse("./other.c:count");
    cr_assert(eq(int, t.by_content, true), "a path is meant as a file");
    parse("app@2:count");
    cr_assert(eq(int, t.is_command, false));
}

Test(target, anything_else_is_a_command)
{
    static const char *const commands[] = {
        "make",     "http://x/y", "echo a:b",      "a:",   ":f", "a:b:",
        "x 'a':b1", "host:80",    "sleep 1; a:b_", "f:a-b"};

    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        parse(commands[i]);
        cr_assert(eq(int, t.is_command, true), "%s", commands[i]);
    }
}

Test(target, a_file_may_be_called_anything)
{
    static const char *const names[] = {"a b.c",  "it's.c", "x$(id).c",
                                        "n\nl.c", "a:b.c",  "d e/f.c"};
    char word[64];

    cr_assert(eq(int, mkdir("d e", 0700), 0));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(word, sizeof word, "%s:count", names[i]);
        parse(word);
        cr_assert(eq(int, t.is_command, i<4 || i> 4), "%s", word);
        scratch_write(names[i], 0644, "");
        parse(word);
        cr_assert(eq(int, t.is_command, false), "%s", word);
        cr_assert(eq(str, t.file, (char *)names[i]));
        cr_assert(eq(int, t.by_content, true));
    }
}

Test(target, the_kind_is_read_from_the_file)
{
    scratch_write("a.c", 0644, "int x;");
    scratch_write("lib", 0644, "\177ELF and so on");
    scratch_write("a.py", 0644, "");
    scratch_write("a.txt", 0644, "");
    cr_assert(eq(str, (char *)target_kind("a.c", &err), "source"));
    cr_assert(eq(str, (char *)target_kind("lib", &err), "object"));
    cr_assert(eq(ptr, (void *)target_kind("a.py", &err), NULL));
    cr_assert(eq(int, err.code, ENOTSUP));
    cr_assert(eq(ptr, (void *)target_kind("a.txt", &err), NULL));
    cr_assert(eq(int, err.code, EINVAL));
    cr_assert(eq(ptr, (void *)target_kind("none.c", &err), NULL));
    cr_assert(eq(int, err.code, ENOENT));
}

Test(target, files_travel_below_the_run_directory)
{
    struct target_files files = {.count = 0};

    target_add_file(&files, "./prog", &err);
    target_add_file(&files, "lib/x.h", &err);
    target_add_file(&files, "../x.h", &err);
    target_add_file(&files, "/etc/y.h", &err);
    cr_assert(eq(str, (char *)files.all[0].path, "prog"));
    cr_assert(eq(str, (char *)files.all[0].source, "./prog"));
    cr_assert(eq(str, (char *)files.all[1].path, "lib/x.h"));
    cr_assert(eq(str, (char *)files.all[2].path, "x.h"));
    cr_assert(eq(str, (char *)files.all[3].path, "y.h"));
    cr_assert(eq(ptr, (void *)files.all[4].path, NULL));
}
