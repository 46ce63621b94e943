/* inputs.c - words split at the marks; lines read with getline(3) */
#include "config.h"

#include "inputs.h"

#include <errno.h>
#include <string.h>

static bool is_mark(const char *word)
{
    return strcmp(word, ":::") == 0 || strcmp(word, "::::") == 0 ||
           strcmp(word, ":::+") == 0 || strcmp(word, "::::+") == 0;
}

int inputs_open(struct inputs *in,
                const char *const *words,
                size_t count,
                size_t *templates,
                struct par_error *err)
{
    size_t n = 0;

    *in = (struct inputs){0};
    while (n < count && !is_mark(words[n]))
        n++;
    *templates = n;
    if (n == count) {
        in->file = stdin;
        in->file_name = "standard input";
        return 0;
    }
    in->are_files = strcmp(words[n], "::::") == 0;
    if (!in->are_files && strcmp(words[n], ":::") != 0)
        return par_fail(err, EINVAL, "`%s' is not built yet", words[n]);
    in->words = words + n + 1;
    in->count = count - n - 1;
    for (size_t i = 0; i < in->count; i++)
        if (is_mark(in->words[i]))
            return par_fail(err, EINVAL,
                            "a second `%s' is not built yet: one list of "
                            "inputs is",
                            in->words[i]);
    return 0;
}

static void close_file(struct inputs *in)
{
    if (in->file && in->file != stdin)
        fclose(in->file);
    in->file = NULL;
}

/* The next file of the list; 0 when there is none. */
static int open_next(struct inputs *in, struct par_error *err)
{
    if (!in->are_files || in->count == 0)
        return 0;
    in->file_name = *in->words++;
    in->number = 0;
    in->count--;
    in->file =
        strcmp(in->file_name, "-") == 0 ? stdin : fopen(in->file_name, "re");
    if (!in->file)
        return par_fail(err, errno, "%s: %s", in->file_name, strerror(errno));
    return 1;
}

static int next_line(struct inputs *in,
                     const char **value,
                     struct par_error *err)
{
    for (;;) {
        ssize_t n;
        int rc;

        if (!in->file) {
            rc = open_next(in, err);
            if (rc <= 0)
                return rc;
        }
        errno = 0;
        n = getline(&in->line, &in->size, in->file);
        if (n < 0 && ferror(in->file))
            return par_fail(err, errno, "%s: %s", in->file_name,
                            strerror(errno));
        if (n < 0) {
            close_file(in);
            continue;
        }
        in->number++;
        if (n > 0 && in->line[n - 1] == '\n')
            in->line[--n] = '\0';
        if (strlen(in->line) != (size_t)n)
            return par_fail(err, EINVAL, "%s: line %llu holds a zero octet",
                            in->file_name, (unsigned long long)in->number);
        *value = in->line;
        return 1;
    }
}

int inputs_next(struct inputs *in, const char **value, struct par_error *err)
{
    if (in->file || in->are_files)
        return next_line(in, value, err);
    if (in->count == 0)
        return 0;
    *value = *in->words++;
    in->count--;
    return 1;
}

uint64_t inputs_count(const struct inputs *in)
{
    return in->words && !in->are_files ? in->count : UINT64_MAX;
}
