/* known.c - known_brokers: which key each broker has */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "keys.h"
#include "textfile.h"

static int find_line(const char *file,
                     const char *text,
                     const char *endpoint,
                     uint8_t *key,
                     struct par_error *err)
{
    char first[TEXTFILE_WORD];
    char second[TEXTFILE_WORD];
    unsigned number = 0;

    for (const char *at = text; *at;) {
        size_t len = strcspn(at, "\n");

        number++;
        if (textfile_words(at, len, first, second) > 0 &&
            strcasecmp(first, endpoint) == 0) {
            if (key_parse(second, key))
                return 1;
            return par_fail(err, EINVAL,
                            "%s:%u: key: `%.60s' is not 40 characters of Z85",
                            file, number, second);
        }
        at += len + (at[len] == '\n');
    }
    return 0;
}

int known_find(const char *file,
               const char *endpoint,
               uint8_t *key,
               struct par_error *err)
{
    struct par_error why = {0};
    char *text;
    int found;

    if (textfile_read(file, TEXTFILE_TRUSTED, &text, &why) != 0)
        return why.code == ENOENT ? 0 : par_fail(err, why.code, "%s", why.text);
    found = find_line(file, text, endpoint, key, err);
    free(text);
    return found;
}

static bool is_endpoint(const char *first,
                        const char *second,
                        const void *endpoint)
{
    (void)second;
    return strcasecmp(first, endpoint) == 0;
}

static int add_locked(const char *file,
                      const char *endpoint,
                      const uint8_t *key,
                      bool replace,
                      struct par_error *err)
{
    char line[TEXTFILE_WORD + KEY_TEXT];
    char text[KEY_TEXT];
    char noted_text[KEY_TEXT];
    uint8_t noted[KEY_SIZE];
    int found = known_find(file, endpoint, noted, err);

    if (found < 0 && !replace)
        return -1;
    key_text(key, text);
    if (found > 0) {
        if (memcmp(noted, key, KEY_SIZE) == 0)
            return 0;
        key_text(noted, noted_text);
        if (!replace)
            return par_fail(err, EEXIST,
                            "%s has another key in %s (old %s, new %s)",
                            endpoint, file, noted_text, text);
    }
    strcat(strcat(strcpy(line, endpoint), " "), text);
    return textfile_edit(file, is_endpoint, endpoint, line, err) < 0 ? -1 : 0;
}

int known_add(const char *file,
              const char *endpoint,
              const uint8_t *key,
              bool replace,
              struct par_error *err)
{
    int lock;
    int rc;

    if (strlen(endpoint) >= TEXTFILE_WORD || endpoint[0] == '#' ||
        strpbrk(endpoint, " \t\r\n") || !*endpoint)
        return par_fail(err, EINVAL, "`%.100s' is no endpoint", endpoint);
    lock = textfile_lock(file, err);
    if (lock < 0)
        return -1;
    rc = add_locked(file, endpoint, key, replace, err);
    textfile_unlock(lock);
    return rc;
}
