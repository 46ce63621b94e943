/* decimal.c - floats as text, with a point whatever the program's locale */
#include "config.h"

#include "decimal.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The decimal point of the locale may be a comma, or several octets. */
static void put_point(char *text)
{
    static const char plain[] = "+-0123456789e";
    char *point = text + strspn(text, plain);
    size_t len = strcspn(point, plain);

    if (len == 0)
        return;
    *point = '.';
    memmove(point + 1, point + len, strlen(point + len) + 1);
}

void decimal_write(char text[DECIMAL_TEXT], double f)
{
    /* Where 15 digits are enough, %g drops those that say nothing; only the
     * numbers below DBL_MIN are less precise than that. */
    int digits = fabs(f) < DBL_MIN ? 1 : DBL_DIG;

    if (!isfinite(f)) {
        strcpy(text, isnan(f) ? "nan" : f < 0 ? "-inf" : "inf");
        return;
    }
    for (; digits <= DBL_DECIMAL_DIG; digits++) {
        snprintf(text, DECIMAL_TEXT, "%.*g", digits, f);
        if (strtod(text, NULL) == f)
            break;
    }
    put_point(text);
}

double decimal_read(const char *text, char **end)
{
    /* It is built in: it costs no memory, and cannot fail. */
    locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    double f = strtod_l(text, end, plain);

    freelocale(plain);
    return f;
}
