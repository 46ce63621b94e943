/* test_nanny_build.c - a compiler that prints without end, or no more
 *
 * It holds nobody up.  The linker puts a function here between our code and
 * what it prints.
 */
#include "config.h"

#include <sys/stat.h>

#include "nursing.h"

enum { COMPILER_PIECE = 16 * 1024 }; /* no other pipe is read by so much */

static bool is_endless;                      /* what the compiler prints */
static bool has_been_read, has_been_read_up; /* that */

ssize_t __real_read(int fd, void *data, size_t len);
ssize_t __wrap_read(int fd, void *data, size_t len);

ssize_t __wrap_read(int fd, void *data, size_t len)
{
    struct stat st;
    ssize_t got;

    if (len != COMPILER_PIECE || fstat(fd, &st) || !S_ISFIFO(st.st_mode))
        return __real_read(fd, data, len);
    memset(data, 'x', len);
    got = is_endless ? (ssize_t)len : __real_read(fd, data, len);
    has_been_read |= got > 0;
    has_been_read_up |= got == 0;
    return got;
}

TestSuite(nanny_build,
          .init = nursing_open,
          .fini = nursing_close,
          .timeout = 60);

/* Let a compiler that never ends begin, and do this first. */
static void compile(const char *first)
{
    static const char source[] = "long part(long x) { return x; }\n";
    struct bundle_file file = serve("n.c", source, sizeof source - 1);
    struct bundle_draft d = {
        .name = "it", .kind = BUNDLE_SOURCE, .files = &file, .file_count = 1};
    char text[600];

    mkdir(scratch_path("bin"), 0700);
    snprintf(text, sizeof text, "#!/bin/sh\n%s\nexec sleep 30003\n", first);
    scratch_write("bin/cc", 0700, text);
    snprintf(text, sizeof text, "%s:%s", scratch_path("bin"), getenv("PATH"));
    setenv("PATH", text, 1);
    nurse();
    say_setup(SETUP_ID, HANDLE, &d);
}

static bool is_quiet(void)
{
    zmq_pollitem_t items[LINK_POLL + 1];
    int count = (int)nanny_poll(nanny, items, LINK_POLL + 1);

    return zmq_poll(items, count, 0) == 0;
}

Test(nanny_build, compiler_that_prints_without_end_holds_nobody_up)
{
    is_endless = true;
    compile("echo x");
    WAIT_FOR(has_been_read);
    say(WIRE_PING, 12, 0);
    wait_answer(12);
}

Test(nanny_build, compiler_that_has_closed_its_output_is_waited_for_in_peace)
{
    compile("exec >&- 2>&-");
    WAIT_FOR(has_been_read_up);
    WAIT_FOR(is_quiet());
}
