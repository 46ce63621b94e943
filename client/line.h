/* line.h - the link of a handle: who watches it, and its end */
#ifndef PAR_CLIENT_LINE_H
#define PAR_CLIENT_LINE_H

#include "handle.h"

/* This is the link from now on (NULL: there is none).  What par_fd() gave out
 * watches it too. */
void line_begin(struct par_client *c, struct link_client *link);

/* There is none any more; nothing waits for what was not sent.  If another
 * thread polls it, that one closes it ... */
void line_end(struct par_client *c);

/* ... here, when it has done so. */
void line_polled(struct par_client *c);

/* An epoll of all that the pump would poll; -1: none could be made. */
int line_watch(const struct par_client *c);

#endif
