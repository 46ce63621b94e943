/* scratch.h - a folder of a test's own, and files in it */
#ifndef PAR_TESTS_UNIT_SCRATCH_H
#define PAR_TESTS_UNIT_SCRATCH_H

#include <criterion/criterion.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char scratch[64];

/* For .init. */
static inline void scratch_make(void)
{
    const char *tmp = getenv("TMPDIR");

    if (!tmp || strlen(tmp) > 40)
        tmp = "/tmp";
    snprintf(scratch, sizeof scratch, "%s/par.XXXXXX", tmp);
    cr_assert(mkdtemp(scratch) != NULL);
}

static inline int scratch_remove_one(const char *path,
                                     const struct stat *st,
                                     int type,
                                     struct FTW *where)
{
    (void)st;
    (void)type;
    (void)where;
    return remove(path);
}

/* For .fini: the folder and all that is in it. */
static inline void scratch_remove(void)
{
    nftw(scratch, scratch_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* SCRATCH/NAME; one of eight buffers in turn. */
static inline const char *scratch_path(const char *name)
{
    static char paths[8][PATH_MAX];
    static unsigned turn;
    char *path = paths[turn++ % 8];

    snprintf(path, PATH_MAX, "%s/%s", scratch, name);
    return path;
}

static inline const char *scratch_write(const char *name,
                                        mode_t mode,
                                        const char *text)
{
    const char *path = scratch_path(name);
    FILE *f = fopen(path, "w");

    cr_assert(f != NULL);
    cr_assert(fputs(text, f) >= 0);
    cr_assert(fclose(f) == 0);
    cr_assert(chmod(path, mode) == 0);
    return path;
}

/* What a file holds; one buffer. */
static inline const char *scratch_read(const char *path)
{
    static char text[65536];
    FILE *f = fopen(path, "r");
    size_t len;

    cr_assert(f != NULL, "%s", path);
    len = fread(text, 1, sizeof text - 1, f);
    text[len] = '\0';
    fclose(f);
    return text;
}

#endif
