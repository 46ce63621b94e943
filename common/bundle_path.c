#include "config.h"

#include "bundle.h"

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
