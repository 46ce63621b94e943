/* status.h - answers to STATUS: rows of maps with text keys */
#ifndef PAR_STATUS_H
#define PAR_STATUS_H

#include "engine.h"

/* looked: how many jobs or targets that took to look at */
int status_rows(struct broker *b,
                const struct peer *asker,
                const char *what,
                uint64_t limit,
                struct meta_writer *rows,
                uint64_t *looked,
                struct par_error *err);

#endif
