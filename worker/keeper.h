/* keeper.h - the process that holds what one slot has started
 *
 *            START               first exits         nothing is left
 *   IDLE -----------> ALIVE -----------------> LEFT -----------------> IDLE
 *     (it cannot be started:      EXITED                  EMPTY
 *      FAILED, and stays IDLE)
 *
 * It is forked by parspawn, is the subreaper of all that its orders start, and
 * so sees every end.  KILL with SIGKILL sweeps the tree again and again until
 * wait(2) says that nobody is left; so does the end of file on its socket (the
 * nanny is gone) or on the lifeline (parspawn is gone), and then it ends, too.
 *
 * Nobody survives the death of any one of these processes:
 *   the nanny, or its program   sockets close; parspawn holds a pidfd of the
 *                               nanny as well, for a program that forked has
 *                               copies of the sockets: it closes the lifeline
 *   parspawn                    the lifeline closes; its strays, if it was
 *                               just killing some, are the price of a second
 *                               death
 *   a keeper                    the process it started has a parent-death
 *                               signal; the others become parspawn's children,
 *                               which kills them
 *   a keeper that is stopped    parspawn sees that, and kills it
 * A job may send SIGKILL to all of them at once: it runs under the same user
 * id, and nothing but another user id or a namespace helps against that.
 */
#ifndef PAR_WORKER_KEEPER_H
#define PAR_WORKER_KEEPER_H

/* Serve, in a process of its own that blocks all signals.  `socket` is from
 * the nanny, `lifeline` the reading end of a pipe that parspawn holds.
 * Returns when both may be closed: nothing is left. */
void keeper_serve(int socket, int lifeline);

#endif
