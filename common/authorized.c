/* authorized.c - who may come in, as what */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keys.h"
#include "textfile.h"

#define ROLES_WANTED "client, worker, admin"

static const struct {
    unsigned role;
    const char *name;
} role_names[] = {
    {ROLE_CLIENT, "client"}, {ROLE_WORKER, "worker"}, {ROLE_ADMIN, "admin"}};

enum { ROLE_NAMES = sizeof role_names / sizeof *role_names };

/* A Z85 group of five stands for 32 bits, so its first character is never `#`
 * (84 * 85^4 is above 2^32): a line that begins with `#` is always a comment,
 * never a key. */
struct authorized {
    struct authorized_entry *entries; /* as the file has them */
    const struct authorized_entry **by_key;
    size_t count;
    size_t room;
};

/* ---- roles ---- */

static unsigned role_parse(const char *word, size_t len)
{
    for (size_t i = 0; i < ROLE_NAMES; i++)
        if (strlen(role_names[i].name) == len &&
            memcmp(role_names[i].name, word, len) == 0)
            return role_names[i].role;
    return 0;
}

unsigned roles_parse(const char *text)
{
    unsigned roles = 0;

    for (;;) {
        size_t len = strcspn(text, ",");
        unsigned role = role_parse(text, len);

        if (role == 0)
            return 0;
        roles |= role;
        if (text[len] == '\0')
            return roles;
        text += len + 1;
    }
}

void roles_text(unsigned roles, char *text, size_t size)
{
    size_t at = 0;

    text[0] = '\0';
    for (size_t i = 0; i < ROLE_NAMES; i++) {
        int n;

        if (!(roles & role_names[i].role))
            continue;
        n = snprintf(text + at, size - at, "%s%s", at ? "," : "",
                     role_names[i].name);
        if (n < 0 || (size_t)n >= size - at)
            return;
        at += (size_t)n;
    }
}

/* ---- one line ---- */

static int take_option(const char *word,
                       struct authorized_entry *entry,
                       struct par_error *err)
{
    if (strncmp(word, "account=", 8) != 0)
        return par_fail(err, EINVAL,
                        "option: `%.60s' is not known; allowed: account=NAME",
                        word);
    if (!key_name_ok(word + 8))
        return par_fail(err, EINVAL, "account: `%.70s' is not a name",
                        word + 8);
    snprintf(entry->account, sizeof entry->account, "%s", word + 8);
    return 0;
}

/* Take a line apart that may be cut up; roles may be missing. */
static int parse_words(char *line,
                       struct authorized_entry *entry,
                       struct par_error *err)
{
    static const char blanks[] = " \t\r";
    char *rest = NULL;
    char *word = strtok_r(line, blanks, &rest);

    memset(entry, 0, sizeof *entry);
    if (!word || !key_parse(word, entry->key))
        return par_fail(err, EINVAL, "key: `%.60s' is not 40 characters of Z85",
                        word ? word : "");
    word = strtok_r(NULL, blanks, &rest);
    if (!word || !key_name_ok(word))
        return par_fail(err, EINVAL,
                        "name: `%.70s' is not 1 to %d of letters, digits "
                        "and ._@+:-",
                        word ? word : "", KEY_NAME - 1);
    strcpy(entry->name, word);
    strcpy(entry->account, word);
    word = strtok_r(NULL, blanks, &rest);
    if (!word || *word == '#')
        return 0;
    entry->roles = roles_parse(word);
    if (entry->roles == 0)
        return par_fail(err, EINVAL,
                        "role: `%.60s' is not made of: " ROLES_WANTED, word);
    while ((word = strtok_r(NULL, blanks, &rest)) && *word != '#')
        if (take_option(word, entry, err) != 0)
            return -1;
    return 0;
}

int authorized_parse(const char *line,
                     struct authorized_entry *entry,
                     struct par_error *err)
{
    char *copy = strdup(line);
    int rc;

    if (!copy)
        return par_fail(err, ENOMEM, "out of memory");
    copy[strcspn(copy, "\n")] = '\0';
    rc = parse_words(copy, entry, err);
    free(copy);
    return rc;
}

/* ---- the list ---- */

static int compare(const void *a, const void *b)
{
    const struct authorized_entry *const *x = a;
    const struct authorized_entry *const *y = b;

    return memcmp((*x)->key, (*y)->key, KEY_SIZE);
}

static int append(struct authorized *a, const struct authorized_entry *entry)
{
    if (a->count == a->room) {
        size_t room = a->room ? 2 * a->room : 16;
        void *more = realloc(a->entries, room * sizeof *a->entries);

        if (!more)
            return -1;
        a->entries = more;
        a->room = room;
    }
    a->entries[a->count++] = *entry;
    return 0;
}

static int load_lines(struct authorized *a,
                      const char *file,
                      char *text,
                      struct par_error *err)
{
    struct authorized_entry entry;
    struct par_error why;
    unsigned number = 0;

    for (char *line; (line = strsep(&text, "\n"));) {
        number++;
        line += strspn(line, " \t\r");
        if (*line == '\0' || *line == '#')
            continue;
        if (parse_words(line, &entry, &why) != 0)
            return par_fail(err, why.code, "%s:%u: %s", file, number, why.text);
        if (entry.roles == 0)
            return par_fail(err, EINVAL, "%s:%u: role: missing; allowed: %s",
                            file, number, ROLES_WANTED);
        if (append(a, &entry) != 0)
            return par_fail(err, ENOMEM, "%s: out of memory", file);
    }
    return 0;
}

/* Sort the index; a key that stands twice would mean two things. */
static int build_index(struct authorized *a,
                       const char *file,
                       struct par_error *err)
{
    char text[KEY_TEXT];

    a->by_key = calloc(a->count + 1, sizeof *a->by_key);
    if (!a->by_key)
        return par_fail(err, ENOMEM, "%s: out of memory", file);
    for (size_t i = 0; i < a->count; i++)
        a->by_key[i] = &a->entries[i];
    qsort(a->by_key, a->count, sizeof *a->by_key, compare);
    for (size_t i = 1; i < a->count; i++) {
        if (compare(&a->by_key[i - 1], &a->by_key[i]) != 0)
            continue;
        key_text(a->by_key[i]->key, text);
        return par_fail(err, EINVAL, "%s: key: %s stands there twice", file,
                        text);
    }
    return 0;
}

struct authorized *authorized_load(const char *file, struct par_error *err)
{
    struct authorized *a = calloc(1, sizeof *a);
    struct par_error why = {0};
    char *text = NULL;
    int rc;

    if (!a) {
        par_fail(err, ENOMEM, "%s: out of memory", file);
        return NULL;
    }
    rc = textfile_read(file, TEXTFILE_TRUSTED, &text, &why);
    if (rc != 0 && why.code == ENOENT)
        rc = 0;
    else if (rc != 0)
        par_fail(err, why.code, "%s", why.text);
    else
        rc = load_lines(a, file, text, err);
    free(text);
    if (rc != 0 || build_index(a, file, err) != 0) {
        authorized_destroy(a);
        return NULL;
    }
    return a;
}

void authorized_destroy(struct authorized *a)
{
    if (!a)
        return;
    free(a->by_key);
    free(a->entries);
    free(a);
}

const struct authorized_entry *authorized_find(const struct authorized *a,
                                               const uint8_t *key)
{
    struct authorized_entry wanted;
    const struct authorized_entry *p = &wanted;
    const struct authorized_entry **found;

    memcpy(wanted.key, key, KEY_SIZE);
    found = bsearch(&p, a->by_key, a->count, sizeof *a->by_key, compare);
    return found ? *found : NULL;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

const struct authorized_entry *authorized_find_hex(const struct authorized *a,
                                                   const char *hex)
{
    uint8_t key[KEY_SIZE];

    if (strlen(hex) != KEY_HEX - 1)
        return NULL;
    for (size_t i = 0; i < KEY_SIZE; i++) {
        int high = hex_digit(hex[2 * i]);
        int low = hex_digit(hex[2 * i + 1]);

        if (high < 0 || low < 0)
            return NULL;
        key[i] = (uint8_t)(16 * high + low);
    }
    return authorized_find(a, key);
}

const struct authorized_entry *authorized_at(const struct authorized *a,
                                             size_t i)
{
    return i < a->count ? &a->entries[i] : NULL;
}

/* ---- editing ---- */

static bool is_key(const char *first, const char *second, const void *text)
{
    (void)second;
    return strcmp(first, text) == 0;
}

static bool is_key_or_name(const char *first,
                           const char *second,
                           const void *text)
{
    return strcmp(first, text) == 0 || strcmp(second, text) == 0;
}

/* A name that says whose jobs the key runs (there is no account) must not be
 * another key's, nor its account: whoever made the line may have chosen it. */
static int check_free(const struct authorized *a,
                      const char *file,
                      const struct authorized_entry *entry,
                      struct par_error *err)
{
    if (strncmp(entry->name, "uid:", 4) == 0)
        return par_fail(err, EINVAL,
                        "name: `%s' begins with uid:, as the accounts of this "
                        "host's users do",
                        entry->name);
    for (size_t i = 0; i < a->count; i++) {
        const struct authorized_entry *other = &a->entries[i];

        if (memcmp(other->key, entry->key, KEY_SIZE) != 0 &&
            (strcmp(other->name, entry->name) == 0 ||
             strcmp(other->account, entry->name) == 0))
            return par_fail(err, EEXIST,
                            "%s: `%s' is another key's there; choose another "
                            "name, with --account %s if it is to share its "
                            "jobs",
                            file, entry->name, other->account);
    }
    return 0;
}

static int add_locked(const char *file,
                      const struct authorized_entry *entry,
                      bool own,
                      struct par_error *err)
{
    struct authorized *a = authorized_load(file, err);
    char line[KEY_TEXT + 2 * KEY_NAME + 128];
    char key[KEY_TEXT];
    char roles[64];
    bool good = a && (own || check_free(a, file, entry, err) == 0);

    authorized_destroy(a);
    if (!good)
        return -1;
    key_text(entry->key, key);
    roles_text(entry->roles, roles, sizeof roles);
    snprintf(line, sizeof line, "%s %s %s%s%s", key, entry->name, roles,
             own ? " account=" : "", own ? entry->account : "");
    return textfile_edit(file, is_key, key, line, err) < 0 ? -1 : 0;
}

int authorized_add(const char *file,
                   const struct authorized_entry *entry,
                   struct par_error *err)
{
    bool own = entry->account[0] && strcmp(entry->account, entry->name) != 0;
    int lock;
    int rc;

    if (!key_name_ok(entry->name) || (own && !key_name_ok(entry->account)) ||
        !(entry->roles & ROLE_ALL))
        return par_fail(
            err, EINVAL,
            "a key needs a name and at least one role of: " ROLES_WANTED);
    lock = textfile_lock(file, err);
    if (lock < 0)
        return -1;
    rc = add_locked(file, entry, own, err);
    textfile_unlock(lock);
    return rc;
}

static int remove_locked(const char *file,
                         const char *key_or_name,
                         struct par_error *err)
{
    struct authorized *a = authorized_load(file, err);
    int matched;

    if (!a)
        return -1;
    authorized_destroy(a);
    matched = textfile_edit(file, is_key_or_name, key_or_name, NULL, err);
    if (matched == 0)
        return par_fail(err, ENOENT, "%s: `%.70s' is not in it", file,
                        key_or_name);
    return matched < 0 ? -1 : 0;
}

int authorized_remove(const char *file,
                      const char *key_or_name,
                      struct par_error *err)
{
    int lock = textfile_lock(file, err);
    int rc;

    if (lock < 0)
        return -1;
    rc = remove_locked(file, key_or_name, err);
    textfile_unlock(lock);
    return rc;
}
