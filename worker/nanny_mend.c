/* nanny_mend.c - files that somebody removed underfoot are fetched again
 *
 * A cache folder is one that may be removed, says whoever clears it away; a
 * worker that goes on for months must not be spoilt by that.
 */
#include "config.h"

#include <unistd.h>

#include "engine.h"
#include "log.h"
#include "nanny_mend.h"

static bool has_files(const struct comp *c)
{
    return access(c->folder, F_OK) == 0 &&
           (!c->object[0] || access(c->object, F_OK) == 0);
}

bool nanny_mend(struct nanny *n, struct comp *c)
{
    if (c->state != COMP_READY && c->state != COMP_STARTING)
        return false;
    if (!c->folder[0] || has_files(c))
        return false;
    log_line(LOG_WARN,
             "files of a computation were removed from %s: they are fetched "
             "again",
             n->run_dir);
    cache_mend(n->cache);
    rundir_mend(n->run_dir, n->run_fd);
    c->files_left = c->bundle.files;
    c->state = COMP_FETCHING;
    n->more = true;
    return true;
}
