/* textfile.c - small files that people edit and programs rewrite */
#include "config.h"

#include "textfile.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "place.h"
#include "whole.h"

static int fail_errno(const char *path, struct par_error *err)
{
    int code = errno;

    if (code == ELOOP)
        return par_fail(err, code, "%s: is a symlink; name the file itself",
                        path);
    return par_fail(err, code, "%s: %s", path, strerror(code));
}

/* ---- reading ---- */

static int check_rights(const char *path,
                        const struct stat *st,
                        enum textfile_kind kind,
                        struct par_error *err)
{
    bool secret = kind == TEXTFILE_SECRET;

    if (!S_ISREG(st->st_mode))
        return par_fail(err, EINVAL, "%s: not a regular file", path);
    if (st->st_uid != geteuid() && (secret || st->st_uid != 0))
        return par_fail(err, EPERM,
                        "%s: belongs to uid %ld, not to uid %ld that runs "
                        "this",
                        path, (long)st->st_uid, (long)geteuid());
    if (secret && (st->st_mode & 077))
        return par_fail(err, EPERM, "%s: others can read it; chmod 600 %s",
                        path, path);
    if (st->st_mode & 022)
        return par_fail(err, EPERM, "%s: others can write it; chmod go-w %s",
                        path, path);
    if (st->st_size > TEXTFILE_MAX)
        return par_fail(err, EFBIG, "%s: over %d octets", path, TEXTFILE_MAX);
    return 0;
}

/* "." for a bare name.  Returns false if it is too long. */
static bool folder_of(const char *path, char folder[PLACE_PATH])
{
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (size_t)(slash - path) : 0;

    if (len >= PLACE_PATH)
        return false;
    memcpy(folder, path, len);
    folder[len] = '\0';
    if (len == 0)
        strcpy(folder, slash ? "/" : ".");
    return true;
}

/* Who can write the folder can put an older list in the place of this one. */
static int check_folder(const char *path, struct par_error *err)
{
    char folder[PLACE_PATH];
    struct stat st;

    if (!folder_of(path, folder))
        return par_fail(err, ENAMETOOLONG, "%.200s...: too long", path);
    if (stat(folder, &st) != 0)
        return fail_errno(folder, err);
    if (st.st_uid != geteuid() && st.st_uid != 0)
        return par_fail(err, EPERM,
                        "%s: belongs to uid %ld, not to uid %ld that runs this",
                        folder, (long)st.st_uid, (long)geteuid());
    if ((st.st_mode & 022) && !(st.st_mode & S_ISVTX))
        return par_fail(err, EPERM, "%s: others can write it; chmod go-w %s",
                        folder, folder);
    return 0;
}

static int read_open(const char *path,
                     int fd,
                     enum textfile_kind kind,
                     char **text,
                     struct par_error *err)
{
    struct stat st;
    ssize_t len;
    char *buffer;

    if (fstat(fd, &st) != 0)
        return fail_errno(path, err);
    if (check_rights(path, &st, kind, err) != 0 ||
        (kind == TEXTFILE_TRUSTED && check_folder(path, err) != 0))
        return -1;
    buffer = malloc((size_t)st.st_size + 1);
    if (!buffer)
        return par_fail(err, ENOMEM, "%s: out of memory", path);
    len = whole_read(fd, buffer, (size_t)st.st_size, WHOLE_HERE);
    if (len < 0 || memchr(buffer, '\0', (size_t)len)) {
        int code = len < 0 ? errno : EINVAL;

        free(buffer);
        return par_fail(err, code, "%s: %s", path,
                        len < 0 ? strerror(code) : "is not text");
    }
    buffer[len] = '\0';
    *text = buffer;
    return 0;
}

int textfile_read(const char *path,
                  enum textfile_kind kind,
                  char **text,
                  struct par_error *err)
{
    /* O_NONBLOCK: a FIFO there must not hold us up. */
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    int rc;

    if (fd < 0)
        return fail_errno(path, err);
    rc = read_open(path, fd, kind, text, err);
    close(fd);
    return rc;
}

/* ---- writing ---- */

int textfile_make_private(int fd, struct par_error *err)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return par_fail(err, errno, "%s", strerror(errno));
    if (!S_ISREG(st.st_mode))
        return 0;
    if (st.st_uid != geteuid() && st.st_uid != 0)
        return par_fail(err, EPERM,
                        "it belongs to uid %ld, not to uid %ld that runs this",
                        (long)st.st_uid, (long)geteuid());
    if ((st.st_mode & 077) &&
        (fchmod(fd, 0600) != 0 || fstat(fd, &st) != 0 || (st.st_mode & 077)))
        return par_fail(err, EPERM, "others can read it");
    /* Who opened it before that may read on.  A lease is given to none but the
     * only one who has it open; who opens it now waits until we give it back,
     * of which SIGIO would tell us. */
    signal(SIGIO, SIG_IGN);
    if (fcntl(fd, F_SETLEASE, F_WRLCK) == 0)
        fcntl(fd, F_SETLEASE, F_UNLCK);
    else if (errno == EAGAIN)
        return par_fail(err, EBUSY, "another program has it open");
    return 0;
}

/* Make the new name outlive a power cut, where the file system can. */
static void sync_folder(const char *path)
{
    char folder[PLACE_PATH];
    int fd;

    if (!folder_of(path, folder))
        return;
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)fsync(fd);
    close(fd);
}

/* Write text to a fresh file beside path, and its name to temp.  It gets the
 * owner and mode of `like` (NULL: ours, 0600). */
static int write_beside(const char *path,
                        const struct stat *like,
                        const char *text,
                        char temp[PLACE_PATH],
                        struct par_error *err)
{
    int n = snprintf(temp, PLACE_PATH, "%s.XXXXXX", path);
    bool ok;
    int fd;

    if (n < 0 || n >= PLACE_PATH)
        return par_fail(err, ENAMETOOLONG, "%.200s...: too long", path);
    fd = mkostemp(temp, O_CLOEXEC);
    if (fd < 0)
        return par_fail(err, errno, "%s: cannot be written: %s", path,
                        strerror(errno));
    /* fchmod, because the umask has had a say in the mode. */
    ok = fchmod(fd, like ? like->st_mode & 0777 : 0600) == 0 &&
         (!like || fchown(fd, like->st_uid, like->st_gid) == 0) &&
         whole_write(fd, text, strlen(text), WHOLE_HERE) == 0 && fsync(fd) == 0;
    n = errno;
    if (close(fd) != 0 && ok) {
        ok = false;
        n = errno;
    }
    if (ok)
        return 0;
    unlink(temp);
    return par_fail(err, n, "%s: cannot be written: %s", path, strerror(n));
}

/* Checked before anything is in it: what is written there would be refused
 * when it is read. */
static int make_folder(const char *path, struct par_error *err)
{
    char folder[PLACE_PATH];

    if (!folder_of(path, folder))
        return par_fail(err, ENAMETOOLONG, "%.200s...: too long", path);
    return place_make_dir(folder, err) ? -1 : check_folder(path, err);
}

int textfile_create(const char *path, const char *text, struct par_error *err)
{
    char temp[PLACE_PATH];
    int code = 0;

    if (make_folder(path, err) != 0 ||
        write_beside(path, NULL, text, temp, err) != 0)
        return -1;
    /* link() and not rename(): it fails if somebody was faster. */
    if (link(temp, path) != 0)
        code = errno;
    unlink(temp);
    sync_folder(path);
    if (code == EEXIST)
        return par_fail(err, code, "%s: exists already; it is not overwritten",
                        path);
    if (code != 0)
        return par_fail(err, code, "%s: cannot be written: %s", path,
                        strerror(code));
    return 0;
}

static int textfile_replace(const char *path,
                            const char *text,
                            struct par_error *err)
{
    char temp[PLACE_PATH];
    struct stat st;
    bool exists = lstat(path, &st) == 0;
    int code;

    if (write_beside(path, exists ? &st : NULL, text, temp, err) != 0)
        return -1;
    if (rename(temp, path) == 0) {
        sync_folder(path);
        return 0;
    }
    code = errno;
    unlink(temp);
    return par_fail(err, code, "%s: cannot be written: %s", path,
                    strerror(code));
}

int textfile_lock(const char *path, struct par_error *err)
{
    char name[PLACE_PATH];
    int n = snprintf(name, sizeof name, "%s.lock", path);
    int fd;

    if (n < 0 || (size_t)n >= sizeof name)
        return par_fail(err, ENAMETOOLONG, "%.200s...: too long", path);
    if (make_folder(path, err) != 0)
        return -1;
    fd = open(name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail_errno(name, err);
    while (flock(fd, LOCK_EX) != 0) {
        if (errno == EINTR)
            continue;
        fail_errno(name, err);
        close(fd);
        return -1;
    }
    return fd;
}

void textfile_unlock(int lock)
{
    if (lock >= 0)
        close(lock);
}

/* ---- editing ---- */

/* Copy the next word to `word`; false if there is none, or no room for it. */
static bool next_word(const char **at, const char *end, char *word)
{
    size_t len = 0;

    while (*at < end && strchr(" \t\r", **at))
        ++*at;
    while (*at < end && !strchr(" \t\r", **at)) {
        if (len + 1 == TEXTFILE_WORD) {
            word[0] = '\0';
            return false;
        }
        word[len++] = *(*at)++;
    }
    word[len] = '\0';
    return len > 0;
}

int textfile_words(const char *line,
                   size_t len,
                   char first[TEXTFILE_WORD],
                   char second[TEXTFILE_WORD])
{
    const char *at = line;
    const char *end = line + len;

    first[0] = second[0] = '\0';
    if (!next_word(&at, end, first) || first[0] == '#')
        return 0;
    return next_word(&at, end, second) ? 2 : 1;
}

/* Write the edited text to out.  Returns how many lines matched. */
static int edit_lines(FILE *out,
                      const char *text,
                      textfile_match_f match,
                      const void *what,
                      const char *line)
{
    char first[TEXTFILE_WORD];
    char second[TEXTFILE_WORD];
    int matched = 0;

    for (const char *at = text; *at;) {
        size_t len = strcspn(at, "\n");

        if (textfile_words(at, len, first, second) > 0 &&
            match(first, second, what)) {
            if (matched++ == 0 && line)
                fprintf(out, "%s\n", line);
        } else {
            fprintf(out, "%.*s\n", (int)len, at);
        }
        at += len + (at[len] == '\n');
    }
    if (matched == 0 && line)
        fprintf(out, "%s\n", line);
    return matched;
}

int textfile_edit(const char *path,
                  textfile_match_f match,
                  const void *what,
                  const char *line,
                  struct par_error *err)
{
    struct par_error why = {0};
    char *text = NULL;
    char *edited = NULL;
    size_t len;
    FILE *out;
    int matched;
    int rc = 0;

    if (textfile_read(path, TEXTFILE_TRUSTED, &text, &why) != 0 &&
        why.code != ENOENT)
        return par_fail(err, why.code, "%s", why.text);
    out = open_memstream(&edited, &len);
    if (!out) {
        free(text);
        return par_fail(err, ENOMEM, "%s: out of memory", path);
    }
    matched = edit_lines(out, text ? text : "", match, what, line);
    if (fclose(out) != 0 || !edited)
        rc = par_fail(err, ENOMEM, "%s: out of memory", path);
    else if (strcmp(edited, text ? text : "") != 0)
        rc = textfile_replace(path, edited, err);
    free(text);
    free(edited);
    return rc == 0 ? matched : -1;
}
