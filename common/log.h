/* log.h - one line an event, on stderr, for people and for grep
 *
 * A line is `time level program: text key=value ...`.  Silent by default
 * below LOG_WARN: a run without errors leaves stderr empty.
 */
#ifndef PAR_LOG_H
#define PAR_LOG_H

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* `program` must outlive the process; call before any thread starts. */
void log_open(const char *program, enum log_level level);

/* Thread-safe: one write(2) a line.  Control characters are escaped, so what
 * a peer sends cannot forge a line. */
void log_line(enum log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

enum log_level log_level(void);

#endif
