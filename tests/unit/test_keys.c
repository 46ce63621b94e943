/* test_keys.c - key files: their form, their mode, and what is refused */
#include "config.h"

#include "keys.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <czmq.h>
#include <errno.h>
#include <sys/wait.h>

#include "place.h"
#include "scratch.h"

/* the pair of RFC 32's neighbour, the ZAP example of zguide */
#define PUBLIC "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
#define SECRET "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"

TestSuite(keys, .init = scratch_make, .fini = scratch_remove, .timeout = 20);

static const char *file_of(const char *public_key, const char *secret_key)
{
    static char text[512];

    snprintf(text, sizeof text,
             "metadata\n    name = \"me@here\"\ncurve\n"
             "    public-key = \"%s\"\n    secret-key = \"%s\"\n",
             public_key, secret_key);
    return text;
}

static mode_t mode_of(const char *path)
{
    struct stat st;

    cr_assert(stat(path, &st) == 0);
    return st.st_mode & 07777;
}

Test(keys, text_forms_survive_the_round_trip)
{
    uint8_t key[KEY_SIZE];
    char text[KEY_TEXT];
    char hex[KEY_HEX];

    cr_assert(key_parse(PUBLIC, key));
    key_text(key, text);
    cr_assert(eq(str, text, PUBLIC));
    key_hex(key, hex);
    cr_assert(eq(sz, strlen(hex), 64));
    cr_assert(eq(sz, strspn(hex, "0123456789abcdef"), 64));
}

Test(keys, parse_is_strict)
{
    uint8_t key[KEY_SIZE];

    cr_assert(eq(int, key_parse("", key), false));
    cr_assert(eq(int, key_parse("0000000000", key), false));
    /* one too many, one too few, a character that Z85 has not, overflow */
    cr_assert(eq(int, key_parse(PUBLIC "a", key), false));
    cr_assert(eq(int, key_parse(PUBLIC + 1, key), false));
    cr_assert(eq(int,
                 key_parse("Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{h\"D", key),
                 false));
    cr_assert(eq(int,
                 key_parse("#####w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID", key),
                 false));
}

Test(keys, no_key_begins_like_a_comment)
{
    uint8_t key[KEY_SIZE];
    char text[KEY_TEXT];

    memset(key, 0xff, sizeof key);
    key_text(key, text);
    for (size_t i = 0; i < KEY_TEXT - 1; i += 5)
        cr_assert(ne(chr, text[i], '#'));
    cr_assert(eq(int,
                 key_parse("#0000w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID", key),
                 false));
}

Test(keys, created_key_is_loaded_again)
{
    const char *path = scratch_path("deep/er/id.key");
    struct key_pair made;
    struct key_pair loaded;

    cr_assert(eq(int, keys_create(path, "me@host-1", &made, NULL), 0));
    cr_assert(eq(int, keys_load(path, &loaded, NULL), 0));
    cr_assert(eq(int, memcmp(&made, &loaded, sizeof made), 0));
    cr_assert(eq(str, loaded.name, "me@host-1"));
    cr_assert(eq(int, (int)mode_of(path), 0600));
    cr_assert(eq(int, (int)mode_of(scratch_path("deep/er")), 0700));
    cr_assert(eq(int, (int)mode_of(scratch_path("deep")), 0700));
}

Test(keys, mode_is_0600_whatever_the_umask)
{
    struct key_pair pair;
    mode_t old = umask(0);

    cr_assert(eq(int, keys_create(scratch_path("a.key"), "a", &pair, NULL), 0));
    umask(0277);
    cr_assert(eq(int, keys_create(scratch_path("b.key"), "b", &pair, NULL), 0));
    umask(old);
    cr_assert(eq(int, (int)mode_of(scratch_path("a.key")), 0600));
    cr_assert(eq(int, (int)mode_of(scratch_path("b.key")), 0600));
}

Test(keys, create_never_overwrites_and_leaves_nothing_beside)
{
    const char *path = scratch_write("id.key", 0600, "precious");
    struct key_pair pair;
    struct par_error err = {0};
    char listing[4096];
    FILE *ls;

    cr_assert(eq(int, keys_create(path, "me", &pair, &err), -1));
    cr_assert(eq(int, err.code, EEXIST));
    cr_assert(eq(str, (char *)scratch_read(path), "precious"));

    snprintf(listing, sizeof listing, "ls -A %s", scratch);
    ls = popen(listing, "r");
    listing[fread(listing, 1, sizeof listing - 1, ls)] = '\0';
    pclose(ls);
    cr_assert(eq(str, listing, "id.key\n"));
}

Test(keys, create_refuses_a_name_that_is_no_label)
{
    struct key_pair pair;
    struct par_error err = {0};

    cr_assert(
        eq(int, keys_create(scratch_path("x.key"), "a\"\nb", &pair, &err), -1));
    cr_assert(eq(int, err.code, EINVAL));
    cr_assert(ne(int, access(scratch_path("x.key"), F_OK), 0));
}

Test(keys, file_is_what_czmq_reads)
{
    const char *path = scratch_path("id.key");
    struct key_pair pair;
    char text[KEY_TEXT];
    zcert_t *cert;

    cr_assert(eq(int, keys_create(path, "me@here", &pair, NULL), 0));
    cert = zcert_load(path);
    cr_assert(cert != NULL);
    key_text(pair.public_key, text);
    cr_assert(eq(str, (char *)zcert_public_txt(cert), text));
    key_text(pair.secret_key, text);
    cr_assert(eq(str, (char *)zcert_secret_txt(cert), text));
    cr_assert(eq(str, (char *)zcert_meta(cert, "name"), "me@here"));
    zcert_destroy(&cert);
}

Test(keys, file_that_czmq_writes_is_read)
{
    zcert_t *cert = zcert_new();
    struct key_pair pair;
    struct par_error err = {0};
    char text[KEY_TEXT];

    zcert_set_meta(cert, "name", "Grace Hopper");
    zcert_set_meta(cert, "email", "%s", "g@h");
    cr_assert(eq(int, zcert_save(cert, scratch_path("cert")), 0));
    cr_assert(eq(int, keys_load(scratch_path("cert_secret"), &pair, &err), 0),
              "%s", err.text);
    key_text(pair.public_key, text);
    cr_assert(eq(str, text, (char *)zcert_public_txt(cert)));
    key_text(pair.secret_key, text);
    cr_assert(eq(str, text, (char *)zcert_secret_txt(cert)));
    cr_assert(eq(str, pair.name, "Grace_Hopper"));
    zcert_destroy(&cert);
}

Test(keys, missing_file_is_enoent)
{
    struct key_pair pair;
    struct par_error err = {0};

    cr_assert(eq(int, keys_load(scratch_path("none"), &pair, &err), -1));
    cr_assert(eq(int, err.code, ENOENT));
}

Test(keys, key_that_others_can_read_is_refused_with_the_remedy)
{
    static const mode_t modes[] = {0640, 0604, 0660, 0606, 0644};
    struct key_pair pair;
    struct par_error err;

    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        const char *path =
            scratch_write("id.key", modes[i], file_of(PUBLIC, SECRET));

        err.text[0] = '\0';
        cr_assert(eq(int, keys_load(path, &pair, &err), -1));
        cr_assert(eq(int, err.code, EPERM));
        cr_assert(strstr(err.text, "chmod 600 ") != NULL);
        cr_assert(strstr(err.text, path) != NULL);
    }
    cr_assert(
        eq(int,
           keys_load(scratch_write("id.key", 0400, file_of(PUBLIC, SECRET)),
                     &pair, NULL),
           0));
}

Test(keys, what_is_no_regular_file_is_refused)
{
    const char *real = scratch_write("real", 0600, file_of(PUBLIC, SECRET));
    struct key_pair pair;
    struct par_error err = {0};

    cr_assert(eq(int, symlink(real, scratch_path("link")), 0));
    cr_assert(eq(int, mkfifo(scratch_path("fifo"), 0600), 0));
    cr_assert(eq(int, keys_load(scratch_path("link"), &pair, &err), -1));
    cr_assert(strstr(err.text, "symlink") != NULL, "%s", err.text);
    cr_assert(eq(int, keys_load(scratch_path("fifo"), &pair, &err), -1));
    cr_assert(strstr(err.text, "not a regular file") != NULL, "%s", err.text);
    cr_assert(eq(int, keys_load(scratch, &pair, &err), -1));
}

Test(keys, bad_contents_are_named)
{
    struct key_pair pair;
    struct par_error err = {0};

    cr_assert(
        eq(int, keys_load(scratch_write("a", 0600, ""), &pair, &err), -1));
    cr_assert(strstr(err.text, "no public-key") != NULL, "%s", err.text);
    cr_assert(eq(int,
                 keys_load(scratch_write("b", 0600, file_of("short", SECRET)),
                           &pair, &err),
                 -1));
    cr_assert(strstr(err.text, "b:4: public-key: ") != NULL, "%s", err.text);
    /* a pair whose halves are two keys' */
    cr_assert(eq(int,
                 keys_load(scratch_write("c", 0600, file_of(PUBLIC, PUBLIC)),
                           &pair, &err),
                 -1));
    cr_assert(strstr(err.text, "not the secret key's") != NULL, "%s", err.text);
}

Test(keys, need_makes_it_once_and_then_loads_it)
{
    const char *path = scratch_path("id.key");
    struct key_pair first;
    struct key_pair again;

    cr_assert(eq(int, keys_need(path, "me", &first, NULL), 0));
    cr_assert(eq(int, keys_need(path, "other", &again, NULL), 0));
    cr_assert(eq(int, memcmp(&first, &again, sizeof first), 0));
}

Test(keys, all_who_need_it_at_once_get_the_same)
{
    enum { PROCESSES = 8 };
    const char *path = scratch_path("id.key");
    struct key_pair pair;
    char text[KEY_TEXT];
    char got[PROCESSES * (KEY_TEXT + 1)] = "";
    size_t len = 0;
    ssize_t n;
    int fds[2];

    cr_assert(eq(int, pipe(fds), 0));
    for (int i = 0; i < PROCESSES; i++) {
        if (fork() == 0) {
            int rc = keys_need(path, "me", &pair, NULL);

            key_text(pair.public_key, text);
            _exit(rc != 0 || write(fds[1], text, KEY_TEXT) != KEY_TEXT);
        }
    }
    close(fds[1]);
    while ((n = read(fds[0], got + len, sizeof got - len)) > 0)
        len += (size_t)n;
    for (int i = 0; i < PROCESSES; i++) {
        int status;

        wait(&status);
        cr_assert(eq(int, status, 0));
    }
    cr_assert(eq(sz, len, PROCESSES * KEY_TEXT));
    for (int i = 1; i < PROCESSES; i++)
        cr_assert(eq(str, got + i * KEY_TEXT, got));
}

Test(keys, names_resolve_in_the_config_folder)
{
    char path[PLACE_PATH];
    char want[PLACE_PATH];
    struct par_error err = {0};

    setenv("PAR_CONFIG_DIR", scratch, 1);
    cr_assert(eq(int, keys_resolve("hostb", path, sizeof path, NULL), 0));
    snprintf(want, sizeof want, "%s/hostb.key", scratch);
    cr_assert(eq(str, path, want));
    cr_assert(eq(int, keys_resolve("hostb.key", path, sizeof path, NULL), 0));
    cr_assert(eq(str, path, want));
    cr_assert(eq(int, keys_resolve("./x", path, sizeof path, NULL), 0));
    cr_assert(eq(str, path, "./x"));
    cr_assert(eq(int, keys_resolve("..", path, sizeof path, &err), -1));
    cr_assert(eq(int, keys_resolve("", path, sizeof path, &err), -1));
    cr_assert(eq(int, keys_resolve("hostb", path, 10, &err), -1));
    cr_assert(eq(int, err.code, ENAMETOOLONG));
}

Test(keys, none_begins_like_an_option)
{
    struct key_pair pair;
    char text[KEY_TEXT];

    for (int i = 0; i < 500; i++) {
        cr_assert(eq(int, keys_make(&pair, "name", NULL), 0));
        key_text(pair.public_key, text);
        cr_assert(ne(chr, text[0], '-'));
    }
}
