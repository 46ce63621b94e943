/* say.h - words to the user: "par: ..." on stderr, a line each
 *
 * From any thread; the progress line makes way.
 */
#ifndef PAR_CLIENT_SAY_H
#define PAR_CLIENT_SAY_H

void cli_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
