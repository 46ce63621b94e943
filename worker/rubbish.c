/* rubbish.c - a removal for the disk thread that has all the time */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "disk.h"
#include "rmtree.h"
#include "rubbish.h"

struct rubbish {
    struct disk_work work; /* first */
    char folder[];
};

static int run(struct disk_work *w, struct par_error *err)
{
    (void)err;
    rmtree(((struct rubbish *)(void *)w)->folder);
    return 0;
}

static void done(struct disk_work *w, int result, const struct par_error *err)
{
    (void)result;
    (void)err;
    free(w);
}

void rubbish_remove(struct disk *d, const char *folder)
{
    size_t size = strlen(folder) + 1;
    struct rubbish *r = calloc(1, sizeof *r + size);

    if (!r)
        return;
    r->work.run = run;
    r->work.done = done;
    memcpy(r->folder, folder, size);
    disk_post(d, DISK_REMOVAL, &r->work);
}
