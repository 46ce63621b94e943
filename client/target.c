/* target.c - FILE:FUNCTION, NAME:FUNCTION or a command; and setting it up */
#include "config.h"

#include "target.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bundle.h"

static bool is_identifier(const char *word)
{
    if (!isalpha((unsigned char)*word) && *word != '_')
        return false;
    while (isalnum((unsigned char)*word) || *word == '_')
        word++;
    return *word == '\0';
}

/* White space and what only a shell understands: unless a file is called so,
 * the word is a command line. */
static bool is_plain(const char *word)
{
    return *word && !strpbrk(word, " \t\n|&;<>()$`\\\"'*?[]{}");
}

int target_parse(struct target *t, const char *word)
{
    const char *colon = strrchr(word, ':');
    bool exists;

    *t = (struct target){.is_command = true};
    if (!colon || !is_identifier(colon + 1))
        return 0;
    t->file = strndup(word, (size_t)(colon - word));
    if (!t->file)
        return -1;
    exists = access(t->file, F_OK) == 0;
    if (!exists && !is_plain(t->file)) {
        target_drop(t);
        t->is_command = true;
        return 0;
    }
    t->is_command = false;
    t->function = colon + 1;
    t->by_content = exists || strchr(t->file, '/');
    return 0;
}

void target_drop(struct target *t)
{
    free(t->file);
    *t = (struct target){0};
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);

    return n > m && strcmp(text + n - m, end) == 0;
}

const char *target_kind(const char *file, struct par_error *err)
{
    char magic[4] = "";
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    ssize_t n;

    if (fd < 0) {
        par_fail(err, errno, "%s: %s", file, strerror(errno));
        return NULL;
    }
    n = read(fd, magic, sizeof magic);
    close(fd);
    if (ends_with(file, ".c"))
        return "source";
    if (n == sizeof magic && memcmp(magic, "\177ELF", sizeof magic) == 0)
        return "object";
    if (ends_with(file, ".py"))
        par_fail(err, ENOTSUP, "%s: Python functions are not built yet", file);
    else
        par_fail(err, EINVAL,
                 "%s: neither C source (a name that ends in .c) nor a shared "
                 "object",
                 file);
    return NULL;
}

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

int target_add_file(struct target_files *files,
                    const char *word,
                    struct par_error *err)
{
    const char *path = word;

    if (files->count == TARGET_FILES)
        return par_fail(err, E2BIG, "%s: more than %d files", word,
                        TARGET_FILES);
    while (strncmp(path, "./", 2) == 0)
        path += 2 + strspn(path + 2, "/");
    if (!bundle_path_is_safe(path, strlen(path)))
        path = base_of(word);
    files->all[files->count++] =
        (struct par_file){.path = path, .source = word};
    return 0;
}

static int set_up(struct par_client *c,
                  const struct target *t,
                  const struct target_files *more,
                  uint32_t *handle,
                  struct par_error *err)
{
    struct target_files *files = calloc(1, sizeof *files);
    struct par_setup s = {0};
    int rc;

    if (!files)
        return par_fail(err, ENOMEM, "out of memory");
    s.kind = target_kind(t->file, err);
    s.files = files->all;
    files->all[files->count++] =
        (struct par_file){.path = base_of(t->file), .source = t->file};
    memcpy(files->all + 1, more->all, more->count * sizeof *more->all);
    rc = s.kind ? par_setup(c, &s, handle, err) : -1;
    free(files);
    return rc;
}

static int find(struct par_client *c,
                const struct target *t,
                uint32_t *handle,
                struct par_error *err)
{
    if (par_resolve(c, t->file, handle, err) == 0)
        return 0;
    if (err->code == PAR_CODE(PAR_UNKNOWN_HANDLE))
        par_fail(err, err->code,
                 "%s: there is no such file here, and nothing of that name is "
                 "set up (parctl setup FILE does that)",
                 t->file);
    return -1;
}

int target_function(struct par_client *c,
                    const struct target *t,
                    const struct target_files *more,
                    struct par_function *function,
                    struct par_error *err)
{
    uint32_t handle;

    if (t->by_content ? set_up(c, t, more, &handle, err)
                      : find(c, t, &handle, err))
        return -1;
    return par_function(c, handle, t->function, function, err);
}

int target_command(struct par_client *c,
                   const char *name,
                   const struct target_files *files,
                   const char *const *env,
                   struct par_function *function,
                   struct par_error *err)
{
    const char *base = base_of(name);
    struct par_setup s = {
        .kind = "exec", .files = files->all, .env = env, .local = true};
    uint32_t handle;

    /* For those who look at the jobs. */
    if (bundle_name_is_good(base, strlen(base), BUNDLE_NAME))
        s.name = base;
    if (par_setup(c, &s, &handle, err))
        return -1;
    return par_function(c, handle, "", function, err);
}
