/* test_template.c - places in a command line, and when a shell is needed */
#include "config.h"

#include "client/template.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

static struct template t;
static struct meta_writer out;

static void clear(void)
{
    template_clear(&t);
    meta_writer_clear(&out);
}

TestSuite(template, .fini = clear, .timeout = 10);

static const char *fill(size_t i, const char *value)
{
    meta_writer_reset(&out);
    template_fill(&t, i, value, 17, &out);
    meta_put_raw(&out, "", 1);
    return (const char *)out.data;
}

static void command(const char *line)
{
    cr_assert(eq(int, template_command(&t, &line, 1), 0));
}

Test(template, every_place_has_its_part)
{
    static const struct {
        const char *place;
        const char *value;
        const char *want;
    } cases[] = {{"{}", "a/b.c", "a/b.c"},  {"{.}", "a/b.c", "a/b"},
                 {"{.}", "a.d/b", "a.d/b"}, {"{.}", ".rc", ".rc"},
                 {"{/}", "a/b.c", "b.c"},   {"{/}", "b", "b"},
                 {"{//}", "a/b.c", "a"},    {"{//}", "b", "."},
                 {"{//}", "/b", "/"},       {"{//}", "a/b/c", "a/b"},
                 {"{/.}", "a/b.c", "b"},    {"{/.}", "a.x/b", "b"},
                 {"{#}", "x", "17"},        {"x{}y{}z", "1", "x1y1z"},
                 {"{", "1", "{"},           {"{x}", "1", "{x}"}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *words[] = {"w", cases[i].place};

        cr_assert(eq(int, template_command(&t, words, 2), 0));
        cr_assert(
            eq(str, (char *)fill(1, cases[i].value), (char *)cases[i].want));
        template_clear(&t);
    }
}

Test(template, an_input_without_a_place_comes_last)
{
    const char *words[] = {"gzip", "-9"};

    cr_assert(eq(int, template_command(&t, words, 2), 0));
    cr_assert(eq(sz, t.count, 3));
    cr_assert(eq(str, (char *)fill(2, "a b"), "a b"));
}

Test(template, a_plain_line_is_split_and_needs_no_shell)
{
    command("convert  {} {.}.png");
    cr_assert(eq(int, t.by_shell, false));
    cr_assert(eq(sz, t.count, 3));
    cr_assert(eq(str, (char *)fill(1, "my $HOME.jpg"), "my $HOME.jpg"));
    cr_assert(eq(str, (char *)fill(2, "my $HOME.jpg"), "my $HOME.png"));
}

Test(template, what_only_a_shell_understands_goes_to_one)
{
    static const char *const scripts[] = {
        "a; b", "a | b", "a > b",  "a $x", "a 'b'", "a \"b\"", "a *",
        "a ~",  "X=1 a", "exit 3", "cd /", "a {b}", "a &",     "a `b`"};
    static const char *const plain[] = {"a b", "a x=1", "a {} {#}",
                                        "a-b", "a:b",   "exits 3"};

    for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++)
        cr_assert(eq(int, template_needs_shell(scripts[i]), true), "%s",
                  scripts[i]);
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        cr_assert(eq(int, template_needs_shell(plain[i]), false), "%s",
                  plain[i]);
}

Test(template, several_words_are_never_given_to_a_shell)
{
    const char *words[] = {"printf", "%s;", "{}"};

    cr_assert(eq(int, template_command(&t, words, 3), 0));
    cr_assert(eq(int, t.by_shell, false));
    cr_assert(eq(str, (char *)fill(1, "x"), "%s;"));
}

/* What a real sh makes of the script for this value. */
static const char *by_sh(const char *script, const char *value)
{
    static char text[512];
    FILE *f;
    size_t n;

    template_clear(&t);
    command(script);
    cr_assert(eq(int, t.by_shell, true), "%s", script);
    f = popen(fill(0, value), "r");
    n = fread(text, 1, sizeof text - 1, f);
    text[n] = '\0';
    pclose(f);
    return text;
}

Test(template, a_value_stays_one_word_wherever_it_stands)
{
    static const char *const values[] = {
        "plain",      "two words", "it's",        "a\"b", "$HOME",
        "`echo x`",   "$(echo x)", "a;echo x",    "*",    "~",
        "\\",         "a\\",       "-n x",        "'",    "''\"\"",
        "line\nline", "",          "$((1+1))",    "!x",   "{}",
        "a\\\\b",     "\\$HOME",   "\"; echo x #"};

    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        const char *v = values[i];

        cr_assert(eq(str, (char *)by_sh("printf %s {};", v), (char *)v));
        cr_assert(eq(str, (char *)by_sh("printf %s '{}'", v), (char *)v));
        cr_assert(eq(str, (char *)by_sh("printf %s \"{}\"", v), (char *)v));
        cr_assert(eq(str, (char *)by_sh("printf %s \"\\\"{}\" | tail -c +2", v),
                     (char *)v));
    }
}

Test(template, a_script_without_a_place_gets_its_input_at_the_end)
{
    cr_assert(eq(str, (char *)by_sh("true; printf %s", "a b"), "a b"));
}

Test(template, packs_words_as_a_job_wants_them)
{
    struct meta_writer scratch = {0};
    struct meta_writer packed = {0};
    struct meta_reader r;
    struct meta_value v;

    command("echo {}; true");
    template_pack(&t, "a'b", 1, &scratch, &packed);
    r = meta_read(packed.data, packed.len);
    meta_next(&r, &v);
    cr_assert(eq(sz, v.len, 3));
    meta_next(&r, &v);
    cr_assert(meta_is(&v, "sh"));
    meta_next(&r, &v);
    cr_assert(meta_is(&v, "-c"));
    meta_next(&r, &v);
    cr_assert(meta_is(&v, "echo 'a'\\''b'; true"));
    meta_writer_clear(&scratch);
    meta_writer_clear(&packed);
}

Test(template, arguments_keep_their_words)
{
    const char *words[] = {"10", "{}"};

    cr_assert(eq(int, template_arguments(&t, words, 2), 0));
    cr_assert(eq(sz, t.count, 2));
    template_clear(&t);
    cr_assert(eq(int, template_arguments(&t, words, 1), 0));
    cr_assert(eq(sz, t.count, 2));
    cr_assert(eq(str, (char *)fill(1, "x"), "x"));
}

Test(template, places_that_are_not_built_yet_are_found)
{
    static const struct {
        const char *word;
        const char *want;
    } cases[] = {{"a{1}b", "{1}"},
                 {"{-1}", "{-1}"},
                 {"{2/.}", "{2/.}"},
                 {"x{%}", "{%}"},
                 {"{+/}", "{+/}"},
                 {"{..}", "{..}"},
                 {"{= s/a/b/ =} c", "{= s/a/b/ =}"},
                 {"{=", "{="},
                 {"{} {1}", "{1}"}};
    static const char *const fine[] = {
        "",    "{}{.}{/}{//}{/.}{#}", "{a}", "{1", "${1}", "x{1,2}",
        "{=a", "awk '{print $1}'",    "{",   "{-}"};
    size_t len;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *got = template_later(cases[i].word, &len);

        cr_assert(ne(ptr, (void *)got, NULL), "%s", cases[i].word);
        cr_assert(eq(sz, len, strlen(cases[i].want)));
        cr_assert(eq(int, strncmp(got, cases[i].want, len), 0));
    }
    for (size_t i = 0; i < sizeof fine / sizeof *fine; i++)
        cr_assert(eq(ptr, (void *)template_later(fine[i], &len), NULL), "%s",
                  fine[i]);
}
