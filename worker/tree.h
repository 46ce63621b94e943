/* tree.h - every process below this one
 *
 * A subreaper (prctl(2), PR_SET_CHILD_SUBREAPER) is the parent of whatever its
 * descendants leave behind, so all that its children ever started is below it,
 * whatever group, session or double fork they used to get away.
 */
#ifndef PAR_WORKER_TREE_H
#define PAR_WORKER_TREE_H

#include <stddef.h>
#include <sys/types.h>

/* Can this kernel tell us who is below (/proc, CONFIG_PROC_CHILDREN)? */
int tree_is_visible(void);

/* Send `sig` to every process below this one, apart from those of `group` (0:
 * none; they have been told as a group) and apart from the children that
 * `spare` lists, with all below them.  Returns how many were found.
 *
 * With SIGKILL nobody escapes one call but into our own list of children: a
 * process is killed before its children are listed, and once SIGKILL is
 * pending the kernel lets no fork of it complete, so the list is final; what
 * its death leaves behind becomes our child.  Call again until wait(2) says
 * ECHILD.
 *
 * A pid could be taken by somebody else between its listing and its signal
 * only if its parent reaped it and all other pids were used up in those few
 * microseconds. */
size_t tree_signal(int sig, pid_t group, const pid_t *spare, size_t spared);

#endif
