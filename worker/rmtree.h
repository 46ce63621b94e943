/* rmtree.h - remove a folder that somebody else has filled
 *
 * Nothing outside is touched whatever is inside: no symbolic link is followed
 * and no other file system entered.  Folders without permissions are given
 * some; depth costs neither stack nor descriptors.
 */
#ifndef PAR_WORKER_RMTREE_H
#define PAR_WORKER_RMTREE_H

/* Remove what is in the folder that `fd` has open.  Returns 0 when it is
 * empty, else -1 with the errno of something that stayed; the rest is gone. */
int rmtree_clear(int fd);

/* The same by path, and the folder itself. */
int rmtree(const char *path);

#endif
