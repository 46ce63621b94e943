/* bundle.c - kinds, names and paths: what both readers and writers check */
#include "config.h"

#include "bundle.h"

static const char *const kind_names[BUNDLE_KINDS] = {
    [BUNDLE_SELF] = "self",     [BUNDLE_OBJECT] = "object",
    [BUNDLE_SOURCE] = "source", [BUNDLE_EXEC] = "exec",
    [BUNDLE_PYTHON] = "python",
};

const char *bundle_kind_name(enum bundle_kind kind)
{
    return kind_names[kind];
}

enum bundle_kind bundle_kind_parse(const char *text, size_t len)
{
    enum bundle_kind kind;

    for (kind = 0; kind < BUNDLE_KINDS; kind++)
        if (strlen(kind_names[kind]) == len &&
            memcmp(kind_names[kind], text, len) == 0)
            break;
    return kind;
}

bool bundle_name_is_good(const char *name, size_t len, size_t max)
{
    if (len < 1 || len > max)
        return false;
    for (size_t i = 0; i < len; i++)
        if (name[i] <= ' ' || name[i] > '~' || name[i] == ':' || name[i] == '/')
            return false;
    return true;
}

static const char *component_fault(const char *name, size_t len)
{
    if (len == 0)
        return "an empty component";
    if (len > BUNDLE_COMPONENT)
        return "a component of more than 255 octets";
    if (len == 1 && name[0] == '.')
        return "a component `.'";
    if (len == 2 && name[0] == '.' && name[1] == '.')
        return "a component `..'";
    return NULL;
}

const char *bundle_path_fault(const char *path, size_t len)
{
    const char *end = path + len;

    if (len == 0)
        return "it is empty";
    if (len > BUNDLE_PATH)
        return "more than 4096 octets";
    if (memchr(path, '\0', len))
        return "a zero octet";
    if (path[0] == '/')
        return "it is absolute";
    for (;;) {
        const char *slash = memchr(path, '/', (size_t)(end - path));
        const char *stop = slash ? slash : end;
        const char *fault = component_fault(path, (size_t)(stop - path));

        if (fault || !slash)
            return fault;
        path = slash + 1;
    }
}

bool bundle_path_is_safe(const char *path, size_t len)
{
    return bundle_path_fault(path, len) == NULL;
}
