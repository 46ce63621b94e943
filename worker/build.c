/* build.c - which compiler, its words, and the key of what it makes
 *
 * The key is all that may change the object: source files, flags, the compiler
 * and this machine.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "build.h"

/* What comes before the files, and after. */
static const char *const flags[] = {"-O2", "-fPIC", "-shared", "-std=gnu11",
                                    "-pthread"};
static const char *const libraries[] = {"-lm"};

#define COUNT(a) (sizeof(a) / sizeof *(a))

int build_compiler(const char *path,
                   char *compiler,
                   size_t size,
                   struct par_error *err)
{
    static const char *const names[] = {"cc", "gcc", "clang"};

    for (size_t i = 0; i < COUNT(names); i++)
        for (const char *at = path; at && *at;) {
            size_t n = strcspn(at, ":");

            if (at[0] == '/' &&
                snprintf(compiler, size, "%.*s/%s", (int)n, at, names[i]) <
                    (int)size &&
                access(compiler, X_OK) == 0)
                return 0;
            at += n + (at[n] == ':');
        }
    return par_fail(err, ENOENT,
                    "this worker has no C compiler (cc, gcc or clang in "
                    "PATH); on Debian: apt-get install gcc libc6-dev");
}

static bool has_header(const char *folder)
{
    char path[BUILD_PATH + 16];

    snprintf(path, sizeof path, "%s/par/task.h", folder);
    return access(path, R_OK) == 0;
}

int build_include(char *folder, size_t size, struct par_error *err)
{
    char own[BUILD_PATH];
    ssize_t n = readlink("/proc/self/exe", own, sizeof own - 1);
    char *slash;

    if (n > 0) {
        own[n] = 0;
        slash = strrchr(own, '/');
        if (slash)
            *slash = 0;
        snprintf(folder, size, "%s/../include", own);
        if (has_header(folder))
            return 0;
    }
    snprintf(folder, size, "%s", PAR_INCLUDEDIR);
    if (has_header(folder))
        return 0;
    snprintf(folder, size, "%s", PAR_BUILD_INCLUDE);
    if (has_header(folder))
        return 0;
    return par_fail(err, ENOENT,
                    "par/task.h is neither beside this program nor in %s",
                    PAR_INCLUDEDIR);
}

/* ---- the key ---- */

static void add_text(struct digest_state *s, const char *text)
{
    digest_add(s, text, strlen(text) + 1);
}

/* Which compiler it is: its file, where links end, and when that was made.
 * (Asking for its version would start it, which costs more than it tells.) */
static int add_compiler(struct digest_state *s,
                        const char *compiler,
                        struct par_error *err)
{
    char *real = realpath(compiler, NULL);
    char text[64];
    struct stat st;

    if (!real || stat(real, &st) < 0) {
        free(real);
        return par_fail(err, errno, "%s: %s", compiler, strerror(errno));
    }
    add_text(s, real);
    snprintf(text, sizeof text, "%jd %jd.%09ld", (intmax_t)st.st_size,
             (intmax_t)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
    add_text(s, text);
    free(real);
    return 0;
}

static int add_header(struct digest_state *s,
                      const char *include,
                      struct par_error *err)
{
    char path[BUILD_PATH + 16];
    struct digest d;
    uint64_t size;
    int fd, result;

    snprintf(path, sizeof path, "%s/par/task.h", include);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return par_fail(err, errno, "%s: %s", path, strerror(errno));
    result = digest_of_file(&d, &size, fd, err);
    close(fd);
    digest_add(s, d.bytes, sizeof d.bytes);
    return result;
}

/* Any of the files may be included by another. */
static void add_files(struct digest_state *s, const struct bundle *b)
{
    struct meta_reader files = b->files;
    struct bundle_file f;

    while (bundle_next_file(&files, &f)) {
        digest_add(s, f.path.data, f.path.len);
        digest_add(s, "", 1);
        digest_add(s, f.hash.bytes, sizeof f.hash.bytes);
    }
}

/* What an object of this bundle is kept under. */
static int make_key(const struct bundle *b,
                    const char *compiler,
                    const char *include,
                    struct digest *key,
                    struct par_error *err)
{
    struct digest_state *s = digest_start();
    struct utsname u = {0};
    int result;

    if (!s)
        return par_fail(err, ENOMEM, "out of memory");
    uname(&u);
    add_text(s, "par build 1");
    add_text(s, u.machine);
    for (size_t i = 0; i < COUNT(flags); i++)
        add_text(s, flags[i]);
    for (size_t i = 0; i < COUNT(libraries); i++)
        add_text(s, libraries[i]);
    add_files(s, b);
    result = add_compiler(s, compiler, err) || add_header(s, include, err);
    digest_finish(s, key);
    return result ? -1 : 0;
}

/* ---- the words ---- */

static bool is_source(const struct bundle_text *path)
{
    return path->len > 2 && memcmp(path->data + path->len - 2, ".c", 2) == 0;
}

static char *joined(const char *a, const char *b, size_t len)
{
    size_t n = strlen(a);
    char *text = malloc(n + len + 1);

    if (!text)
        return NULL;
    memcpy(text, a, n);
    memcpy(text + n, b, len);
    text[n + len] = 0;
    return text;
}

char **build_words(const struct bundle *b,
                   const char *compiler,
                   const char *include,
                   const char *object)
{
    struct meta_reader files = b->files;
    struct bundle_file f;
    size_t n = 0, most = COUNT(flags) + COUNT(libraries) + b->file_count + 5;
    char **words = calloc(most + 1, sizeof *words);

    if (!words)
        return NULL;
    words[n++] = strdup(compiler);
    for (size_t i = 0; i < COUNT(flags); i++)
        words[n++] = strdup(flags[i]);
    words[n++] = joined("-I", include, strlen(include));
    words[n++] = strdup("-o");
    words[n++] = strdup(object);
    while (bundle_next_file(&files, &f))
        if (is_source(&f.path)) /* "./": a name may begin with `-' */
            words[n++] = joined("./", f.path.data, f.path.len);
    for (size_t i = 0; i < COUNT(libraries); i++)
        words[n++] = strdup(libraries[i]);
    for (size_t i = 0; i < n; i++)
        if (!words[i]) {
            while (n--)
                free(words[n]);
            free(words);
            return NULL;
        }
    return words;
}

void build_words_free(char **words)
{
    for (size_t i = 0; words && words[i]; i++)
        free(words[i]);
    free(words);
}

/* ---- the cache ---- */

static int find_key(const struct bundle *b,
                    const char *path,
                    struct digest *key,
                    struct par_error *err)
{
    char compiler[BUILD_PATH], include[BUILD_PATH];

    if (build_compiler(path, compiler, sizeof compiler, err) ||
        build_include(include, sizeof include, err))
        return -1;
    return make_key(b, compiler, include, key, err);
}

int build_look(struct cache *cache,
               const struct bundle *b,
               const char *path,
               const char *object,
               bool *found,
               struct par_error *err)
{
    struct digest key, d;
    uint64_t size;
    int fd;

    *found = false;
    if (find_key(b, path, &key, err))
        return -1;
    if (!cache_built(cache, &key, &d, &size))
        return 0;
    fd = open(object, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return par_fail(err, errno, "%s: %s", object, strerror(errno));
    *found = cache_copy(cache, &d, size, fd, NULL) == 0;
    close(fd);
    if (!*found)
        unlink(object);
    return 0;
}

int build_keep(struct cache *cache,
               const struct bundle *b,
               const char *path,
               const char *object,
               struct par_error *err)
{
    struct digest key, d;
    uint64_t size;
    int fd, result;

    if (find_key(b, path, &key, err))
        return -1;
    fd = open(object, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return par_fail(err, errno, "%s: %s", object, strerror(errno));
    result = cache_take(cache, fd, &d, &size, err);
    close(fd);
    return result ? -1 : cache_note_built(cache, &key, &d, err);
}
