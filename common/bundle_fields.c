/* bundle_fields.c - what each key of a manifest may say: a table of readers */
#include "config.h"

#include "bundle.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "bundle_keys.h"
#include "signature.h"

static int check_count(size_t count, size_t most, struct par_error *err)
{
    if (count <= most)
        return 0;
    return par_fail(err, E2BIG, "%zu of them, at most %zu", count, most);
}

/* Order by component: what lies in a folder follows that folder's name at
 * once, because no octet sorts before `/'. */
static int compare_paths(const void *left, const void *right)
{
    const struct bundle_text *a = left;
    const struct bundle_text *b = right;
    size_t common = a->len < b->len ? a->len : b->len;

    for (size_t i = 0; i < common; i++) {
        int x = a->data[i] == '/' ? 0 : (unsigned char)a->data[i];
        int y = b->data[i] == '/' ? 0 : (unsigned char)b->data[i];

        if (x != y)
            return x - y;
    }
    return (a->len > b->len) - (a->len < b->len);
}

/* No name twice, and none that is another's folder.  Sorts them. */
static int check_distinct(struct bundle_text *names,
                          size_t count,
                          struct par_error *err)
{
    qsort(names, count, sizeof *names, compare_paths);
    for (size_t i = 1; i < count; i++) {
        const struct bundle_text *a = &names[i - 1];
        const struct bundle_text *b = &names[i];

        if (b->len < a->len || memcmp(a->data, b->data, a->len) != 0)
            continue;
        if (b->len == a->len)
            return bundle_fail(err, EINVAL, *a, "comes twice");
        if (b->data[a->len] == '/')
            return bundle_fail(err, EINVAL, *a, "is both a file and a folder");
    }
    return 0;
}

/* ---- one reader for each key ---- */

static int read_name(struct bundle *b,
                     const struct meta_value *v,
                     struct meta_reader r,
                     struct par_error *err)
{
    (void)r;
    b->name = (struct bundle_text){(const char *)v->data, v->len};
    if (bundle_name_is_good(b->name.data, b->name.len, BUNDLE_NAME))
        return 0;
    return bundle_fail(err, EINVAL, b->name,
                       "is not 1 to 128 printable ASCII characters without "
                       "space, `:' and `/'");
}

static int read_kind(struct bundle *b,
                     const struct meta_value *v,
                     struct meta_reader r,
                     struct par_error *err)
{
    struct bundle_text kind = {(const char *)v->data, v->len};

    (void)r;
    b->kind = bundle_kind_parse(kind.data, kind.len);
    if (b->kind != BUNDLE_KINDS)
        return 0;
    return bundle_fail(err, ENOTSUP, kind,
                       "is none of self, object, source, exec, python");
}

static int check_function_name(struct bundle_text name, struct par_error *err)
{
    if (bundle_name_is_good(name.data, name.len, BUNDLE_FUNCTION))
        return 0;
    return bundle_fail(err, EINVAL, name,
                       "is not 1 to 63 printable ASCII characters without "
                       "space, `:' and `/'");
}

static int check_function(const struct bundle_function *f,
                          struct par_error *err)
{
    struct signature signature;
    char name[BUNDLE_FUNCTION + 1];

    if (check_function_name(f->name, err) < 0)
        return -1;
    if (signature_parse(&signature, f->signature.data, f->signature.len, err) ==
        0)
        return 0;
    snprintf(name, sizeof name, "%.*s", (int)f->name.len, f->name.data);
    return par_fail_in(err, name);
}

static int read_functions(struct bundle *b,
                          const struct meta_value *v,
                          struct meta_reader r,
                          struct par_error *err)
{
    struct bundle_text names[BUNDLE_FUNCTIONS];

    b->function_count = v->len;
    b->functions = r;
    if (check_count(v->len, BUNDLE_FUNCTIONS, err) < 0)
        return -1;
    for (size_t i = 0; i < v->len; i++) {
        struct bundle_function f;

        if (!bundle_next_function(&r, &f))
            return par_fail(err, EINVAL, "number %zu is not [name, signature]",
                            i);
        if (check_function(&f, err) < 0)
            return -1;
        names[i] = f.name;
    }
    return check_distinct(names, v->len, err);
}

static int check_file(const struct bundle_file *file, struct par_error *err)
{
    const char *fault = bundle_path_fault(file->path.data, file->path.len);
    char what[BUNDLE_QUOTE];

    if (fault) {
        snprintf(what, sizeof what, "is no safe path: %s", fault);
        return bundle_fail(err, EINVAL, file->path, what);
    }
    if (file->size <= BUNDLE_FILE_MAX)
        return 0;
    snprintf(what, sizeof what, "has %llu octets, at most %llu",
             (unsigned long long)file->size,
             (unsigned long long)BUNDLE_FILE_MAX);
    return bundle_fail(err, E2BIG, file->path, what);
}

static int read_files(struct bundle *b,
                      const struct meta_value *v,
                      struct meta_reader r,
                      struct par_error *err)
{
    struct bundle_text paths[BUNDLE_FILES];

    b->file_count = v->len;
    b->files = r;
    if (check_count(v->len, BUNDLE_FILES, err) < 0)
        return -1;
    for (size_t i = 0; i < v->len; i++) {
        struct bundle_file file;

        if (!bundle_next_file(&r, &file))
            return par_fail(err, EINVAL,
                            "number %zu is not [path, hash of 32 octets, size, "
                            "mode]",
                            i);
        if (check_file(&file, err) < 0)
            return -1;
        paths[i] = file.path;
    }
    return check_distinct(paths, v->len, err);
}

static int read_hooks(struct bundle *b,
                      const struct meta_value *v,
                      struct meta_reader r,
                      struct par_error *err)
{
    struct bundle_pair pair;

    for (size_t i = 0; i < v->len; i++) {
        size_t hook;

        if (!bundle_next_pair(&r, &pair))
            return par_fail(err, EINVAL, "number %zu is not text: text", i);
        hook = bundle_find_word(bundle_hook_names, BUNDLE_HOOKS, pair.key.data,
                                pair.key.len);
        if (hook == BUNDLE_HOOKS)
            return bundle_fail(err, ENOTSUP, pair.key, "is no hook");
        if (check_function_name(pair.value, err) < 0)
            return -1;
        b->hooks[hook] = pair.value;
    }
    return 0;
}

static bool holds_zero(struct bundle_text text)
{
    return memchr(text.data, '\0', text.len) != NULL;
}

static int check_env(const struct meta_value *v,
                     struct meta_reader r,
                     struct par_error *err)
{
    struct bundle_pair pair;

    if (check_count(v->len, BUNDLE_ENTRIES, err) < 0)
        return -1;
    for (size_t i = 0; i < v->len; i++) {
        if (!bundle_next_pair(&r, &pair))
            return par_fail(err, EINVAL, "number %zu is not text: text", i);
        if (pair.key.len == 0 || holds_zero(pair.key) ||
            memchr(pair.key.data, '=', pair.key.len))
            return bundle_fail(err, EINVAL, pair.key,
                               "is no name of a variable");
        if (holds_zero(pair.value))
            return bundle_fail(err, EINVAL, pair.key, "holds a zero octet");
    }
    return 0;
}

static int read_env(struct bundle *b,
                    const struct meta_value *v,
                    struct meta_reader r,
                    struct par_error *err)
{
    b->env_count = v->len;
    b->env = r;
    return check_env(v, r, err);
}

/* A map text: int with words of a table; their values go to `values`. */
static int read_words(uint64_t *values,
                      const char *const *words,
                      size_t count,
                      const struct meta_value *map,
                      struct meta_reader r,
                      struct par_error *err)
{
    for (size_t i = 0; i < map->len; i++) {
        struct bundle_text key;
        struct meta_value v;
        size_t word;

        if (!bundle_next_text(&r, &key))
            return par_fail(err, EINVAL, "key number %zu is no text", i);
        word = bundle_find_word(words, count, key.data, key.len);
        if (word == count)
            return bundle_fail(err, ENOTSUP, key, "is not supported");
        if (!meta_next(&r, &v) || !bundle_is_uint(&v, &values[word]))
            return bundle_fail(err, EINVAL, key,
                               "is not an integer of 0 or more");
    }
    return 0;
}

static int read_limits(struct bundle *b,
                       const struct meta_value *v,
                       struct meta_reader r,
                       struct par_error *err)
{
    return read_words(b->limits, bundle_limit_names, BUNDLE_LIMITS, v, r, err);
}

static int read_caps(struct bundle *b,
                     const struct meta_value *v,
                     struct meta_reader r,
                     struct par_error *err)
{
    static const char *const words[] = {"max_file_size"};

    return read_words(&b->max_file_size, words, 1, v, r, err);
}

static int read_sandbox(struct bundle *b,
                        const struct meta_value *v,
                        struct meta_reader r,
                        struct par_error *err)
{
    struct bundle_text profile = {(const char *)v->data, v->len};

    (void)b;
    (void)r;
    if (bundle_text_is(profile, "none"))
        return 0;
    return bundle_fail(err, ENOTSUP, profile, "is not supported, only `none'");
}

static int read_cleanup(struct bundle *b,
                        const struct meta_value *v,
                        struct meta_reader r,
                        struct par_error *err)
{
    (void)r;
    (void)err;
    b->cleanup = v->boolean;
    return 0;
}

static int read_argv(struct bundle *b,
                     const struct meta_value *v,
                     struct meta_reader r,
                     struct par_error *err)
{
    struct bundle_text word;

    b->argv_count = v->len;
    b->argv = r;
    if (check_count(v->len, BUNDLE_ENTRIES, err) < 0)
        return -1;
    for (size_t i = 0; i < v->len; i++) {
        if (!bundle_next_text(&r, &word))
            return par_fail(err, EINVAL, "number %zu is no text", i);
        if (holds_zero(word))
            return bundle_fail(err, EINVAL, word, "holds a zero octet");
    }
    return 0;
}

/* A text in the map of key 20; its data is NULL if it is not there. */
static struct bundle_text find_text(const void *map, size_t len, unsigned key)
{
    struct meta_value v;

    if (!meta_find(map, len, key, &v, NULL) || v.kind != META_STR)
        return (struct bundle_text){0};
    return (struct bundle_text){(const char *)v.data, v.len};
}

static int find_uint(
    const void *map, size_t len, unsigned key, uint64_t most, uint64_t *n)
{
    struct meta_value v;

    meta_find(map, len, key, &v, NULL);
    return bundle_is_uint(&v, n) && *n <= most ? 0 : -1;
}

static int read_local_env(struct bundle *b,
                          const void *map,
                          size_t len,
                          struct par_error *err)
{
    struct meta_reader r;
    struct meta_value v;

    meta_find(map, len, KEY_LOCAL_ENV, &v, &r);
    if (v.kind == META_END || v.kind == META_NIL)
        return 0;
    if (v.kind != META_MAP)
        return par_fail(err, EINVAL, "key 5 (env) is no map");
    b->local_env_count = v.len;
    b->local_env = r;
    return check_env(&v, r, err) < 0 ? par_fail_in(err, "env") : 0;
}

static int read_local(struct bundle *b,
                      const struct meta_value *v,
                      struct meta_reader r,
                      struct par_error *err)
{
    const uint8_t *map = v->raw;
    size_t len = (size_t)(r.end - map);
    uint64_t uid;
    uint64_t mask;

    b->has_local = true;
    b->local.host_id = find_text(map, len, KEY_LOCAL_HOST_ID);
    b->local.cwd = find_text(map, len, KEY_LOCAL_CWD);
    if (b->local.host_id.len < 1 || b->local.host_id.len > BUNDLE_NAME)
        return par_fail(err, EINVAL,
                        "key 1 (host-id) is not a text of 1 to 128 octets");
    if (find_uint(map, len, KEY_LOCAL_UID, UINT32_MAX, &uid) < 0)
        return par_fail(err, EINVAL, "key 2 (uid) is no user's number");
    if (b->local.cwd.len < 1 || b->local.cwd.len > BUNDLE_PATH ||
        b->local.cwd.data[0] != '/' || holds_zero(b->local.cwd))
        return par_fail(err, EINVAL, "key 3 (cwd) is no absolute path");
    if (find_uint(map, len, KEY_LOCAL_UMASK, 0777, &mask) < 0)
        return par_fail(err, EINVAL, "key 4 (umask) is not in 0 to 0777");
    b->local.uid = (uint32_t)uid;
    b->local.umask = (unsigned)mask;
    return read_local_env(b, map, len, err);
}

const struct bundle_field bundle_fields[BUNDLE_KEYS] = {
    [KEY_MANIFEST_NAME] = {"name", read_name, META_STR},
    [KEY_MANIFEST_KIND] = {"kind", read_kind, META_STR},
    [KEY_MANIFEST_FUNCTIONS] = {"functions", read_functions, META_ARRAY},
    [KEY_MANIFEST_FILES] = {"files", read_files, META_ARRAY},
    [KEY_MANIFEST_HOOKS] = {"hooks", read_hooks, META_MAP},
    [KEY_MANIFEST_ENV] = {"env", read_env, META_MAP},
    [KEY_MANIFEST_LIMITS] = {"limits", read_limits, META_MAP},
    [KEY_MANIFEST_SANDBOX] = {"sandbox", read_sandbox, META_STR},
    [KEY_MANIFEST_CLEANUP] = {"cleanup", read_cleanup, META_BOOL},
    [KEY_MANIFEST_CAPS] = {"caps", read_caps, META_MAP},
    [KEY_MANIFEST_ARGV] = {"argv", read_argv, META_ARRAY},
    [KEY_MANIFEST_LOCAL] = {"local", read_local, META_MAP},
};
