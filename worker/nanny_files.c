/* nanny_files.c - a computation's files: fetched, verified, placed, removed
 *
 * Fetching is the loop's (a piece is hashed as it comes); all that reads or
 * writes whole files is done by the disk thread, on a copy of what it needs to
 * know or on what does not change meanwhile.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "beneath.h"
#include "build.h"
#include "elf.h"
#include "engine.h"
#include "environ.h"
#include "meta_keys.h"
#include "nanny_build.h"
#include "nanny_files.h"
#include "nanny_say.h"
#include "rubbish.h"

enum {
    AT_A_TIME = 4,         /* files of one computation on their way */
    ASK_MAX = 1024 * 1024, /* octets asked for at a time */
    ROUNDS_MAX = 3,        /* so often a spoilt cache is mended */
    MODE_MASK = 0755
};

/* One file on its way. */
struct fetch {
    struct list node;
    struct comp *comp;
    uint64_t id;
    struct bundle_file file;
    uint64_t got;
    uint64_t asked; /* octets asked for so far */
    struct cache_file *into;
};

/* ---- fetching ---- */

static void say_need(struct nanny *n, struct fetch *f)
{
    uint64_t length = f->file.size - f->got < ASK_MAX ? f->file.size - f->got
                                                      : (uint64_t)ASK_MAX;
    struct wire_header head = {
        .type = WIRE_BLOB_NEED, .id = f->id, .ref = f->got};
    struct meta_writer meta = {0};

    f->asked = f->got + length;
    meta_put_map(&meta, 2);
    meta_pair_bin(&meta, KEY_BLOB_HASH, f->file.hash.bytes, DIGEST_SIZE);
    meta_pair_int(&meta, KEY_BLOB_LENGTH, (int64_t)length);
    nanny_say(n, &head, &meta, NULL, 0);
    meta_writer_clear(&meta);
}

static void end_fetch(struct fetch *f)
{
    f->comp->fetching--;
    cache_abandon(f->into);
    list_remove(&f->node);
    free(f);
}

static void fail_file(struct fetch *f, const char *why)
{
    char text[PAR_ERROR_TEXT];

    snprintf(text, sizeof text, "file %.*s: %.180s",
             (int)(f->file.path.len < 200 ? f->file.path.len : 200),
             f->file.path.data, why);
    comp_fail(f->comp, PAR_SETUP_FAILED, text);
    end_fetch(f);
}

/* Returns -1 when the set-up has failed. */
static int begin_fetch(struct nanny *n,
                       struct comp *c,
                       const struct bundle_file *file)
{
    struct fetch *f = calloc(1, sizeof *f);
    struct par_error err = {0};

    if (!f) {
        comp_fail(c, PAR_INTERNAL, "out of memory");
        return -1;
    }
    f->comp = c;
    f->file = *file;
    f->id = ++n->last_id;
    list_append(&n->fetches, &f->node);
    c->fetching++;
    f->into = cache_begin(n->cache, &file->hash, file->size, &err);
    if (!f->into) {
        fail_file(f, err.text);
        return -1;
    }
    say_need(n, f);
    return 0;
}

void nanny_fetch(struct nanny *n, struct comp *c)
{
    struct bundle_file f;

    while (c->fetching < AT_A_TIME && bundle_next_file(&c->files_left, &f))
        if (f.size && !cache_has(n->cache, &f.hash, f.size) &&
            begin_fetch(n, c, &f))
            return;
    if (c->fetching == 0)
        nanny_place(n, c);
}

void nanny_fetch_cancel(struct nanny *n, struct comp *c)
{
    struct list *i, *next;

    for (i = n->fetches.next; i != &n->fetches; i = next) {
        struct fetch *f = LIST_ENTRY(i, struct fetch, node);

        next = i->next;
        if (f->comp == c)
            end_fetch(f);
    }
}

static struct fetch *find_fetch(struct nanny *n, uint64_t id)
{
    for (struct list *i = n->fetches.next; i != &n->fetches; i = i->next) {
        struct fetch *f = LIST_ENTRY(i, struct fetch, node);

        if (f->id == id)
            return f;
    }
    return NULL;
}

bool nanny_fetch_failed(struct nanny *n, uint64_t id, const char *text)
{
    struct fetch *f = find_fetch(n, id);

    if (f)
        fail_file(f, *text ? text : "nobody has it");
    return f != NULL;
}

static void finish_fetch(struct fetch *f)
{
    struct cache_file *into = f->into;
    struct par_error err = {0};

    f->into = NULL;
    if (cache_finish(into, &err))
        fail_file(f, err.text);
    else
        end_fetch(f);
}

void nanny_on_blob(struct nanny *n, const struct wire_msg *m)
{
    struct fetch *f = find_fetch(n, m->head.id);
    struct wire_item item = {0};
    size_t cursor = 0;
    struct par_error err = {0};

    if (!f || !wire_next(m, &cursor, &item))
        return;
    if (m->head.ref != f->got || item.len == 0 ||
        item.len > f->asked - f->got) {
        fail_file(f, "its pieces do not come in order");
        return;
    }
    if (cache_add(f->into, item.data, item.len, &err)) {
        fail_file(f, err.text);
        return;
    }
    f->got += item.len;
    if (f->got == f->file.size)
        finish_fetch(f);
    else if (m->head.flags & WIRE_FINAL)
        fail_file(f, "it is shorter than announced");
    else if (f->got == f->asked)
        say_need(n, f);
}

/* ---- the disk thread's work ---- */

struct files_work {
    struct disk_work work; /* first */
    struct nanny *nanny;
    struct comp *comp;
    bool built;                /* of source: an object was found in the cache */
    char rubbish[COMP_FOLDER]; /* where its old folder goes, to be removed */
};

static struct files_work *work_of(struct disk_work *w)
{
    return (struct files_work *)(void *)w;
}

static struct files_work *post(
    struct nanny *n,
    struct comp *c,
    int (*run)(struct disk_work *, struct par_error *),
    void (*done)(struct disk_work *, int, const struct par_error *))
{
    struct files_work *w = calloc(1, sizeof *w);

    if (!w)
        return NULL;
    w->work.run = run;
    w->work.done = done;
    w->nanny = n;
    w->comp = c;
    c->disk_is_busy = true;
    snprintf(w->rubbish, sizeof w->rubbish, "%s/x%llu", n->run_dir,
             (unsigned long long)++n->last_id);
    disk_post(n->disk, DISK_WANTED, &w->work);
    return w;
}

static int place_file(struct nanny *n,
                      int folder,
                      const struct bundle_file *f,
                      struct par_error *err)
{
    char path[BENEATH_PATH + 1];
    int fd, result = 0;

    snprintf(path, sizeof path, "%.*s", (int)f->path.len, f->path.data);
    fd = beneath_create(folder, path, 0600, err);
    if (fd < 0)
        return -1;
    if (f->size)
        result = cache_copy(n->cache, &f->hash, f->size, fd, err);
    if (result == 0 && fchmod(fd, (f->mode & MODE_MASK) | S_IRUSR) < 0)
        result = par_fail(err, errno, "%s", strerror(errno));
    close(fd);
    return result ? par_fail_in(err, path) : 0;
}

static int place_all(struct nanny *n, struct comp *c, struct par_error *err)
{
    struct meta_reader files = c->bundle.files;
    struct bundle_file f;
    int folder, result = 0;

    if (mkdir(c->folder, 0700) < 0)
        return par_fail(err, errno, "%s: %s", c->folder, strerror(errno));
    folder = open(c->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return par_fail(err, errno, "%s: %s", c->folder, strerror(errno));
    while (result == 0 && bundle_next_file(&files, &f))
        result = place_file(n, folder, &f, err);
    close(folder);
    return result;
}

static ssize_t read_head(const char *path, uint8_t *head)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : read(fd, head, ELF_HEAD);

    if (fd >= 0)
        close(fd);
    return len > 0 ? len : 0;
}

static int check_object(const struct comp *c, struct par_error *err)
{
    uint8_t head[ELF_HEAD], own[ELF_HEAD];
    ssize_t len = read_head(c->object, head);
    ssize_t own_len = read_head("/proc/self/exe", own);

    return elf_fits(head, (size_t)len, own, (size_t)own_len,
                    c->object + strlen(c->folder) + 1, err)
               ? 0
               : -1;
}

/* On thread slots a program is this very one, or it cannot be run. */
static int check_self(struct nanny *n,
                      const struct comp *c,
                      struct par_error *err)
{
    struct meta_reader files = c->bundle.files;
    struct bundle_file f;
    struct digest own;
    uint64_t size;
    int fd;

    if (!n->settings->threads || !bundle_next_file(&files, &f))
        return 0;
    fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return par_fail(err, errno, "/proc/self/exe: %s", strerror(errno));
    if (digest_of_file(&own, &size, fd, err)) {
        close(fd);
        return -1;
    }
    close(fd);
    return digest_equal(&own, &f.hash)
               ? 0
               : par_fail(err, ENOEXEC,
                          "a worker with thread slots runs no program but its "
                          "own");
}

/* Away with its files, at once, however many a job has left there: whoever
 * waits for that does not wait until they are removed. */
static void clear_away(struct files_work *f)
{
    const struct comp *c = f->comp;

    if (!c->folder[0] || rename(c->folder, f->rubbish) < 0)
        f->rubbish[0] = 0;
    if (c->bundle.kind == BUNDLE_SOURCE)
        unlink(c->object);
}

static void work_free(struct files_work *f)
{
    if (!f->nanny->closing && f->rubbish[0])
        rubbish_remove(f->nanny->disk, f->rubbish);
    free(f);
}

static int run_place(struct disk_work *w, struct par_error *err)
{
    struct files_work *f = work_of(w);
    struct nanny *n = f->nanny;
    struct comp *c = f->comp;

    clear_away(f); /* what is left, if it is not the first time */
    if (place_all(n, c, err))
        return -1;
    cache_trim(n->cache, (int64_t)time(NULL), NULL);
    if (c->bundle.kind == BUNDLE_OBJECT)
        return check_object(c, err);
    if (c->bundle.kind == BUNDLE_SELF)
        return check_self(n, c, err);
    if (c->bundle.kind == BUNDLE_SOURCE)
        return build_look(n->cache, &c->bundle,
                          environ_get(n->environment, "PATH"), c->object,
                          &f->built, err);
    return 0;
}

static void done_place(struct disk_work *w,
                       int result,
                       const struct par_error *err)
{
    struct files_work *f = work_of(w);
    struct nanny *n = f->nanny;
    struct comp *c = f->comp;
    struct par_error why = *err; /* it lies in f */
    bool built = f->built;

    work_free(f);
    c->disk_is_busy = false;
    if (n->closing || c->state != COMP_PLACING)
        return;
    if (result && why.code == ENOENT && ++c->fetch_rounds < ROUNDS_MAX) {
        /* the cache was spoilt: fetch once more */
        c->files_left = c->bundle.files;
        c->state = COMP_FETCHING;
    } else if (result) {
        comp_fail(c, PAR_SETUP_FAILED, why.text);
    } else if (comp_is_exec(c)) {
        c->state = COMP_READY;
        c->host_is_set_up = true;
    } else if (c->bundle.kind == BUNDLE_SOURCE && !built) {
        nanny_build(n, c);
    } else {
        c->state = COMP_STARTING;
    }
}

/* Where its files will be, and what a slot will load. */
static void name_places(struct nanny *n, struct comp *c)
{
    struct meta_reader files = c->bundle.files;
    struct bundle_file first;

    snprintf(c->folder, sizeof c->folder, "%s/c%u", n->run_dir, c->number);
    if (c->bundle.kind == BUNDLE_SOURCE)
        snprintf(c->object, sizeof c->object, "%s/c%u.so", n->run_dir,
                 c->number);
    else if (c->bundle.kind != BUNDLE_EXEC && bundle_next_file(&files, &first))
        snprintf(c->object, sizeof c->object, "%s/%.*s", c->folder,
                 (int)first.path.len, first.path.data);
}

void nanny_place(struct nanny *n, struct comp *c)
{
    /* Not before: a private worker that runs one command does not wait for
     * it, and now the disk thread is started anyway. */
    if (!n->swept)
        rundir_sweep_later(n->disk, n->run_dir);
    n->swept = true;
    name_places(n, c);
    c->state = COMP_PLACING;
    if (!post(n, c, run_place, done_place))
        comp_fail(c, PAR_INTERNAL, "out of memory");
}

/* ---- away ---- */

static int run_remove(struct disk_work *w, struct par_error *err)
{
    (void)err; /* what stays goes with the run directory */
    clear_away(work_of(w));
    return 0;
}

static void done_remove(struct disk_work *w,
                        int result,
                        const struct par_error *err)
{
    struct files_work *f = work_of(w);
    struct comp *c = f->comp;

    (void)result;
    (void)err;
    work_free(f);
    c->disk_is_busy = false;
    c->folder[0] = c->object[0] = 0;
}

void nanny_remove_files(struct nanny *n, struct comp *c)
{
    if (!post(n, c, run_remove, done_remove))
        c->folder[0] = c->object[0] = 0;
}
