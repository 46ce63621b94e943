/* document.h - a here-document of a shell script: how it begins, and ends */
#ifndef PAR_CLIENT_DOCUMENT_H
#define PAR_CLIENT_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>

struct document {
    const char *end; /* the word that ends it: in the script, with its quotes */
    size_t len;
    bool indented; /* <<-: tabs before its lines mean nothing */
    bool quoted;   /* nothing is filled in */
};

/* Read what begins with `<<', and return how many octets that is.  There is no
 * document in it if len is 0. */
size_t document_read(struct document *d, const char *p);

/* The end of this line, if the document ends with it; else NULL. */
const char *document_end(const struct document *d, const char *line);

#endif
