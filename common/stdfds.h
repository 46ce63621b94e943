/* stdfds.h - descriptors 0, 1 and 2 are what they should be
 *
 * A program that was started with one of them closed (`>&-`) gets it back from
 * its next open(2) or socket(2), and then writes its words into that.
 */
#ifndef PAR_COMMON_STDFDS_H
#define PAR_COMMON_STDFDS_H

/* First in main().  What is closed is then open and fails (EBADF) when it is
 * read, or written. */
void stdfds_fill(void);

#endif
