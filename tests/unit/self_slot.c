/* self_slot.c - a program that sends its own functions; for test_slot_self.c */
#include <par/client.h>
#include <par/task.h>
#include <stdio.h>
#include <stdlib.h>

static int triple(struct par_task *t)
{
    return par_put_int(t, 3 * par_int(t, 0));
}
PAR_FUNCTION(triple, "i:i")

static int mark(struct par_task *t)
{
    return par_put_bool(t, getenv("PAR_SLOT_FD") != NULL);
}
PAR_FUNCTION(mark, ":o")

int main(int argc, char **argv)
{
    par_main(&argc, &argv);
    puts("not a slot");
    return 7;
}
