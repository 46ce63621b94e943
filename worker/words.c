/* words.c - the words of a command, and a folder with its files */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "beneath.h"
#include "meta.h"
#include "words.h"

enum { PIECE = 1024 * 1024 };

void words_free(char **words)
{
    for (size_t i = 0; words && words[i]; i++)
        free(words[i]);
    free(words);
}

static int add(char **words, size_t *n, const void *data, size_t len)
{
    words[*n] = strndup(data, len);
    return words[(*n)++] ? 0 : -1;
}

static int bad(struct par_error *err)
{
    return par_fail(err, EINVAL,
                    "a command's arguments are an array of 1 to %d strings "
                    "without zero octets",
                    WORDS_COUNT);
}

/* The payload's head: an array, or nothing at all. */
static int open_payload(const void *payload,
                        size_t len,
                        struct meta_reader *r,
                        size_t *count,
                        struct par_error *err)
{
    struct meta_value v;

    *count = 0;
    if (len == 0)
        return 0;
    if (!meta_check(payload, len))
        return bad(err);
    *r = meta_read(payload, len);
    if (!meta_next(r, &v) || v.kind != META_ARRAY || v.len > WORDS_COUNT)
        return bad(err);
    *count = v.len;
    return 0;
}

char **words_of(const struct bundle *b,
                const void *payload,
                size_t len,
                struct par_error *err)
{
    struct meta_reader argv = b->argv, r = {0};
    struct bundle_text text;
    struct meta_value v;
    size_t n = 0, count;
    char **words;

    if (open_payload(payload, len, &r, &count, err))
        return NULL;
    if (b->argv_count + count == 0) {
        bad(err);
        return NULL;
    }
    words = calloc(b->argv_count + count + 1, sizeof *words);
    if (!words)
        goto memory;
    for (size_t i = 0; i < b->argv_count && bundle_next_text(&argv, &text); i++)
        if (add(words, &n, text.data, text.len))
            goto memory;
    while (count--) {
        if (!meta_next(&r, &v) || (v.kind != META_STR && v.kind != META_BIN) ||
            memchr(v.data, 0, v.len)) {
            bad(err);
            words_free(words);
            return NULL;
        }
        if (add(words, &n, v.data, v.len))
            goto memory;
    }
    return words;
memory:
    par_fail(err, ENOMEM, "out of memory");
    words_free(words);
    return NULL;
}

/* ---- the folder ---- */

static int copy(int from,
                int to,
                const atomic_bool *given_up,
                struct par_error *err)
{
    char *piece;
    ssize_t n;

    while (!*given_up &&
           (n = copy_file_range(from, NULL, to, NULL, PIECE, 0)) > 0)
        ;
    if (*given_up)
        return par_fail(err, ECANCELED, "given up");
    if (n == 0)
        return 0;
    piece = malloc(PIECE); /* not between these file systems */
    while (piece && !*given_up && (n = read(from, piece, PIECE)) > 0)
        for (ssize_t done = 0, k; done < n; done += k)
            if ((k = write(to, piece + done, (size_t)(n - done))) < 0) {
                free(piece);
                return par_fail(err, errno, "%s", strerror(errno));
            }
    free(piece);
    return n == 0 ? 0 : par_fail(err, errno, "%s", strerror(errno));
}

static int copy_one(int to,
                    int from,
                    const char *path,
                    const atomic_bool *given_up,
                    struct par_error *err)
{
    struct stat st;
    int in = beneath_open(from, path, err), out, result;

    if (in < 0)
        return -1;
    out = beneath_create(to, path, 0600, err);
    if (out < 0) {
        close(in);
        return -1;
    }
    result = copy(in, out, given_up, err);
    if (result == 0 && fstat(in, &st) == 0 && fchmod(out, st.st_mode & 0755))
        result = par_fail(err, errno, "%s", strerror(errno));
    close(in);
    close(out);
    return result ? par_fail_in(err, path) : 0;
}

int words_folder(const char *to,
                 const char *from,
                 const struct bundle *b,
                 const atomic_bool *given_up,
                 struct par_error *err)
{
    struct meta_reader files = b->files;
    struct bundle_file f;
    int to_fd, from_fd, result = 0;

    if (mkdir(to, 0700) < 0)
        return par_fail(err, errno, "%s: %s", to, strerror(errno));
    to_fd = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    from_fd = open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (to_fd < 0 || from_fd < 0)
        result = par_fail(err, errno, "%s: %s", to, strerror(errno));
    while (result == 0 && bundle_next_file(&files, &f)) {
        char path[BENEATH_PATH + 1];

        snprintf(path, sizeof path, "%.*s", (int)f.path.len, f.path.data);
        result = copy_one(to_fd, from_fd, path, given_up, err);
    }
    if (to_fd >= 0)
        close(to_fd);
    if (from_fd >= 0)
        close(from_fd);
    return result;
}
