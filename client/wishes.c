/* wishes.c - options into struct par_run_options */
#include "config.h"

#include "wishes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* NAME=VALUE, called `form`, into the next place of a list. */
static int take_label(const struct cli *cli,
                      struct par_label *list,
                      const char *option,
                      const char *form,
                      const char *value)
{
    const char *eq = strchr(value, '=');
    size_t n = 0;

    while (n < WISHES_LABELS && list[n].name)
        n++;
    if (n == WISHES_LABELS)
        return cli_usage(cli, "--%s: more than %d", option, WISHES_LABELS);
    if (!eq || eq == value)
        return cli_usage(cli, "--%s `%s': %s is wanted", option, value, form);
    list[n].name = strndup(value, (size_t)(eq - value));
    list[n].value = eq + 1;
    return list[n].name ? 0 : CLI_PAR;
}

static int take_env(struct wishes *w, const struct cli *cli, const char *value)
{
    const char *eq = strchr(value, '=');
    const char *here = eq ? eq + 1 : getenv(value);
    int name_len = (int)(eq ? eq - value : (ptrdiff_t)strlen(value));

    if (w->env_count == WISHES_ENV)
        return cli_usage(cli, "--env: more than %d", WISHES_ENV);
    if (name_len == 0)
        return cli_usage(cli, "--env `%s': NAME or NAME=VALUE is wanted",
                         value);
    if (!here) /* not set here: not set there */
        return 0;
    if (asprintf(&w->env[w->env_count], "%.*s=%s", name_len, value, here) < 0)
        return CLI_PAR;
    w->env_count++;
    return 0;
}

static int take_file(struct wishes *w, const struct cli *cli, const char *value)
{
    struct par_error err;

    if (target_add_file(&w->files, value, &err))
        return cli_usage(cli, "%s", err.text);
    return 0;
}

static int take_number(struct wishes *w,
                       const struct cli *cli,
                       const char *name,
                       const char *value)
{
    int64_t n;
    int code;

    if (strcmp(name, "timeout") == 0) {
        code = cli_time(cli, name, value, &n);
        if (code == 0)
            w->options.timeout_ms = n;
    } else if (strcmp(name, "priority") == 0) {
        code = cli_int(cli, name, value, INT32_MIN, INT32_MAX, &n);
        if (code == 0)
            w->options.priority = (int32_t)n;
    } else {
        code = cli_int(cli, name, value, 0, 1000, &n);
        if (code == 0)
            w->options.attempts = (unsigned)n + 1;
    }
    return code;
}

int wishes_take(struct wishes *w,
                const struct cli *cli,
                const char *name,
                const char *value)
{
    if (strcmp(name, "content") == 0)
        w->content = true;
    else if (strcmp(name, "raw") == 0)
        w->raw = true;
    else if (strcmp(name, "env") == 0)
        return take_env(w, cli, value);
    else if (strcmp(name, "file") == 0)
        return take_file(w, cli, value);
    else if (strcmp(name, "host") == 0)
        w->options.host = value;
    else if (strcmp(name, "worker") == 0)
        w->options.worker = value;
    else if (strcmp(name, "label") == 0)
        return take_label(cli, w->labels, name, "NAME=VALUE", value);
    else if (strcmp(name, "resource") == 0)
        return take_label(cli, w->resources, name, "NAME=N", value);
    else if (strcmp(name, "timeout") == 0 || strcmp(name, "priority") == 0 ||
             strcmp(name, "retries") == 0)
        return take_number(w, cli, name, value);
    else
        return -1;
    return 0;
}

static bool are_any(const struct wishes *w)
{
    const struct par_run_options *o = &w->options;

    return o->host || o->worker || w->labels[0].name || w->resources[0].name;
}

bool wishes_probe(const struct wishes *w, const struct par_client *c)
{
    return !w->told && !par_is_private(c) && are_any(w);
}

/* No other worker will ever come to a private broker, but for one that takes
 * the place of its own if that dies: what may be run again waits for it. */
static bool is_hopeless(const struct wishes *w, const struct par_client *c)
{
    return par_is_private(c) && (are_any(w) || w->options.attempts <= 1);
}

const struct par_run_options *wishes_options(struct wishes *w,
                                             const struct par_client *c,
                                             bool probe)
{
    w->options.unplaceable_ms = probe || is_hopeless(w, c) ? 1 : 0;
    w->options.labels = w->labels;
    w->options.resources = w->resources;
    return &w->options;
}

bool wishes_are_unmet(const struct par_result *r)
{
    return r->executed == 0 &&
           (r->status == PAR_NO_CAPACITY || r->status == PAR_UNKNOWN_WORKER);
}

void wishes_tell(const struct par_result *r)
{
    char why[PAR_ERROR_TEXT];

    cli_say("%s; waiting 10 s for one", par_result_error(r, why, sizeof why));
}

void wishes_clear(struct wishes *w)
{
    for (size_t i = 0; i < w->env_count; i++)
        free(w->env[i]);
    for (size_t i = 0; i < WISHES_LABELS; i++) {
        free((char *)w->labels[i].name);
        free((char *)w->resources[i].name);
    }
}
