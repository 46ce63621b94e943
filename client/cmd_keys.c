/* cmd_keys.c - parctl keygen, allow, revoke, trust
 *
 * Who we are, who may come in, and whom we believe.  They edit files of the
 * configuration folder; a running broker notices by itself.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "cmd.h"
#include "keys.h"
#include "link.h"
#include "place.h"

/* A file in the configuration folder. */
static int config_file(const char *name, char *path, struct par_error *err)
{
    char dir[PLACE_PATH];

    if (place_config_dir(dir, sizeof dir, err))
        return -1;
    if (snprintf(path, PLACE_PATH, "%s/%s", dir, name) >= PLACE_PATH)
        return par_fail(err, ENAMETOOLONG, "%s: the path is too long", dir);
    return 0;
}

/* Parse a verb's options when it has only flags and takes `least`..`most`
 * words.  *words gets them. */
static int take_words(struct cli *cli,
                      int argc,
                      char **argv,
                      int least,
                      int most,
                      bool *flag,
                      char ***words)
{
    struct options o = {
        .table = cli->verb->options, .argc = argc, .argv = argv};
    const char *value;
    int code = 0;

    while (cli_next(cli, &o, &value, &code))
        *flag = true;
    if (code == 0 && argc - o.at < least)
        code = cli_usage(cli, "a word is missing");
    if (code == 0 && argc - o.at > most)
        code = cli_usage(cli, "`%s' is one word too many", argv[o.at + most]);
    *words = argv + o.at;
    return code;
}

/* ---- keygen ---- */

static const struct option_spec keygen_options[] = {
    {0, "show", NULL, "print the line of a key that there is"},
    CLI_HELP_OPTION};

/* What a key is called that is made for somebody or something: "hostb" of
 * hostb, hostb.key and ./hostb.key.  NULL: user@host, for our own. */
static const char *label(const char *word, char name[KEY_NAME])
{
    const char *slash = word ? strrchr(word, '/') : NULL;
    const char *base = slash ? slash + 1 : word;
    size_t len = base ? strlen(base) : 0;

    if (len > 4 && strcmp(base + len - 4, ".key") == 0)
        len -= 4;
    if (len == 0 || len >= KEY_NAME)
        return NULL;
    memcpy(name, base, len);
    name[len] = '\0';
    return strcmp(name, "id") != 0 && key_name_ok(name) ? name : NULL;
}

static int keygen_main(struct cli *cli, int argc, char **argv)
{
    char name[KEY_NAME];
    char path[PLACE_PATH], text[KEY_TEXT];
    struct par_error err;
    struct key_pair pair;
    bool show = false;
    char **words;
    int code = take_words(cli, argc, argv, 0, 1, &show, &words);
    int rc;

    if (code)
        return code;
    if (keys_resolve(words[0] ? words[0] : "id", path, sizeof path, &err))
        return cli_fail(cli, &err);
    rc = show ? keys_load(path, &pair, &err)
              : keys_create(path, label(words[0], name), &pair, &err);
    if (rc && err.code == EEXIST) {
        cli_say("%s; its line: parctl keygen --show%s%s", err.text,
                words[0] ? " " : "", words[0] ? words[0] : "");
        return CLI_NO;
    }
    if (rc)
        return cli_fail(cli, &err);
    key_text(pair.public_key, text);
    printf("%s %s\n", text, pair.name);
    if (!show)
        fprintf(stderr,
                "the key is in %s; where the broker runs: parctl allow "
                "'%s %s' --role worker\n",
                path, text, pair.name);
    keys_wipe(&pair);
    return 0;
}

const struct verb verb_keygen = {
    .name = "keygen",
    .words = "[NAME | PATH]",
    .summary = "Make a key, and print the line that lets it in.",
    .teaches = "  parctl keygen              id.key in the configuration "
               "folder\n"
               "  parctl keygen hostb        hostb.key there, called hostb\n"
               "\n"
               "A key that is there is never overwritten (exit code 1).",
    .options = keygen_options,
    .bad_usage = CLI_USAGE,
    .main = keygen_main};

/* ---- allow ---- */

static const struct option_spec allow_options[] = {
    {'r', "role", "ROLES", "client, worker, admin, or several: client,worker"},
    {0, "account", "NAME", "whose jobs it runs (the name of the line)"},
    CLI_HELP_OPTION};

/* "KEY NAME [ROLES]", in one word or in several. */
static int join(char *line, size_t size, char **words, int count)
{
    size_t used = 0;

    line[0] = '\0';
    for (int i = 0; i < count; i++) {
        int n =
            snprintf(line + used, size - used, "%s%s", i ? " " : "", words[i]);

        if (n < 0 || (size_t)n >= size - used)
            return -1;
        used += (size_t)n;
    }
    return 0;
}

static int allow(struct cli *cli,
                 const char *line,
                 unsigned roles,
                 const char *account)
{
    struct authorized_entry entry;
    struct par_error err;
    char path[PLACE_PATH];
    char text[64];

    if (authorized_parse(line, &entry, &err))
        return cli_usage(cli, "%s", err.text);
    if (roles)
        entry.roles = roles;
    if (!entry.roles)
        return cli_usage(cli, "as what? --role client, worker or admin");
    /* Who made the line has no say in whose jobs it is to share. */
    if (!account && strcmp(entry.account, entry.name) != 0)
        return cli_usage(cli,
                         "the line says account=%s; if you mean it: --account "
                         "%s",
                         entry.account, entry.account);
    if (account)
        snprintf(entry.account, sizeof entry.account, "%s", account);
    if (config_file("authorized", path, &err))
        return cli_fail(cli, &err);
    if (authorized_add(path, &entry, &err)) {
        cli_say("%s", err.text);
        return err.code == EEXIST ? CLI_NO : CLI_PAR;
    }
    roles_text(entry.roles, text, sizeof text);
    printf("%s may come in as %s\n", entry.name, text);
    return 0;
}

static int allow_main(struct cli *cli, int argc, char **argv)
{
    struct options o = {.table = allow_options, .argc = argc, .argv = argv};
    const char *account = NULL;
    const char *name, *value;
    unsigned roles = 0;
    char line[512];
    int code = 0;

    while ((name = cli_next(cli, &o, &value, &code))) {
        if (strcmp(name, "account") == 0) {
            account = value;
        } else {
            roles = roles_parse(value);
            if (!roles)
                code = cli_usage(cli,
                                 "--role `%s': client, worker, admin, or "
                                 "several with commas",
                                 value);
        }
    }
    if (code)
        return code;
    if (o.at == argc)
        return cli_usage(cli, "whom? the line that parctl keygen printed");
    if (account && !key_name_ok(account))
        return cli_usage(cli, "--account `%s' is no name", account);
    if (join(line, sizeof line, argv + o.at, argc - o.at))
        return cli_usage(cli, "the line is too long");
    return allow(cli, line, roles, account);
}

const struct verb verb_allow = {
    .name = "allow",
    .words = "'KEY NAME' --role ROLES",
    .summary = "Let a key in, where the broker runs.",
    .teaches = "  parctl allow 'KEY user@hostb' --role worker\n"
               "\n"
               "The line is what parctl keygen prints on the other host.  A "
               "running broker\nnotices by itself.",
    .options = allow_options,
    .bad_usage = CLI_USAGE,
    .main = allow_main};

/* ---- revoke ---- */

static const struct option_spec revoke_options[] = {
    {0, "force", NULL, "also if it is the key that is used here"},
    CLI_HELP_OPTION};

/* The key that parctl has at tcp brokers, if there is one. */
static bool own_key(uint8_t *key)
{
    const char *name = getenv("PAR_KEY");
    struct key_pair pair;
    char path[PLACE_PATH];

    if (keys_resolve(name && *name ? name : "id", path, sizeof path, NULL) ||
        keys_load(path, &pair, NULL))
        return false;
    memcpy(key, pair.public_key, KEY_SIZE);
    keys_wipe(&pair);
    return true;
}

/* How many lines have this name or key, and whether ours is among them. */
static int count_lines(const char *path,
                       const char *word,
                       bool *own,
                       struct par_error *err)
{
    struct authorized *list = authorized_load(path, err);
    const struct authorized_entry *e;
    uint8_t ours[KEY_SIZE];
    bool have_own = own_key(ours);
    char text[KEY_TEXT];
    int n = 0;

    *own = false;
    if (!list)
        return -1;
    for (size_t i = 0; (e = authorized_at(list, i)); i++) {
        key_text(e->key, text);
        if (strcmp(word, e->name) != 0 && strcmp(word, text) != 0)
            continue;
        n++;
        *own = *own || (have_own && memcmp(e->key, ours, KEY_SIZE) == 0);
    }
    authorized_destroy(list);
    return n;
}

static int revoke(struct cli *cli, const char *word, bool force)
{
    struct par_error err;
    char path[PLACE_PATH];
    bool own;
    int n;

    if (config_file("authorized", path, &err))
        return cli_fail(cli, &err);
    n = count_lines(path, word, &own, &err);
    if (n > 0 && own && !force) {
        if (n == 1)
            cli_say("`%s' is the key that you use here; to shut yourself out: "
                    "parctl revoke --force '%s'",
                    word, word);
        else
            cli_say("`%s' is %d keys in %s, and you use one of them here; "
                    "revoke the others by 'KEY', or all of them with --force",
                    word, n, path);
        return CLI_NO;
    }
    if (n < 0 || authorized_remove(path, word, &err)) {
        cli_say("%s", err.text);
        return err.code == ENOENT ? CLI_NO : CLI_PAR;
    }
    printf("%s may not come in any more", word);
    if (n == 1)
        putchar('\n');
    else
        printf(": %d keys\n", n);
    return 0;
}

static int revoke_main(struct cli *cli, int argc, char **argv)
{
    bool force = false;
    char **words;
    int code = take_words(cli, argc, argv, 1, 1, &force, &words);

    return code ? code : revoke(cli, words[0], force);
}

const struct verb verb_revoke = {
    .name = "revoke",
    .words = "NAME | 'KEY'",
    .summary = "Let a key in no more, where the broker runs.",
    .teaches = "  parctl revoke hostb        every key of that name\n"
               "  parctl revoke 'KEY'        this one; quoted, for the shell\n"
               "\n"
               "Its live sessions are cut within a second.  Exit code: 0, or 1 "
               "if there was none\nor it is the key that is used here.",
    .options = revoke_options,
    .bad_usage = CLI_USAGE,
    .main = revoke_main};

/* ---- trust ---- */

static const struct option_spec trust_options[] = {
    {0, "replace", NULL, "believe this key instead of the one noted"},
    CLI_HELP_OPTION};

static int trust_main(struct cli *cli, int argc, char **argv)
{
    struct par_error err;
    char path[PLACE_PATH];
    uint8_t key[KEY_SIZE];
    bool replace = false;
    char **words;
    int code = take_words(cli, argc, argv, 2, 2, &replace, &words);

    if (code)
        return code;
    if (!link_endpoint_ok(words[0], false, &err))
        return cli_usage(cli, "%s", err.text);
    if (link_endpoint_transport(words[0]) != LINK_TCP)
        return cli_usage(cli, "%s: only tcp brokers have keys", words[0]);
    if (!key_parse(words[1], key))
        return cli_usage(cli, "`%s' is no key: 40 characters of Z85 are one",
                         words[1]);
    if (config_file("known_brokers", path, &err))
        return cli_fail(cli, &err);
    if (known_add(path, words[0], key, replace, &err) == 0) {
        printf("%s is trusted\n", words[0]);
        return 0;
    }
    if (err.code != EEXIST)
        return cli_fail(cli, &err);
    cli_say("%s; if it was set up anew: parctl trust --replace %s '%s'",
            err.text, words[0], words[1]);
    return CLI_NO;
}

const struct verb verb_trust = {
    .name = "trust",
    .words = "[--replace] ENDPOINT 'KEY'",
    .summary = "Note the key of a broker on another host.",
    .teaches = "  parctl trust tcp://hosta:7270 'KEY'\n"
               "\n"
               "KEY is what parctl status shows there; the quotes keep it from "
               "the shell.\nAnother key for the same endpoint is refused (exit "
               "code 1) without --replace.",
    .options = trust_options,
    .bad_usage = CLI_USAGE,
    .main = trust_main};
