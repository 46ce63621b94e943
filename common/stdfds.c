/* stdfds.c - /dev/null in the place of each that is closed */
#include "config.h"

#include "stdfds.h"

#include <fcntl.h>
#include <unistd.h>

void stdfds_fill(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            /* The lowest that is free, so this one; for the wrong direction. */
            (void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}
