/* manifest.c - from what the caller asks for to the manifest that travels */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bundle.h"
#include "manifest.h"
#include "place.h"
#include "wire.h"

/* The lists that a draft borrows. */
struct lists {
    struct bundle_file *files;
    struct bundle_pair *env;
    struct bundle_text *argv;
    struct bundle_pair *local_env;
    size_t env_count;
    size_t argv_count;
    size_t local_env_count;
    struct bundle_local local;
    char host_id[PLACE_HOST_ID];
    char *cwd;
};

static void lists_clear(struct lists *l)
{
    free(l->files);
    free(l->env);
    free(l->argv);
    free(l->local_env);
    free(l->cwd);
}

static int no_memory(struct par_error *err)
{
    return par_fail(err, ENOMEM, "out of memory");
}

static size_t count_words(const char *const *words)
{
    size_t n = 0;

    while (words && words[n])
        n++;
    return n;
}

/* "NAME=value"s as pairs.  A word without `=' is refused, or left out of an
 * environment that we did not make. */
static int pairs_of(const char *const *words,
                    bool strict,
                    struct bundle_pair **pairs,
                    size_t *count,
                    struct par_error *err)
{
    size_t n = count_words(words);

    *count = 0;
    *pairs = calloc(n + 1, sizeof **pairs);
    if (!*pairs)
        return no_memory(err);
    for (size_t i = 0; i < n; i++) {
        const char *eq = strchr(words[i], '=');

        if (!eq || eq == words[i]) {
            if (strict)
                return par_fail(err, EINVAL, "env `%s': NAME=value is wanted",
                                words[i]);
            continue;
        }
        (*pairs)[(*count)++] =
            (struct bundle_pair){.key = {words[i], (size_t)(eq - words[i])},
                                 .value = bundle_text(eq + 1)};
    }
    return 0;
}

/* One pair a name: the first, as in getenv(). */
static void drop_doubles(struct bundle_pair *pairs, size_t *count)
{
    size_t kept = 0;

    for (size_t i = 0; i < *count; i++) {
        bool again = false;

        for (size_t j = 0; j < kept && !again; j++)
            again = pairs[j].key.len == pairs[i].key.len &&
                    memcmp(pairs[j].key.data, pairs[i].key.data,
                           pairs[i].key.len) == 0;
        if (!again)
            pairs[kept++] = pairs[i];
    }
    *count = kept;
}

static int words_of(const char *const *words,
                    struct bundle_text **texts,
                    size_t *count,
                    struct par_error *err)
{
    *count = count_words(words);
    *texts = calloc(*count + 1, sizeof **texts);
    if (!*texts)
        return no_memory(err);
    for (size_t i = 0; i < *count; i++)
        (*texts)[i] = bundle_text(words[i]);
    return 0;
}

/* umask(2) can only be read by changing it, and other threads would notice. */
static unsigned own_umask(void)
{
    char line[128];
    unsigned mask = 022;
    FILE *f = fopen("/proc/self/status", "re");

    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "Umask: %o", &mask) == 1)
            break;
    if (f)
        fclose(f);
    return mask & 0777;
}

static int read_local(struct lists *l, struct par_error *err)
{
    if (place_host_id(l->host_id, err))
        return -1;
    l->cwd = getcwd(NULL, 0);
    if (!l->cwd)
        return par_fail(err, errno, "this directory: %s", strerror(errno));
    if (pairs_of((const char *const *)environ, false, &l->local_env,
                 &l->local_env_count, err))
        return -1;
    drop_doubles(l->local_env, &l->local_env_count);
    l->local = (struct bundle_local){.host_id = bundle_text(l->host_id),
                                     .uid = getuid(),
                                     .cwd = bundle_text(l->cwd),
                                     .umask = own_umask()};
    return 0;
}

static int read_files(struct manifest *m,
                      const struct par_setup *s,
                      struct lists *l,
                      struct par_error *err)
{
    if (strcmp(s->kind, "self") == 0) {
        /* Kept open: the program may be replaced or removed while it runs. */
        if (sources_add(&m->sources, "self", "/proc/self/exe", true, err))
            return -1;
    }
    for (const struct par_file *f = s->files; f && f->path; f++)
        if (sources_add(&m->sources, f->path, f->source ? f->source : f->path,
                        false, err))
            return -1;
    l->files = calloc(m->sources.count + 1, sizeof *l->files);
    if (!l->files)
        return no_memory(err);
    for (size_t i = 0; i < m->sources.count; i++) {
        const struct source *one = &m->sources.all[i];

        l->files[i] = (struct bundle_file){.path = bundle_text(one->path),
                                           .hash = one->hash,
                                           .size = one->size,
                                           .mode = one->mode};
    }
    return 0;
}

/* The label where the caller gives none: its first file's or word's name. */
static void make_name(struct manifest *m, const struct par_setup *s)
{
    const char *from = s->name;
    const char *slash;

    if (!from && strcmp(s->kind, "self") == 0)
        from = program_invocation_short_name;
    if (!from && m->sources.count > 0)
        from = m->sources.all[0].path;
    if (!from && s->argv && s->argv[0])
        from = s->argv[0];
    if (!from || !*from)
        from = s->kind;
    slash = s->name ? NULL : strrchr(from, '/');
    snprintf(m->name, sizeof m->name, "%s", slash ? slash + 1 : from);
    for (char *p = m->name; !s->name && *p; p++)
        if (!bundle_name_is_good(p, 1, 1))
            *p = '_';
}

/* Is it the environment that makes it too large: most of it, and without it all
 * would be well?  *len is its octets. */
static bool is_environment_too_large(struct bundle_draft draft, size_t *len)
{
    struct meta_writer rest = {0};
    bool fits;

    *len = 0;
    for (size_t i = 0; i < draft.local_env_count; i++)
        *len += draft.local_env[i].key.len + draft.local_env[i].value.len;
    draft.local_env_count = 0;
    fits = bundle_encode(&rest, &draft, NULL) == 0;
    meta_writer_clear(&rest);
    return fits && *len > WIRE_ITEM_MAX / 2;
}

static int encode(struct manifest *m,
                  const struct par_setup *s,
                  struct lists *l,
                  struct par_error *err)
{
    struct bundle_draft draft = {
        .name = m->name,
        .kind = bundle_kind_parse(s->kind, strlen(s->kind)),
        .files = l->files,
        .file_count = m->sources.count,
        .env = l->env,
        .env_count = l->env_count,
        .keep_files = s->keep_files,
        .argv = l->argv,
        .argv_count = l->argv_count,
        .local = s->local ? &l->local : NULL,
        .local_env = l->local_env,
        .local_env_count = l->local_env_count};
    struct par_error why;
    size_t len;

    if (bundle_encode(&m->bytes, &draft, &why) == 0)
        return 0;
    if (why.code == E2BIG && is_environment_too_large(draft, &len))
        return par_fail(err, E2BIG,
                        "the environment is too large to go along with a "
                        "command: %zu octets in %zu variables, which cost a "
                        "few more each; at most %d",
                        len, l->local_env_count, WIRE_ITEM_MAX);
    return par_fail(err, why.code, "%s", why.text);
}

static int check(const struct par_setup *s, struct par_error *err)
{
    if (!s->kind || bundle_kind_parse(s->kind, strlen(s->kind)) == BUNDLE_KINDS)
        return par_fail(err, EINVAL,
                        "kind: `%s' is none of object, source, exec, self",
                        s->kind ? s->kind : "");
    if ((s->local || s->argv) && strcmp(s->kind, "exec") != 0)
        return par_fail(err, EINVAL, "kind %s: %s is for exec", s->kind,
                        s->local ? "local" : "argv");
    return 0;
}

int manifest_make(struct manifest *m,
                  const struct par_setup *setup,
                  struct par_error *err)
{
    struct lists l = {0};
    int rc;

    *m = (struct manifest){0};
    rc = check(setup, err);
    if (rc == 0)
        rc = read_files(m, setup, &l, err);
    if (rc == 0)
        rc = pairs_of(setup->env, true, &l.env, &l.env_count, err);
    if (rc == 0)
        rc = words_of(setup->argv, &l.argv, &l.argv_count, err);
    if (rc == 0 && setup->local)
        rc = read_local(&l, err);
    if (rc == 0) {
        make_name(m, setup);
        rc = encode(m, setup, &l, err);
    }
    lists_clear(&l);
    return rc;
}

void manifest_clear(struct manifest *m)
{
    meta_writer_clear(&m->bytes);
    sources_clear(&m->sources);
}
