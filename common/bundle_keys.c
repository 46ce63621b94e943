/* bundle_keys.c - the words of a manifest as the wire spells them */
#include "config.h"

#include "bundle_keys.h"

const char *const bundle_hook_names[BUNDLE_HOOKS] = {
    [BUNDLE_HOST_SETUP] = "host_setup",
    [BUNDLE_SLOT_SETUP] = "slot_setup",
    [BUNDLE_CLIENT_SETUP] = "client_setup",
    [BUNDLE_CLIENT_CLOSE] = "client_close",
    [BUNDLE_SLOT_CLOSE] = "slot_close",
    [BUNDLE_HOST_CLOSE] = "host_close",
};

const char *const bundle_limit_names[BUNDLE_LIMITS] = {
    [BUNDLE_CPU] = "cpu",     [BUNDLE_FSIZE] = "fsize",
    [BUNDLE_MEM] = "mem",     [BUNDLE_NOFILE] = "nofile",
    [BUNDLE_NPROC] = "nproc", [BUNDLE_WALL] = "wall",
};

size_t bundle_find_word(const char *const *names,
                        size_t count,
                        const char *text,
                        size_t len)
{
    size_t i;

    for (i = 0; i < count; i++)
        if (strlen(names[i]) == len && memcmp(names[i], text, len) == 0)
            break;
    return i;
}

bool bundle_is_uint(const struct meta_value *v, uint64_t *n)
{
    if (v->kind == META_FLOAT && v->f >= 0 && v->f <= 9007199254740992.0 &&
        v->f == (double)(uint64_t)v->f) {
        *n = (uint64_t)v->f;
        return true;
    }
    *n = v->u;
    return v->kind == META_UINT || (v->kind == META_INT && v->i >= 0);
}

int bundle_fail(struct par_error *err,
                int code,
                struct bundle_text text,
                const char *what)
{
    return par_fail(err, code, "`%.*s' %s",
                    text.len < BUNDLE_QUOTE ? (int)text.len : BUNDLE_QUOTE,
                    text.data, what);
}
