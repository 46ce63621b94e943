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

/* ... here, when it has done so.  The end of line_rest(), too. */
void line_polled(struct par_client *c);

/* Make the epoll that par_fd() gives out: of all that the pump would poll, and
 * of line_tell().  Without the descriptors for it there is none. */
void line_watch(struct par_client *c);

/* Tell who polls that epoll to look: there is news that made it readable no
 * more, or never did. */
void line_tell(struct par_client *c);

/* Something was sent.  That may have taken the edge of the fd of a socket that
 * has messages: then tell. */
void line_sent(struct par_client *c);

/* Who polls it looks now. */
void line_look(struct par_client *c);

/* Another thread polls, and takes in what has come: until then that shall not
 * wake who polls the epoll. */
void line_rest(struct par_client *c);

/* There are results, of which the thread that looks is told.  If others look as
 * well nobody knows whether they have heard of them: they are told as long as
 * the results are there. */
void line_share(struct par_client *c);

#endif
