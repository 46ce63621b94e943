/* shell.h - how a shell reads a script: its quotes, brackets and here-documents
 *
 * Step by step; a place of places.h is a step of its own, and in the eyes of
 * the shell a part of a word.
 */
#ifndef PAR_CLIENT_SHELL_H
#define PAR_CLIENT_SHELL_H

#include <stdbool.h>
#include <stddef.h>

struct shell_open;
struct document;

struct shell {
    const char *p; /* what comes next */
    const char *script;
    const char *word;        /* where that began which goes on here, or NULL */
    struct shell_open *open; /* all have room for what the script has octets */
    size_t depth;
    struct document *documents; /* announced */
    size_t announced;
    bool *groups;  /* what is inside of (( from this octet on is commands */
    bool is_wrong; /* one of those was taken for arithmetic */
};

/* At the beginning of a script, which must stay.  -1: out of memory. */
int shell_begin(struct shell *sh, const char *script);

void shell_clear(struct shell *sh);

/* Pass over one thing.  Not at the end. */
void shell_step(struct shell *sh);

enum shell_site {
    SHELL_SPLIT,  /* a variable without quotes becomes words */
    SHELL_WHOLE,  /* a variable is filled in and stays what it is */
    SHELL_SINGLE, /* in single quotes: it is none */
    SHELL_LITERAL /* in a document whose end is quoted: nor can it be one */
};

/* Of what comes next. */
enum shell_site shell_site(const struct shell *sh);

/* Does it stand in arithmetic?  Commands in there do not: what they print does,
 * and is not looked at. */
bool shell_computes(const struct shell *sh);

#endif
