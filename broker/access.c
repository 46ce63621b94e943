/* access.c - the authorized list, watched through its folder
 *
 * Editors and `parctl allow` replace the file, so the folder is what is
 * watched (inotify(7)).  What another host does to a folder that both share is
 * no event here, so the file is looked at once a second as well.  Some editors
 * move the old file away before they write the new one: a file that is gone is
 * given a moment to come back before everybody is shut out.
 */
#include "config.h"

#include "access.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"

enum { GRACE_MS = 500, LOOK_MS = 1000 };

struct access {
    char *file;       /* NULL: no keys */
    const char *name; /* the last part of it */
    uid_t owner;
    int watch;         /* inotify, or -1 */
    int folder;        /* what is watched; -1 if it is not there */
    uint64_t gone_due; /* when to believe that the file is gone; 0: it is not */
    uint64_t look_due; /* when to look at the file itself */
    struct stat seen;  /* the file when it was last read; all 0: not there */
    struct authorized *list;
};

static int watch_folder(struct access *a, struct par_error *err)
{
    char folder[4096];
    int n = a->name == a->file ? 1 : (int)(a->name - a->file);

    snprintf(folder, sizeof folder, "%.*s", n,
             a->name == a->file ? "." : a->file);
    if (a->folder >= 0)
        inotify_rm_watch(a->watch, a->folder);
    a->folder = inotify_add_watch(a->watch, folder,
                                  IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE |
                                      IN_MOVED_FROM | IN_ATTRIB |
                                      IN_DELETE_SELF | IN_MOVE_SELF);
    if (a->folder < 0)
        return par_fail(err, errno, "%s: %s", folder, strerror(errno));
    return 0;
}

/* Opening it is what makes NFS ask the server. */
static struct stat look(const struct access *a)
{
    int fd = open(a->file, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
    struct stat st = {0};

    if (fd >= 0 && fstat(fd, &st))
        st = (struct stat){0};
    if (fd >= 0)
        close(fd);
    return st;
}

static bool same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
           a->st_size == b->st_size && same_time(a->st_mtim, b->st_mtim) &&
           same_time(a->st_ctim, b->st_ctim);
}

struct access *access_open(const char *file, uid_t owner, struct par_error *err)
{
    struct access *a = calloc(1, sizeof *a);

    if (!a) {
        par_fail(err, ENOMEM, "out of memory");
        return NULL;
    }
    a->owner = owner;
    a->watch = a->folder = -1;
    if (!file)
        return a;
    a->file = strdup(file);
    if (!a->file) {
        par_fail(err, ENOMEM, "out of memory");
        goto fail;
    }
    a->name = strrchr(a->file, '/') ? strrchr(a->file, '/') + 1 : a->file;
    a->watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (a->watch < 0) {
        par_fail(err, errno, "inotify: %s", strerror(errno));
        goto fail;
    }
    /* First watch, then read: what changes in between is read again. */
    if (watch_folder(a, err))
        goto fail;
    a->seen = look(a);
    a->list = authorized_load(file, err);
    if (!a->list)
        goto fail;
    return a;
fail:
    access_close(a);
    return NULL;
}

void access_close(struct access *a)
{
    if (!a)
        return;
    if (a->watch >= 0)
        close(a->watch);
    authorized_destroy(a->list);
    free(a->file);
    free(a);
}

int access_fd(const struct access *a)
{
    return a->watch;
}

enum news { NOTHING, GONE, WRITTEN };

/* One event: about our file, or about the folder itself, which may be another
 * one from now on. */
static enum news take_event(struct access *a, const struct inotify_event *e)
{
    if (e->mask & IN_Q_OVERFLOW)
        return WRITTEN;
    if (e->wd != a->folder)
        return NOTHING; /* of a folder that was watched before */
    if (e->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)) {
        watch_folder(a, NULL);
        return WRITTEN;
    }
    if (!e->len || strcmp(e->name, a->name))
        return NOTHING;
    return e->mask & (IN_DELETE | IN_MOVED_FROM) ? GONE : WRITTEN;
}

/* What the last event that waits says. */
static enum news read_events(struct access *a)
{
    _Alignas(struct inotify_event) char buffer[4096];
    enum news news = NOTHING;
    ssize_t n;

    while ((n = read(a->watch, buffer, sizeof buffer)) > 0)
        for (char *p = buffer; p < buffer + n;) {
            const struct inotify_event *e = (const void *)p;
            enum news this = take_event(a, e);

            if (this != NOTHING)
                news = this;
            p += sizeof *e + e->len;
        }
    return news;
}

/* What happened to the file without an event. */
static enum news look_again(const struct access *a)
{
    struct stat now = look(a);

    if (same_file(&now, &a->seen))
        return NOTHING;
    return now.st_ino ? WRITTEN : GONE;
}

bool access_read(struct access *a)
{
    struct par_error err = {0};
    struct authorized *list;

    if (!a->file)
        return false;
    a->seen = look(a);
    list = authorized_load(a->file, &err);
    if (!list) {
        log_line(LOG_ERROR, "%s; the old list stays in force", err.text);
        return false;
    }
    authorized_destroy(a->list);
    a->list = list;
    return true;
}

bool access_reload(struct access *a, uint64_t now)
{
    enum news news;

    if (a->watch < 0)
        return false;
    news = read_events(a);
    if (a->folder < 0 && watch_folder(a, NULL) == 0)
        news = WRITTEN; /* the folder is there again */
    if (news == NOTHING && now >= a->look_due)
        news = look_again(a);
    if (now >= a->look_due)
        a->look_due = now + LOOK_MS;
    if (news == GONE && !a->gone_due)
        a->gone_due = now + GRACE_MS;
    if (news != WRITTEN && (!a->gone_due || now < a->gone_due))
        return false;
    a->gone_due = 0;
    return access_read(a);
}

uint64_t access_deadline(const struct access *a)
{
    if (a->watch < 0)
        return UINT64_MAX;
    return a->gone_due && a->gone_due < a->look_due ? a->gone_due : a->look_due;
}

struct authorized *access_list(const struct access *a)
{
    struct par_error err = {0};
    struct authorized *list = a->file ? authorized_load(a->file, &err) : NULL;

    if (a->file && !list)
        log_line(LOG_ERROR, "%s", err.text);
    return list;
}

bool access_rule(const struct access *a,
                 const struct link_peer *peer,
                 struct access_rule *rule)
{
    const struct authorized_entry *entry;
    char key[KEY_TEXT];
    unsigned long uid;

    rule->line[0] = '\0';
    switch (peer->transport) {
    case LINK_INPROC:
        rule->roles = ROLE_ALL;
        snprintf(rule->account, sizeof rule->account, "uid:%lu",
                 (unsigned long)a->owner);
        return true;
    case LINK_IPC:
        if (sscanf(peer->user, "uid:%lu", &uid) != 1 ||
            (uid != a->owner && uid != 0))
            return false;
        rule->roles = ROLE_ALL;
        snprintf(rule->account, sizeof rule->account, "uid:%lu",
                 (unsigned long)a->owner);
        return true;
    case LINK_TCP:
        entry = a->list ? authorized_find_hex(a->list, peer->user) : NULL;
        if (!entry)
            return false;
        rule->roles = entry->roles;
        snprintf(rule->account, sizeof rule->account, "%s", entry->account);
        key_text(entry->key, key);
        snprintf(rule->line, sizeof rule->line, "%s %s", key, entry->name);
        return true;
    }
    return false;
}
