/* script.c - put variables at the places of a script */
#include "config.h"

#include "script.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "meta.h"
#include "places.h"
#include "shell.h"

struct script {
    struct meta_writer out;
    unsigned places;
    unsigned numbers; /* of those: in arithmetic */
    bool refused;
};

static const char *const variables[PLACES] = {"par_input",    "par_stem",
                                              "par_name",     "par_folder",
                                              "par_namestem", "par_number"};

static void put(struct script *s, const char *text)
{
    meta_put_raw(&s->out, text, strlen(text));
}

static void put_variable(struct script *s, size_t place, const struct shell *sh)
{
    enum shell_site site = shell_site(sh);
    bool number = shell_computes(sh);
    bool split = site == SHELL_SPLIT && !number;

    put(s, site == SHELL_SINGLE ? "'\"" : split ? "\"" : "");
    put(s, "${");
    put(s, variables[place]);
    put(s, "}");
    put(s, site == SHELL_SINGLE ? "\"'" : split ? "\"" : "");
    s->refused |= site == SHELL_LITERAL;
    s->places |= 1u << place;
    s->numbers |= (unsigned)number << place;
}

/* One step that is no place. */
static void put_text(struct script *s, struct shell *sh)
{
    const char *from = sh->p;
    enum shell_site site = shell_site(sh);

    shell_step(sh);
    /* A dollar sign that is not the shell's, as ${} is nothing there, or a
     * backslash that is one: it would not be, before a variable. */
    if (sh->p - from == 1 && strchr("$\\", *from) && place_at(sh->p) < PLACES &&
        site != SHELL_SINGLE && site != SHELL_LITERAL)
        put(s, "\\");
    meta_put_raw(&s->out, from, (size_t)(sh->p - from));
}

/* `par_input=$1 par_number=$2; shift 2; ' */
static char *with_values(const struct script *s)
{
    char head[200];
    size_t n = 0;
    int count = 0;
    char *script;

    for (size_t i = 0; i < PLACES; i++)
        if (s->places & 1u << i)
            n += (size_t)snprintf(head + n, sizeof head - n, "%s=$%d ",
                                  variables[i], ++count);
    if (count)
        snprintf(head + n - 1, sizeof head - n + 1, "; shift %d; ", count);
    else
        head[0] = '\0';
    if (s->out.failed || asprintf(&script, "%s%.*s", head, (int)s->out.len,
                                  (const char *)s->out.data) < 0) {
        errno = ENOMEM;
        return NULL;
    }
    return script;
}

char *script_make(const char *line, unsigned *places, unsigned *numbers)
{
    struct script s = {0};
    struct shell sh;
    char *script = NULL;

    if (shell_begin(&sh, line))
        return NULL;
    while (*sh.p) {
        size_t place = place_at(sh.p);

        if (place == PLACES) {
            put_text(&s, &sh);
            continue;
        }
        put_variable(&s, place, &sh);
        shell_step(&sh);
    }
    *places = s.places;
    *numbers = s.numbers;
    if (s.refused)
        errno = EINVAL;
    else
        script = with_values(&s);
    meta_writer_clear(&s.out);
    shell_clear(&sh);
    return script;
}
