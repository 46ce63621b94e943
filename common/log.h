/* log.h - one line an event, on stderr, for people and for grep
 *
 * A line is `time level program: text key=value ...`.  Silent until somebody
 * opens it: stderr belongs to the program, and a library leaves it alone.
 */
#ifndef PAR_COMMON_LOG_H
#define PAR_COMMON_LOG_H

enum log_level { LOG_NOTHING = -1, LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* `program` must outlive the process; call before any thread starts. */
void log_open(const char *program, enum log_level level);

/* Log at least this much, as the program or as `par'; from any thread. */
void log_raise(enum log_level level);

/* Thread-safe: one write(2) a line.  Control characters are escaped, so what
 * a peer sends cannot forge a line. */
void log_line(enum log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

enum log_level log_level(void);

#endif
