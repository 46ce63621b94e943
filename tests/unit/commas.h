/* commas.h - a locale that writes numbers with a comma, for tests that must
 * not care; between scratch_make() and scratch_remove() */
#ifndef PAR_TESTS_UNIT_COMMAS_H
#define PAR_TESTS_UNIT_COMMAS_H

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#include "scratch.h"

/* Few systems have one installed, so make one: of an alphabet of 128 letters,
 * which takes no time.  Skips the test where that cannot be done. */
static inline void use_commas(void)
{
    const char *source = scratch_write("source", 0600,
                                       "LC_NUMERIC\n"
                                       "decimal_point \",\"\n"
                                       "thousands_sep \"\"\n"
                                       "grouping -1\n"
                                       "END LC_NUMERIC\n");
    char command[3 * PATH_MAX];

    snprintf(command, sizeof command,
             "localedef -c -f ANSI_X3.4-1968 -i %s %s >/dev/null 2>&1", source,
             scratch_path("commas"));
    setenv("LOCPATH", scratch, 1);
    if (system(command) == -1 || !setlocale(LC_NUMERIC, "commas"))
        cr_skip_test("no locale with a comma can be made");
}

#endif
