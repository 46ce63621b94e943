/* wordcount_run.c - count the words of many files on all CPUs: map and reduce
 *
 * (length: one whole program, as a user would write it)
 *
 *     wordcount_run [-c SLOTS] [-o FILE] [-l FILE] [FILE...]
 *
 * The functions are those of wordcount.c, which is compiled into this program
 * and runs in processes of its own (kind `self`).  Without files it takes what
 * every Debian has: /usr/share/common-licenses and each package's copyright
 * file, each file once however many links lead to it.  Files over 256 KiB are
 * cut at line ends, so that no word is; small ones share a job, for a job
 * should last much longer than it takes to send it.  For comparison with other
 * means, -o writes every word with its count, sorted by word, and -l the names
 * of the files that were read, each ended by a zero octet.
 */
#define _GNU_SOURCE
#include <par/client.h>
#include <par/task.h>

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    PIECE = 256 * 1024,
    SHARE = 16, /* jobs a slot, at least, if the files allow */
    TOP = 10
};

static const char letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/* ---- what to count ---- */

struct piece {
    const char *path;
    off_t offset;
    size_t len;
};

struct job {
    struct piece *pieces;
    size_t piece_count, piece_room;
    size_t *first; /* of each job's pieces, and the end of the last one's */
    size_t count;
    struct file {
        char *path;
        dev_t dev;
        ino_t ino;
    } * seen;
    size_t files, seen_room;
    unsigned long long bytes;
    char text[PIECE + 1];
    size_t done;
    int show; /* progress, on a terminal */
    unsigned long long busy_us;
    struct word *words;
    size_t size, used;
    struct par_error *err;
};

static void *more(void *p, size_t used, size_t *room, size_t each)
{
    if (used < *room)
        return p;
    *room = *room ? *room * 2 : 256;
    p = realloc(p, *room * each);
    if (!p) {
        fputs("wordcount_run: out of memory\n", stderr);
        exit(1);
    }
    return p;
}

/* A copy of its name, or NULL if it was here by another. */
static char *note(struct job *j, const char *path, const struct stat *st)
{
    for (size_t i = 0; i < j->files; i++)
        if (j->seen[i].dev == st->st_dev && j->seen[i].ino == st->st_ino)
            return NULL;
    j->seen = more(j->seen, j->files, &j->seen_room, sizeof *j->seen);
    j->seen[j->files] = (struct file){strdup(path), st->st_dev, st->st_ino};
    return j->seen[j->files++].path;
}

/* Where a piece that may have `len` octets should end: after a line end if
 * there is one, else after anything that is no letter. */
static size_t cut(int fd, off_t offset, size_t len, char *buffer)
{
    ssize_t n = pread(fd, buffer, len, offset);
    char *end = n > 0 ? memrchr(buffer, '\n', (size_t)n) : NULL;
    size_t at = n > 0 ? (size_t)n : 0;

    if (end)
        return (size_t)(end - buffer) + 1;
    while (at > 0 && strchr(letters, buffer[at - 1]) && buffer[at - 1])
        at--;
    return at > 0 ? at : len;
}

static void add_pieces(struct job *j, int fd, const char *path, off_t size)
{
    for (off_t at = 0; at < size;) {
        size_t len = (size_t)(size - at);

        if (len > PIECE)
            len = cut(fd, at, PIECE, j->text);
        j->pieces =
            more(j->pieces, j->piece_count, &j->piece_room, sizeof *j->pieces);
        j->pieces[j->piece_count++] = (struct piece){path, at, len};
        at += (off_t)len;
    }
    j->bytes += (unsigned long long)size;
}

static int add_file(struct job *j, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    char *noted;
    int rc = -1;

    if (fd >= 0 && fstat(fd, &st) == 0) {
        if (!S_ISREG(st.st_mode)) {
            errno = EINVAL;
        } else {
            noted = st.st_size > 0 ? note(j, path, &st) : NULL;
            if (noted)
                add_pieces(j, fd, noted, st.st_size);
            rc = 0;
        }
    }
    if (rc)
        fprintf(stderr, "wordcount_run: %s: %s\n", path,
                errno == EINVAL ? "no regular file" : strerror(errno));
    if (fd >= 0)
        close(fd);
    return rc;
}

static int add_all(struct job *j)
{
    glob_t found = {0};
    int rc = 0;

    glob("/usr/share/common-licenses/*", 0, NULL, &found);
    glob("/usr/share/doc/*/copyright", GLOB_APPEND, NULL, &found);
    for (size_t i = 0; rc == 0 && i < found.gl_pathc; i++)
        if (access(found.gl_pathv[i], R_OK) == 0) /* no dangling link */
            rc = add_file(j, found.gl_pathv[i]);
    globfree(&found);
    return rc;
}

/* Which pieces go together. */
static void make_jobs(struct job *j, int slots)
{
    size_t most = (size_t)j->bytes / (size_t)(slots * SHARE), room = 0, len = 0;

    if (most > PIECE)
        most = PIECE;
    for (size_t i = 0; i < j->piece_count; i++) {
        size_t own = j->pieces[i].len + 1; /* and a line end */

        if (i == 0 || len + own > most) {
            j->first = more(j->first, j->count + 1, &room, sizeof *j->first);
            j->first[j->count++] = i;
            len = 0;
        }
        len += own;
    }
    if (j->count)
        j->first[j->count] = j->piece_count;
}

static int list_files(const struct job *j, const char *path)
{
    FILE *out = fopen(path, "w");

    for (size_t i = 0; out && i < j->files; i++)
        fwrite(j->seen[i].path, 1, strlen(j->seen[i].path) + 1, out);
    if (out && fclose(out) == 0)
        return 0;
    fprintf(stderr, "wordcount_run: %s: %s\n", path, strerror(errno));
    return -1;
}

/* ---- the reduction: one table of all words ---- */

struct word {
    char *text; /* NULL: free */
    size_t len;
    long long count;
};

static struct word *find(struct job *j, const char *text, size_t len)
{
    size_t hash = 5381; /* Bernstein */
    size_t i;

    for (i = 0; i < len; i++)
        hash = hash * 33 ^ (unsigned char)text[i];
    for (i = hash & (j->size - 1); j->words[i].text;
         i = (i + 1) & (j->size - 1))
        if (j->words[i].len == len && !memcmp(j->words[i].text, text, len))
            break;
    return &j->words[i];
}

static void add_words(struct job *j, const char *text, size_t len, long long n)
{
    struct word *w = find(j, text, len);

    if (!w->text) {
        w->text = strndup(text, len);
        w->len = len;
        j->used++;
    }
    w->count += n;
    if (j->used > j->size / 2) {
        struct word *old = j->words;
        size_t size = j->size;

        j->size *= 2;
        j->words = calloc(j->size, sizeof *j->words);
        for (size_t i = 0; i < size; i++)
            if (old[i].text)
                *find(j, old[i].text, old[i].len) = old[i];
        free(old);
    }
}

/* ---- the map ---- */

static size_t read_piece(const struct piece *p, char *text)
{
    int fd = open(p->path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : pread(fd, text, p->len, p->offset);

    if (n < 0)
        fprintf(stderr, "wordcount_run: %s: %s\n", p->path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return n < 0 ? 0 : (size_t)n;
}

static int next_text(void *context, uint64_t index, struct par_value *args)
{
    struct job *j = context;
    size_t len = 0;

    if (index >= j->count)
        return -1;
    for (size_t i = j->first[index]; i < j->first[index + 1]; i++) {
        len += read_piece(&j->pieces[i], j->text + len);
        j->text[len++] = '\n';
    }
    args[0] = par_value_bytes(j->text, len);
    return 1;
}

static int take_result(void *context,
                       uint64_t index,
                       const struct par_result *r)
{
    struct job *j = context;
    struct par_reader in;
    struct par_value word, count;

    if (r->status != PAR_OK) {
        char text[400];

        par_fail(j->err, PAR_CODE(r->status), "%s: %s",
                 j->pieces[j->first[index]].path,
                 par_result_error(r, text, sizeof text));
        return 1;
    }
    j->busy_us += r->wall_us;
    par_read_result(&in, r);
    if (par_read(&in, &word) == PAR_T_MAP)
        while (par_read(&in, &word) == PAR_T_STR &&
               par_read(&in, &count) == PAR_T_INT)
            add_words(j, word.data, word.len, count.i);
    j->done++;
    if (j->show)
        fprintf(stderr, "\r%zu of %zu jobs%s", j->done, j->count,
                j->done == j->count ? "\r                              \r"
                                    : "");
    return 0;
}

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Count everything on `slots` slots.  Returns the seconds it took, from a
 * worker that is ready to the last word; negative if it failed. */
static double count_words(struct job *j, int slots, struct par_error *err)
{
    struct par_options options = {.private_broker = true, .slots = slots};
    struct par_client *c = par_open(NULL, &options, err);
    struct par_function words;
    struct par_map map = {.function = &words,
                          .context = j,
                          .next = next_text,
                          .each = take_result,
                          .unordered = true};
    double began, took = -1;

    j->err = err;
    j->done = 0;
    j->busy_us = 0;
    if (c && !par_self(c, "words", &words, err)) {
        began = seconds();
        if (!par_map(c, &map, err) && !err->code)
            took = seconds() - began;
    }
    par_close(c);
    return took;
}

/* ---- the report ---- */

static int by_count(const void *a, const void *b)
{
    const struct word *x = a, *y = b;

    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    return strcmp(x->text, y->text);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(((const struct word *)a)->text,
                  ((const struct word *)b)->text);
}

/* Squeeze the table into an array of its words. */
static struct word *list_words(const struct job *j)
{
    struct word *all = calloc(j->used + 1, sizeof *all);
    size_t n = 0;

    for (size_t i = 0; i < j->size; i++)
        if (j->words[i].text)
            all[n++] = j->words[i];
    return all;
}

static int write_all(const struct job *j, struct word *all, const char *path)
{
    FILE *out = fopen(path, "w");

    if (!out) {
        fprintf(stderr, "wordcount_run: %s: %s\n", path, strerror(errno));
        return -1;
    }
    qsort(all, j->used, sizeof *all, by_text);
    for (size_t i = 0; i < j->used; i++)
        fprintf(out, "%lld %s\n", all[i].count, all[i].text);
    return fclose(out);
}

static void report(
    struct job *j, int slots, double one, double many, const char *path)
{
    struct word *all = list_words(j);

    qsort(all, j->used, sizeof *all, by_count);
    for (size_t i = 0; i < TOP && i < j->used; i++)
        printf("%10lld  %s\n", all[i].count, all[i].text);
    printf("%zu jobs on %d slots: %.2f s, %.0f us of overhead a job, %.2f "
           "times as fast as one slot\n",
           j->count, slots, many,
           (many * 1e6 * slots - (double)j->busy_us) / (double)j->count,
           one / many);
    if (path && write_all(j, all, path))
        exit(1);
    free(all);
}

static void begin_table(struct job *j)
{
    for (size_t i = 0; i < j->size; i++)
        free(j->words[i].text);
    free(j->words);
    j->size = 1 << 16;
    j->used = 0;
    j->words = calloc(j->size, sizeof *j->words);
}

struct choices {
    int slots;
    const char *table; /* -o */
    const char *list;  /* -l */
};

/* Those that this process may use. */
static int cpus(void)
{
    cpu_set_t set;

    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

static int read_options(struct choices *c, int argc, char **argv)
{
    int option;

    while ((option = getopt(argc, argv, "c:o:l:")) != -1)
        switch (option) {
        case 'c':
            c->slots = atoi(optarg);
            break;
        case 'o':
            c->table = optarg;
            break;
        case 'l':
            c->list = optarg;
            break;
        default:
            return -1;
        }
    if (c->slots > 0)
        return 0;
    fputs("wordcount_run: -c wants a number of slots\n", stderr);
    return -1;
}

int main(int argc, char **argv)
{
    static struct job j;
    struct choices c = {.slots = cpus()};
    struct par_error err = {0};
    double one, many;

    par_main(&argc, &argv);
    if (read_options(&c, argc, argv))
        return 2;
    for (int i = optind; i < argc; i++)
        if (add_file(&j, argv[i]))
            return 1;
    if (optind == argc && add_all(&j))
        return 1;
    if (c.list && list_files(&j, c.list))
        return 1;
    make_jobs(&j, c.slots);
    printf("%zu files, %llu bytes, in %zu jobs\n", j.files, j.bytes, j.count);
    if (j.count == 0)
        return 0;
    fflush(stdout);
    j.show = isatty(STDERR_FILENO);
    begin_table(&j);
    one = count_words(&j, 1, &err);
    begin_table(&j);
    many = one < 0 ? -1 : count_words(&j, c.slots, &err);
    if (many < 0) {
        fprintf(stderr, "wordcount_run: %s\n", err.text);
        return 1;
    }
    report(&j, c.slots, one, many, c.table);
    return 0;
}
