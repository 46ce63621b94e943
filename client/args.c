/* args.c - words put into one msgpack array, each as the signature wants it */
#include "config.h"

#include "args.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "whole.h"
#include "wire.h"

void args_begin(struct args *a,
                const struct par_function *function,
                size_t count)
{
    a->function = function;
    if (signature_parse(&a->signature, function->signature,
                        strlen(function->signature), NULL))
        signature_parse(&a->signature, "", 0, NULL);
    meta_writer_reset(&a->payload);
    meta_put_array(&a->payload, (uint32_t)count);
}

/* A file's octets, appended to `out`; more than may travel is refused. */
static int read_file(const char *path,
                     struct meta_writer *out,
                     struct par_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    size_t size = WIRE_ITEM_MAX + 1; /* one too many tells the difference */
    struct stat st;
    ssize_t n = -1;
    uint8_t *room;

    if (fd < 0)
        return par_fail(err, errno, "%s: %s", path, strerror(errno));
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
        st.st_size < WIRE_ITEM_MAX)
        size = (size_t)st.st_size + 1;
    room = meta_room(out, size);
    if (room)
        n = whole_read(fd, room, size, WHOLE_HERE);
    if (n < 0)
        par_fail(err, room ? errno : ENOMEM, "%s: %s", path,
                 strerror(room ? errno : ENOMEM));
    close(fd);
    if (n < 0)
        return -1;
    if (n > WIRE_ITEM_MAX)
        return par_fail(err, PAR_CODE(PAR_TOO_LARGE),
                        "%s: it is over the limit of %d bytes for arguments",
                        path, WIRE_ITEM_MAX);
    out->len += (size_t)n;
    return 0;
}

static int put_file(struct args *a,
                    size_t i,
                    const char *path,
                    struct par_error *err)
{
    struct meta_writer content = {0};
    int rc;

    if (!*path)
        return par_fail(err, ENOENT,
                        "argument %zu: the name of its file is empty", i + 1);
    rc = read_file(path, &content, err);
    if (rc == 0)
        signature_put_bytes(&a->signature, i,
                            content.len > 0 ? content.data : (void *)"",
                            content.len, &a->payload);
    meta_writer_clear(&content);
    return rc;
}

enum args_form args_form_of(const char *word, size_t *sign)
{
    *sign = word[0] == '@' && word[1] ? 1 : 0;
    return *sign && word[1] != '@' ? ARGS_FILE : ARGS_VALUE;
}

int args_put(struct args *a,
             size_t i,
             const char *word,
             enum args_form form,
             struct par_error *err)
{
    size_t sign = 0;

    if (form == ARGS_WORD)
        form = args_form_of(word, &sign);
    word += sign;
    if (form == ARGS_FILE)
        return put_file(a, i, word, err);
    return signature_put_word(&a->signature, a->function->name, i, word,
                              &a->payload, err);
}

int args_check(struct args *a, struct par_error *err)
{
    if (a->payload.failed)
        return par_fail(err, ENOMEM, "out of memory");
    return signature_check(&a->signature, a->function->name, a->payload.data,
                           a->payload.len, err);
}

void args_clear(struct args *a)
{
    meta_writer_clear(&a->payload);
}
