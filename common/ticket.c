/* ticket.c - a ticket's lines, written and read */
#include "config.h"

#include "ticket.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "link.h"
#include "textfile.h"

void ticket_clear(struct ticket *t)
{
    for (size_t i = 0; i < TICKET_BROKERS; i++)
        free(t->brokers[i]);
    keys_wipe(&t->pair);
    memset(t, 0, sizeof *t);
}

int ticket_add_broker(struct ticket *t,
                      const char *endpoint,
                      struct par_error *err)
{
    size_t n = 0;

    while (n < TICKET_BROKERS && t->brokers[n])
        n++;
    if (n == TICKET_BROKERS)
        return par_fail(err, E2BIG, "more than %d brokers in a ticket",
                        TICKET_BROKERS);
    if (!link_endpoint_ok(endpoint, false, err))
        return -1;
    t->brokers[n] = strdup(endpoint);
    return t->brokers[n] ? 0 : par_fail(err, ENOMEM, "out of memory");
}

char *ticket_text(const struct ticket *t)
{
    char broker_key[KEY_TEXT], public_key[KEY_TEXT], secret_key[KEY_TEXT];
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    key_text(t->broker_key, broker_key);
    key_text(t->pair.public_key, public_key);
    key_text(t->pair.secret_key, secret_key);
    fprintf(out,
            "# A ticket for the %s %s: whoever has this file is let in, so "
            "keep it secret.\n"
            "ticket\n"
            "    version = 1\n"
            "    role = \"%s\"\n",
            t->role, t->pair.name, t->role);
    for (size_t i = 0; t->brokers[i]; i++)
        fprintf(out, "    broker = \"%s\"\n", t->brokers[i]);
    fprintf(out,
            "    broker-key = \"%s\"\n"
            "metadata\n"
            "    name = \"%s\"\n"
            "curve\n"
            "    public-key = \"%s\"\n"
            "    secret-key = \"%s\"\n",
            broker_key, t->pair.name, public_key, secret_key);
    explicit_bzero(secret_key, sizeof secret_key);
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}

/* `    FIELD = "VALUE"`, cut apart in place; false for any other line. */
static bool take_apart(char *line, char **field, char **value)
{
    char *equals = strchr(line, '='), *end;

    if ((*line != ' ' && *line != '\t') || !equals)
        return false;
    *field = line + strspn(line, " \t");
    (*field)[strcspn(*field, " \t=")] = 0;
    *value = equals + 1 + strspn(equals + 1, " \t");
    if (**value == '"') {
        end = strchr(++*value, '"');
        if (!end)
            return false;
        *end = 0;
    } else {
        (*value)[strcspn(*value, " \t\r#")] = 0;
    }
    return true;
}

static int take_field(struct ticket *t,
                      const char *field,
                      const char *value,
                      bool *has_key,
                      struct par_error *err)
{
    if (strcmp(field, "version") == 0 && strcmp(value, "1") != 0)
        return par_fail(err, EINVAL, "version %s is not known here", value);
    if (strcmp(field, "role") == 0)
        snprintf(t->role, sizeof t->role, "%s", value);
    if (strcmp(field, "broker") == 0)
        return ticket_add_broker(t, value, err);
    if (strcmp(field, "broker-key") == 0) {
        if (!key_parse(value, t->broker_key))
            return par_fail(err, EINVAL,
                            "broker-key: not 40 characters of Z85");
        *has_key = true;
    }
    return 0;
}

/* The section `ticket`; the others are a key file's. */
static int parse(struct ticket *t, char *text, struct par_error *err)
{
    bool inside = false, has_key = false;
    char *field, *value, *line;

    while ((line = strsep(&text, "\n"))) {
        if (*line == '#' || *line == 0)
            continue;
        if (*line != ' ' && *line != '\t')
            inside = strncmp(line, "ticket", 6) == 0;
        else if (inside && take_apart(line, &field, &value) &&
                 take_field(t, field, value, &has_key, err))
            return -1;
    }
    if (!t->brokers[0] || !has_key)
        return par_fail(err, EINVAL,
                        "no %s in a section `ticket': is it one that `parctl "
                        "ticket' made?",
                        has_key ? "broker" : "broker-key");
    return 0;
}

int ticket_load(const char *path, struct ticket *t, struct par_error *err)
{
    struct par_error why = {0};
    char *text;
    size_t len;
    int result;

    if (keys_load(path, &t->pair, err) ||
        textfile_read(path, TEXTFILE_SECRET, &text, err))
        return -1;
    len = strlen(text);
    result = parse(t, text, &why);
    explicit_bzero(text, len);
    free(text);
    if (result) {
        ticket_clear(t);
        return par_fail(err, why.code, "ticket %s: %s", path, why.text);
    }
    return 0;
}
