/* environ.c - an array of NAME=VALUE that grows
 *
 * A failed allocation is noted and the rest ignored: env_take() looks once.
 */
#include "config.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "environ.h"

enum { ENV_NAME = 128 };

void environ_free(char **env)
{
    for (size_t i = 0; env && env[i]; i++)
        free(env[i]);
    free(env);
}

static char **place_of(struct env *e, const char *name, size_t len)
{
    for (size_t i = 0; i < e->used; i++)
        if (strncmp(e->at[i], name, len) == 0 && e->at[i][len] == '=')
            return &e->at[i];
    if (e->used + 1 >= e->size) {
        size_t size = e->size ? 2 * e->size : 32;
        char **at = realloc(e->at, size * sizeof *at);

        if (!at)
            return NULL;
        e->at = at;
        e->size = size;
    }
    e->at[e->used] = NULL;
    e->at[e->used + 1] = NULL;
    return &e->at[e->used++];
}

static void set(struct env *e,
                const char *name,
                size_t name_len,
                const char *value,
                size_t value_len)
{
    char *text, **place;

    if (e->failed)
        return;
    text = malloc(name_len + value_len + 2);
    place = text ? place_of(e, name, name_len) : NULL;
    if (!place) {
        free(text);
        e->failed = true;
        return;
    }
    memcpy(text, name, name_len);
    text[name_len] = '=';
    memcpy(text + name_len + 1, value, value_len);
    text[name_len + 1 + value_len] = 0;
    free(*place);
    *place = text;
}

void env_put(struct env *e, const char *name, const char *value)
{
    set(e, name, strlen(name), value, strlen(value));
}

void env_copy(struct env *e, char *const *from)
{
    for (size_t i = 0; from && from[i]; i++) {
        const char *equals = strchr(from[i], '=');

        if (equals)
            set(e, from[i], (size_t)(equals - from[i]), equals + 1,
                strlen(equals + 1));
    }
}

void env_pairs(struct env *e, struct meta_reader pairs, size_t count)
{
    struct bundle_pair p;

    while (count-- && bundle_next_pair(&pairs, &p))
        if (p.key.len && !memchr(p.key.data, '=', p.key.len))
            set(e, p.key.data, p.key.len, p.value.data, p.value.len);
}

void env_grants(struct env *e, const uint8_t *grants, size_t len)
{
    struct meta_reader r = meta_read(grants, len);
    struct meta_value map, key, value;
    char name[ENV_NAME];

    if (!meta_next(&r, &map) || map.kind != META_MAP)
        return;
    for (size_t i = 0; i < map.len; i++) {
        if (!meta_next(&r, &key) || !meta_next(&r, &value) ||
            key.kind != META_STR || value.kind != META_STR)
            return;
        snprintf(name, sizeof name, "PAR_%.*s", (int)key.len, key.data);
        for (char *c = name; *c; c++)
            *c = isalnum((unsigned char)*c) ? (char)toupper((unsigned char)*c)
                                            : '_';
        set(e, name, strlen(name), (const char *)value.data, value.len);
        if (meta_is(&key, "gpu"))
            set(e, "CUDA_VISIBLE_DEVICES", strlen("CUDA_VISIBLE_DEVICES"),
                (const char *)value.data, value.len);
    }
}

char **env_take(struct env *e)
{
    char **at = e->at;

    if (!at && !e->failed)
        at = calloc(1, sizeof *at);
    if (e->failed) {
        environ_free(at);
        at = NULL;
    }
    *e = (struct env){0};
    return at;
}

const char *environ_get(char *const *env, const char *name)
{
    size_t n = strlen(name);

    for (size_t i = 0; env && env[i]; i++)
        if (strncmp(env[i], name, n) == 0 && env[i][n] == '=')
            return env[i] + n + 1;
    return "";
}

char **environ_base(char *const *from)
{
    /* The last three are for programs that are being tested. */
    static const char *const names[] = {
        "PATH",         "HOME",
        "LANG",         "LC_ALL",
        "LC_CTYPE",     "USER",
        "LOGNAME",      "TZ",
        "TMPDIR",       "LD_LIBRARY_PATH",
        "ASAN_OPTIONS", "UBSAN_OPTIONS",
        "LSAN_OPTIONS",
    };
    struct env e = {0};

    env_put(&e, "PATH", "/usr/local/bin:/usr/bin:/bin");
    for (size_t i = 0; from && from[i]; i++)
        for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
            size_t n = strlen(names[k]);

            if (strncmp(from[i], names[k], n) == 0 && from[i][n] == '=')
                env_put(&e, names[k], from[i] + n + 1);
        }
    return env_take(&e);
}

char **environ_of_slot(char *const *base, const struct bundle *b)
{
    struct env e = {0};

    env_copy(&e, base);
    if (b)
        env_pairs(&e, b->env, b->env_count);
    env_put(&e, "PAR_SLOT_FD", "3");
    return env_take(&e);
}
