/* decimal.h - floats as text, with a point whatever the program's locale */
#ifndef PAR_COMMON_DECIMAL_H
#define PAR_COMMON_DECIMAL_H

enum { DECIMAL_TEXT = 32 }; /* octets, enough for any of them */

/* The shortest that reads back the same; "nan", "inf" and "-inf" are what they
 * are called. */
void decimal_write(char text[DECIMAL_TEXT], double f);

/* As strtod() in the C locale. */
double decimal_read(const char *text, char **end);

#endif
