/* self.c - a program that sends its own functions (kind self)
 *
 * Plain main(), because par_main() has to come first in it; one process runs
 * it three times: as itself, from a file that is gone, and as the slots.
 */
#include "config.h"

#include <par/client.h>
#include <par/task.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MANY = 20000 };

static int failed;

/* What the library said last. */
static struct par_error err;

static void expect(bool met, const char *what)
{
    if (!met) {
        failed++;
        printf("FAIL: %s (%s)\n", what, err.text);
    }
    err = (struct par_error){0};
}

/* ---- what runs elsewhere ---- */

static int twice(struct par_task *t)
{
    return par_put_int(t, 2 * par_int(t, 0));
}
PAR_FUNCTION(twice, "x:i->i")

static int sum(struct par_task *t)
{
    return par_put_int(t, par_int(t, 0) + par_int(t, 1));
}
PAR_FUNCTION(sum, "ii:i")

static int where(struct par_task *t)
{
    return par_put_int(t, getpid());
}
PAR_FUNCTION(where, ":i")

static int refuse(struct par_task *t)
{
    return par_throw(t, 3, "text of expected failure");
}
PAR_FUNCTION(refuse, ":n")

static int die(struct par_task *t)
{
    (void)t;
    _exit(42);
}
PAR_FUNCTION(die, ":n")

/* Where our folder is, not the slot's. */
static char closed[512];

static int note_place(struct par_task *t)
{
    snprintf(closed, sizeof closed, "%s", par_str(t, 0));
    return par_put_nil(t);
}
PAR_FUNCTION(note_place, "path:s->n")

static int close_slot(struct par_task *t)
{
    (void)t;
    if (*closed)
        close(open(closed, O_CREAT | O_CLOEXEC, 0600));
    return 0;
}
PAR_SLOT_CLOSE(close_slot)

/* ---- what is asked of it ---- */

static int next(void *context, uint64_t index, struct par_value *args)
{
    (void)context;
    args[0] = par_value_int((int64_t)index);
    return index < MANY ? 1 : -1;
}

static int each(void *context, uint64_t index, const struct par_result *r)
{
    uint64_t *seen = context;

    if (index == *seen && par_result_int(r) == 2 * (int64_t)index)
        ++*seen;
    return 0;
}

/* One call of this function; its value, if that is an integer, in *value. */
static int call(struct par_client *c,
                const char *name,
                const struct par_value *args,
                size_t count,
                int64_t *value)
{
    struct par_function f;
    struct par_result r;

    if (par_self(c, name, &f, &err) || par_call(c, &f, args, count, &r, &err))
        return -1;
    *value = par_result_int(&r);
    par_result_clear(&r);
    return 0;
}

static void calls(struct par_client *c)
{
    int64_t n = 0;

    expect(call(c, "twice", PAR_ARGS(21), &n) == 0 && n == 42,
           "a call gives its value");
    expect(call(c, "twice", PAR_ARGS("x"), &n) == -1 &&
               strstr(err.text, "wants an integer"),
           "a wrong argument is refused");
    expect(call(c, "thrice", PAR_NO_ARGS, &n) == -1 &&
               strstr(err.text, "did you mean twice?"),
           "an unknown function is told what is near");
    expect(call(c, "where", PAR_NO_ARGS, &n) == 0 && n != getpid(),
           "it runs in another process"); /* TP-01 */
    expect(call(c, "refuse", PAR_NO_ARGS, &n) == -1 &&
               strcmp(err.text, "text of expected failure") == 0,
           "a failure brings its words"); /* RP-13 */
    expect(call(c, "die", PAR_NO_ARGS, &n) == -1 &&
               err.code == PAR_CODE(PAR_WORKER_LOST),
           "a function that exits is a lost slot");
}

static void maps(struct par_client *c)
{
    struct par_function f, add;
    struct par_result r;
    uint64_t seen = 0;
    struct par_map map = {
        .function = &f, .next = next, .each = each, .context = &seen};
    struct par_reduce reduce = {.map = map, .combine = &add};

    expect(par_self(c, "twice", &f, &err) == 0 &&
               par_self(c, "sum", &add, &err) == 0,
           "both functions are there");
    expect(par_map(c, &map, &err) == 0 && seen == MANY,
           "a map gives every value, in order");
    expect(par_map_reduce(c, &reduce, &r, &err) == 0 &&
               par_result_int(&r) == (int64_t)MANY * (MANY - 1),
           "a reduce combines them all");
    par_result_clear(&r);
}

static int check(void)
{
    /* The copy does not lie beside parspawn. */
    struct par_options o = {
        .private_broker = true, .slots = 2, .libexec = getenv("top_builddir")};
    struct par_client *c = par_open(NULL, &o, &err);
    char place[600];
    int64_t n;

    if (!c) {
        printf("FAIL: %s\n", err.text);
        return 1;
    }
    expect(par_is_private(c), "the broker is private");
    calls(c);
    maps(c);
    snprintf(place, sizeof place, "%s/closed", getenv("TMPDIR"));
    expect(call(c, "note_place", PAR_ARGS((const char *)place), &n) == 0,
           "it is told the place");
    par_close(c);
    expect(unlink(place) == 0, "closing functions run at its end");
    return failed > 0;
}

/* ---- a program whose file is gone (RP-36) ---- */

static int copy_self(const char *to)
{
    static char block[65536];
    int in = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    int out = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0700);
    ssize_t n;

    while ((n = read(in, block, sizeof block)) > 0)
        if (write(out, block, (size_t)n) != n)
            return -1;
    close(in);
    close(out);
    return (int)n;
}

int main(int argc, char **argv)
{
    par_main(&argc, &argv);
    if (argc > 1) {
        unlink(argv[0]);
        return check();
    }
    if (check())
        return 1;
    if (copy_self("copy")) {
        puts("FAIL: no copy could be made");
        return 1;
    }
    execl("./copy", "./copy", "again", (char *)NULL);
    return 1;
}
