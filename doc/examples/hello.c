/* hello.c - a program that runs its own functions elsewhere
 *
 *     cc hello.c -o hello $(pkg-config --cflags --libs par)
 *     ./hello
 *
 * It needs no broker: par_open() finds the local one, or starts a private one
 * inside this process.  Its functions run in processes of their own, or on
 * any host whose worker the broker knows.
 */
#include <par/client.h>
#include <par/task.h>
#include <stdio.h>

static int area(struct par_task *t)
{
    return par_put_int(t, par_int(t, 0) * par_int(t, 1));
}
PAR_FUNCTION(area, "w:i,h:i->i")

int main(int argc, char **argv)
{
    struct par_error err = {0};
    struct par_function there;
    struct par_client *c;
    struct par_result r;

    par_main(&argc, &argv);
    c = par_open(NULL, NULL, &err);
    if (!c || par_self(c, "area", &there, &err) ||
        par_call(c, &there, PAR_ARGS(6, 7), &r, &err)) {
        fprintf(stderr, "hello: %s\n", err.text);
        par_close(c);
        return 1;
    }
    printf("%lld\n", (long long)par_result_int(&r));
    par_result_clear(&r);
    par_close(c);
    return 0;
}
