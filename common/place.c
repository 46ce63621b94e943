/* place.c - where things live on this host */
#include "config.h"

#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "digest.h"

static int too_long(const char *what, size_t size, struct par_error *err)
{
    return par_fail(err, ENAMETOOLONG, "%.200s...: over %zu octets", what,
                    size - 1);
}

/* Write "HEAD/TAIL" to path. */
static int join(char *path,
                size_t size,
                const char *head,
                const char *tail,
                struct par_error *err)
{
    int n = snprintf(path, size, "%s/%s", head, tail);

    if (n < 0 || (size_t)n >= size)
        return too_long(head, size, err);
    return 0;
}

/* The value of an override, "" if unset or empty. */
static int override(const char *name,
                    char *path,
                    size_t size,
                    struct par_error *err)
{
    const char *value = getenv(name);

    path[0] = '\0';
    if (!value || !*value)
        return 0;
    if (value[0] != '/')
        return par_fail(err, EINVAL, "%s: `%.200s' does not begin with /", name,
                        value);
    if (strlen(value) >= size)
        return too_long(value, size, err);
    strcpy(path, value);
    return 0;
}

/* ---- the runtime folder ---- */

static bool is_our_dir(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode) &&
           st.st_uid == geteuid();
}

static int check_dir(const char *path, struct par_error *err)
{
    struct stat st;

    if (lstat(path, &st) != 0)
        return par_fail(err, errno, "%s: %s", path, strerror(errno));
    if (!S_ISDIR(st.st_mode))
        return par_fail(err, ENOTDIR,
                        "%s: not a folder%s; set PAR_RUNTIME_DIR to another",
                        path, S_ISLNK(st.st_mode) ? " but a symlink" : "");
    if (st.st_uid != geteuid())
        return par_fail(err, EPERM,
                        "%s: belongs to uid %ld, not to uid %ld that runs "
                        "this; set PAR_RUNTIME_DIR to another",
                        path, (long)st.st_uid, (long)geteuid());
    if (st.st_mode & 077)
        return par_fail(err, EPERM, "%s: others can enter it; chmod 700 %s",
                        path, path);
    return 0;
}

/* Write the runtime folder's name to path, without looking at it. */
static int runtime_name(char *path, size_t size, struct par_error *err)
{
    const char *xdg = getenv("XDG_RUNTIME_DIR");
    char run[64];
    int n;

    if (override("PAR_RUNTIME_DIR", path, size, err) != 0)
        return -1;
    if (*path)
        return 0;

    /* After su or sudo the variable may still name another user's folder. */
    if (xdg && xdg[0] == '/' && is_our_dir(xdg))
        return join(path, size, xdg, "par", err);
    snprintf(run, sizeof run, "/run/user/%ld", (long)geteuid());
    if (is_our_dir(run))
        return join(path, size, run, "par", err);
    n = snprintf(path, size, "/tmp/par-%ld", (long)geteuid());
    return n >= 0 && (size_t)n < size ? 0 : too_long("/tmp/par", size, err);
}

int place_runtime_dir(bool make, char *path, size_t size, struct par_error *err)
{
    if (runtime_name(path, size, err) != 0)
        return -1;
    if (make && mkdir(path, 0700) != 0 && errno != EEXIST)
        return par_fail(err, errno, "%s: cannot be made: %s", path,
                        strerror(errno));
    return check_dir(path, err);
}

int place_local_endpoint(bool make,
                         char *endpoint,
                         size_t size,
                         struct par_error *err)
{
    char dir[PLACE_PATH];
    int n;

    if (place_runtime_dir(make, dir, sizeof dir, err) != 0)
        return -1;
    n = snprintf(endpoint, size, "ipc://%s/broker.sock", dir);
    return n >= 0 && (size_t)n < size ? 0 : too_long(dir, size, err);
}

/* ---- config, cache ---- */

static int home(char *path, size_t size, struct par_error *err)
{
    const char *env = getenv("HOME");
    struct passwd pw;
    struct passwd *found = NULL;
    char buffer[4096];

    if (env && env[0] == '/') {
        if (strlen(env) >= size)
            return too_long(env, size, err);
        strcpy(path, env);
        return 0;
    }
    if (getpwuid_r(geteuid(), &pw, buffer, sizeof buffer, &found) != 0 ||
        !found || found->pw_dir[0] != '/' || strlen(found->pw_dir) >= size)
        return par_fail(err, ENOENT,
                        "HOME is not set and uid %ld has no home folder",
                        (long)geteuid());
    strcpy(path, found->pw_dir);
    return 0;
}

/* The value of an override, or the folder `par` of an XDG one; "" if neither
 * is set. */
static int chosen_dir(const char *par_variable,
                      const char *xdg_variable,
                      char *path,
                      size_t size,
                      struct par_error *err)
{
    const char *xdg = getenv(xdg_variable);

    if (override(par_variable, path, size, err) != 0)
        return -1;
    /* The XDG specification: a relative path is to be ignored. */
    if (!*path && xdg && xdg[0] == '/')
        return join(path, size, xdg, "par", err);
    return 0;
}

static int home_dir(const char *below,
                    char *path,
                    size_t size,
                    struct par_error *err)
{
    char base[PLACE_PATH];

    if (home(base, sizeof base, err) != 0)
        return -1;
    return join(path, size, base, below, err);
}

int place_config_dir(char *path, size_t size, struct par_error *err)
{
    if (chosen_dir("PAR_CONFIG_DIR", "XDG_CONFIG_HOME", path, size, err) != 0)
        return -1;
    return *path ? 0 : home_dir(".config/par", path, size, err);
}

int place_cache_dir(char *path, size_t size, struct par_error *err)
{
    struct par_error why = {0};
    char runtime[PLACE_PATH];

    if (chosen_dir("PAR_CACHE_DIR", "XDG_CACHE_HOME", path, size, err) != 0)
        return -1;
    if (*path)
        return place_make_dir(path, err);
    /* Accounts of services have a home that is not there, or not theirs. */
    if (home_dir(".cache/par", path, size, &why) == 0 &&
        place_make_dir(path, &why) == 0)
        return 0;
    if (why.code == ENAMETOOLONG)
        return par_fail(err, why.code, "%s", why.text);
    if (place_runtime_dir(true, runtime, sizeof runtime, err) != 0 ||
        join(path, size, runtime, "cache", err) != 0)
        return -1;
    return place_make_dir(path, err);
}

int place_make_dir(const char *path, struct par_error *err)
{
    char part[PLACE_PATH];
    struct stat st;

    if (strlen(path) >= sizeof part)
        return too_long(path, sizeof part, err);
    strcpy(part, path);
    for (char *slash = part + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        /* Whether this one matters shows at the last one. */
        (void)mkdir(part, 0700);
        *slash = '/';
    }
    if (mkdir(path, 0700) == 0)
        return 0;
    if (errno != EEXIST)
        return par_fail(err, errno, "%s: cannot be made: %s", path,
                        strerror(errno));
    if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
        return par_fail(err, ENOTDIR, "%s: not a folder", path);
    return 0;
}

/* ---- the host ---- */

int place_host_id(char id[PLACE_HOST_ID], struct par_error *err)
{
    char facts[512] = {0};
    char hex[DIGEST_TEXT];
    struct digest digest;
    struct utsname uts;
    size_t len = 0;
    ssize_t n;
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

    if (fd >= 0) {
        n = read(fd, facts, 64);
        len += n > 0 ? (size_t)n : 0;
        close(fd);
    }
    /* Containers share the boot but not the files; their mount namespaces
     * differ, and its number is not used twice in a boot. */
    n = readlink("/proc/self/ns/mnt", facts + len, 64);
    len += n > 0 ? (size_t)n : 0;
    if (len == 0) {
        if (uname(&uts) != 0)
            return par_fail(err, errno, "uname: %s", strerror(errno));
        len = (size_t)snprintf(facts, sizeof facts, "%.64s", uts.nodename);
    }
    digest_of(&digest, facts, len);
    digest_text(&digest, hex);
    memcpy(id, hex, PLACE_HOST_ID - 1);
    id[PLACE_HOST_ID - 1] = '\0';
    return 0;
}

/* ---- helper programs ---- */

static bool is_program(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
           access(path, X_OK) == 0;
}

/* The folder of the running program, "" if /proc does not say. */
static void own_folder(char *path, size_t size)
{
    ssize_t n = readlink("/proc/self/exe", path, size - 1);
    char *slash;

    path[n > 0 ? n : 0] = '\0';
    slash = strrchr(path, '/');
    if (slash)
        *slash = '\0';
}

int place_libexec(const char *name,
                  const char *folder,
                  char *path,
                  size_t size,
                  struct par_error *err)
{
    char own[PLACE_PATH];
    char tail[128];

    if (folder) {
        if (join(path, size, folder, name, err) != 0)
            return -1;
        if (is_program(path))
            return 0;
        return par_fail(err, ENOENT, "%s: no such program", path);
    }

    own_folder(own, sizeof own);
    snprintf(tail, sizeof tail, "../libexec/par/%s", name);
    if (*own && join(path, size, own, tail, err) == 0 && is_program(path))
        return 0;
    if (*own && join(path, size, own, name, err) == 0 && is_program(path))
        return 0;
    if (join(path, size, PAR_LIBEXECDIR, name, err) != 0)
        return -1;
    if (is_program(path))
        return 0;
    return par_fail(err, ENOENT,
                    "%s: found neither in %.120s/../libexec/par nor in "
                    "%.120s nor in %.80s; is Par installed whole?",
                    name, own, own, PAR_LIBEXECDIR);
}
