/* keys.c - CURVE keys: their text forms, and the files of secret ones */
#include "config.h"

#include "keys.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#include "place.h"
#include "textfile.h"

/* ---- texts ---- */

void key_text(const uint8_t *key, char text[KEY_TEXT])
{
    zmq_z85_encode(text, key, KEY_SIZE);
}

bool key_parse(const char *text, uint8_t *key)
{
    return strlen(text) == KEY_TEXT - 1 && zmq_z85_decode(key, text);
}

void key_hex(const uint8_t *key, char hex[KEY_HEX])
{
    for (size_t i = 0; i < KEY_SIZE; i++)
        snprintf(hex + 2 * i, 3, "%02x", key[i]);
}

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9');
}

static bool is_name_char(char c, bool first)
{
    return is_alnum(c) || c == '_' || (!first && c && strchr(".@+:-", c));
}

bool key_name_ok(const char *name)
{
    size_t len = strlen(name);

    if (len == 0 || len >= KEY_NAME)
        return false;
    for (size_t i = 0; i < len; i++)
        if (!is_name_char(name[i], i == 0))
            return false;
    return true;
}

void keys_wipe(struct key_pair *pair)
{
    explicit_bzero(pair, sizeof *pair);
}

int keys_resolve(const char *key,
                 char *path,
                 size_t size,
                 struct par_error *err)
{
    char dir[PLACE_PATH];
    size_t len = strlen(key);
    bool suffixed = len > 4 && strcmp(key + len - 4, ".key") == 0;
    int n;

    if (strchr(key, '/')) {
        n = snprintf(path, size, "%s", key);
    } else {
        if (!key_name_ok(key))
            return par_fail(err, EINVAL,
                            "`%.100s' is neither a path (with a /) nor the "
                            "name of a key",
                            key);
        if (place_config_dir(dir, sizeof dir, err) != 0)
            return -1;
        n = snprintf(path, size, "%s/%s%s", dir, key, suffixed ? "" : ".key");
    }
    if (n < 0 || (size_t)n >= size)
        return par_fail(err, ENAMETOOLONG, "%.200s...: too long", key);
    return 0;
}

/* ---- the file: ZPL, as zcert writes it ----
 *
 *     metadata
 *         name = "alice@hosta"
 *     curve
 *         public-key = "40 characters"
 *         secret-key = "40 characters"
 */

/* Take `value` out of its quotes, or off a comment and blanks behind it. */
static char *unquote(char *value)
{
    char *end;

    value += strspn(value, " \t");
    if (*value == '"' || *value == '\'') {
        end = strchr(value + 1, *value);
        if (!end)
            return NULL;
        value++;
    } else {
        end = value + strcspn(value, " \t\r#");
    }
    *end = '\0';
    return value;
}

static void take_name(const char *value, char name[KEY_NAME])
{
    size_t len = strnlen(value, KEY_NAME - 1);

    for (size_t i = 0; i < len; i++)
        name[i] = is_name_char(value[i], i == 0) ? value[i] : '_';
    name[len] = '\0';
}

static int take_key(const char *field,
                    const char *value,
                    uint8_t *key,
                    struct par_error *e)
{
    if (value && key_parse(value, key))
        return 0;
    return par_fail(e, EINVAL, "%s: not 40 characters of Z85 in quotes", field);
}

/* Returns -1 if the line is one of ours and bad. */
static int take_line(char *line,
                     char section[16],
                     struct key_pair *pair,
                     unsigned *seen,
                     struct par_error *err)
{
    bool indented = *line == ' ' || *line == '\t';
    char *equals = strchr(line, '=');
    char *field;

    line += strspn(line, " \t");
    if (*line == '#' || *line == '\0' || *line == '\r')
        return 0;
    if (!indented) {
        line[strcspn(line, " \t\r=")] = '\0';
        snprintf(section, 16, "%s", line);
        return 0;
    }
    if (!equals)
        return 0;
    field = line;
    field[strcspn(field, " \t=")] = '\0';
    if (strcmp(section, "metadata") == 0 && strcmp(field, "name") == 0) {
        char *value = unquote(equals + 1);

        take_name(value ? value : "", pair->name);
    } else if (strcmp(section, "curve") != 0) {
        return 0;
    } else if (strcmp(field, "public-key") == 0) {
        *seen |= 1;
        return take_key(field, unquote(equals + 1), pair->public_key, err);
    } else if (strcmp(field, "secret-key") == 0) {
        *seen |= 2;
        return take_key(field, unquote(equals + 1), pair->secret_key, err);
    }
    return 0;
}

/* Is the one half the other's? */
static bool is_pair(const struct key_pair *pair)
{
    char secret[KEY_TEXT];
    char text[KEY_TEXT];
    char want[KEY_TEXT];
    bool same;

    key_text(pair->secret_key, secret);
    key_text(pair->public_key, want);
    same = zmq_curve_public(text, secret) == 0 && strcmp(text, want) == 0;
    explicit_bzero(secret, sizeof secret);
    return same;
}

static int parse_pair(const char *path,
                      char *text,
                      struct key_pair *pair,
                      struct par_error *err)
{
    struct par_error why;
    char section[16] = "";
    unsigned seen = 0;
    unsigned number = 0;

    for (char *line; (line = strsep(&text, "\n"));) {
        number++;
        if (take_line(line, section, pair, &seen, &why) != 0)
            return par_fail(err, EINVAL, "%s:%u: %s", path, number, why.text);
    }
    if (seen != 3)
        return par_fail(err, EINVAL, "%s: no %s in a section `curve'", path,
                        seen & 1 ? "secret-key" : "public-key");
    if (!is_pair(pair))
        return par_fail(err, EINVAL,
                        "%s: the public key is not the secret key's", path);
    return 0;
}

int keys_load(const char *path, struct key_pair *pair, struct par_error *err)
{
    char *text;
    size_t len;
    int rc;

    memset(pair, 0, sizeof *pair);
    if (textfile_read(path, TEXTFILE_SECRET, &text, err) != 0)
        return -1;
    len = strlen(text);
    rc = parse_pair(path, text, pair, err);
    explicit_bzero(text, len);
    free(text);
    if (rc != 0)
        keys_wipe(pair);
    return rc;
}

int keys_make(struct key_pair *pair, const char *name, struct par_error *err)
{
    char public_key[KEY_TEXT];
    char secret_key[KEY_TEXT];

    memset(pair, 0, sizeof *pair);
    /* On a command line that would be an option. */
    do {
        if (zmq_curve_keypair(public_key, secret_key) != 0)
            return par_fail(err, errno, "libzmq makes no CURVE keys: %s",
                            zmq_strerror(errno));
    } while (public_key[0] == '-');
    key_parse(public_key, pair->public_key);
    key_parse(secret_key, pair->secret_key);
    explicit_bzero(secret_key, sizeof secret_key);
    snprintf(pair->name, sizeof pair->name, "%s", name);
    return 0;
}

/* "user@host", as far as both are fit for a label. */
static void label_of_user(char label[KEY_NAME])
{
    const struct passwd *user = getpwuid(geteuid());
    char host[65] = "localhost";

    gethostname(host, sizeof host - 1);
    if (user)
        snprintf(label, KEY_NAME, "%.20s@%.40s", user->pw_name, host);
    else
        snprintf(label, KEY_NAME, "uid%lu@%.40s", (unsigned long)geteuid(),
                 host);
    if (!key_name_ok(label))
        snprintf(label, KEY_NAME, "uid%lu", (unsigned long)geteuid());
}

int keys_create(const char *path,
                const char *name,
                struct key_pair *pair,
                struct par_error *err)
{
    char public_key[KEY_TEXT];
    char secret_key[KEY_TEXT];
    char own[KEY_NAME];
    char text[512];
    int rc;

    if (!name) {
        label_of_user(own);
        name = own;
    }
    if (!key_name_ok(name))
        return par_fail(err, EINVAL,
                        "name: `%.100s' is not 1 to %d of letters, digits "
                        "and ._@+:- (a letter, a digit or _ first)",
                        name, KEY_NAME - 1);
    if (keys_make(pair, name, err) != 0)
        return -1;
    key_text(pair->public_key, public_key);
    key_text(pair->secret_key, secret_key);
    snprintf(text, sizeof text,
             "# The key of %s for Par: its secret half is here, so keep it to "
             "yourself.\n"
             "metadata\n"
             "    name = \"%s\"\n"
             "curve\n"
             "    public-key = \"%s\"\n"
             "    secret-key = \"%s\"\n",
             name, name, public_key, secret_key);
    rc = textfile_create(path, text, err);
    explicit_bzero(text, sizeof text);
    explicit_bzero(secret_key, sizeof secret_key);
    if (rc != 0)
        keys_wipe(pair);
    return rc;
}

int keys_need(const char *path,
              const char *name,
              struct key_pair *pair,
              struct par_error *err)
{
    struct par_error why = {0};

    if (keys_load(path, pair, &why) == 0)
        return 0;
    if (why.code == ENOENT) {
        if (keys_create(path, name, pair, &why) == 0)
            return 0;
        if (why.code == EEXIST)
            return keys_load(path, pair, err);
    }
    return par_fail(err, why.code, "%s", why.text);
}
