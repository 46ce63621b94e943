#!/bin/bash
# map.sh - `parctl map`: inputs, order, values, failures
. "$top_srcdir/tests/system/claims.sh"
cd "$work" || exit 99

# ---- where inputs come from, and where they go ----

try sh -c 'seq 8 | parctl map -k "sleep 0.1; echo {}"'
quiet "-k keeps the order" 0 "$(seq 8)"
try sh -c 'seq 8 | parctl map "sleep 0.0{}; echo {}"'
is "without -k all come, in any order" "$(sort <<<"$out")" "$(seq 8)"
try parctl map -k echo a{}b ::: 1 2 3
quiet ":::, and {} inside a word" 0 $'a1b\na2b\na3b'
try parctl map -k echo ::: 1 '2 3' ''
quiet "without {} the input comes last, as one word" 0 $'1\n2 3'
is "... and so does an empty one" "$(wc -l <out)" 3
seq 3 >three
printf 'x y\n\nlast, without newline' >odd
try parctl map -k echo '<{}>' :::: three odd
quiet ":::: takes the lines of files" 0 $'<1>\n<2>\n<3>\n<x y>\n<>\n<last, without newline>'
try parctl map -k 'printf "%s\n" {}' ::: "it's" '$HOME' '`id`' 'a"b' '; exit 9'
quiet "a value is quoted for the shell" 0 $'it\'s\n$HOME\n`id`\na"b\n; exit 9'
try parctl map -k echo {/} {.} {//} {/.} {#} ::: a/b.c d
quiet "{/} {.} {//} {/.} {#}" 0 $'b.c a/b a b 1\nd d . d 2'
try parctl map echo </dev/null
quiet "no input, no job" 0
try parctl map echo :::
quiet "... nor with none behind :::" 0
try parctl map echo <&-
said "inputs that cannot be read" 125 '^par: standard input: Bad file descriptor$'
try sh -c "printf 'a\nb\0c\n' | parctl map echo"
like "a line that no word can hold" "$code $err" \
    '^125 par: standard input: line 2 holds a zero octet$'
try sh -c 'head -c 2000000 /dev/zero | tr "\0" x | parctl map echo'
said "an input that is too large" 1 \
    '^par: #1 .*\.\.\.\): arguments of [0-9]* bytes are over the limit of 1048576$'
try parctl map --no-such-thing echo ::: 1
said "an unknown option" 125 'no-such-thing'
for habit in '--pipe' '-a three' '-0' '-n2' '-S host' '-I@' '--dry-run' '--tag' '--joblog log'; do
    # shellcheck disable=SC2086 # an option and its value
    try parctl map $habit echo ::: 1
    said "what is not built yet is said: $habit" 125 "^par: .*${habit%%[ 2@]*}.* of GNU parallel is not built yet"
done
try parctl map -P4 echo ::: 1
said "-P is -j" 125 '^par: -P.*say -j'
for jobs in +1 -1 50%; do # not read as another number
    try parctl map -j $jobs echo ::: 1
    said "-j $jobs" 125 "^par: .*jobs .$jobs.: .*not built yet"
done
try parctl map echo '{=' s/a/b/ '=}' ::: 1
said "a place that computes" 125 '^par: .= of GNU parallel is not built yet'
try parctl map echo {1} ::: 1
said "a place that is not built yet is no word of the command" 125 '^par: [{]1[}] .*not built yet'
try parctl map 'set -- a; echo ${1} {}' ::: 1
quiet "... but the shell has its own" 0 'a 1'

# ---- how many at once ----

# Each job notes how many there are while it runs.
cat >crowd <<'END'
#!/bin/sh
mkdir "in.$1"
sleep 0.2
ls -d in.* | wc -l
rmdir "in.$1"
END
chmod +x crowd
try parctl map -j 1 -k ./crowd ::: 1 2 3
quiet "-j 1: one at a time" 0 $'1\n1\n1'
try parctl map -j 2 ./crowd ::: 1 2 3 4 5 6
is "-j 2: never more" "$(sort -n <<<"$out" | tail -n 1)" 2
try parctl map -j 4 ./crowd ::: 1 2 3 4 5 6 7 8
is "-j 4, of a private worker, may be more than there are CPUs" \
    "$(sort -n <<<"$out" | tail -n 1)" 4
try parctl map -j 0 echo ::: 1
said "-j 0" 125 '^par: '
try parctl map -j 4097 echo ::: 1
said "more slots than a private worker may have" 125 \
    '^par: -j, --jobs: 4097 is out of range; without a broker, from 1 to 4096 is allowed$'
try parctl map
said "wrong usage says what is wrong" 125 '^par: what is to be run for each input'
like "... teaches by an example" "$err" \
    "^par: for example: seq 8 \| parctl map -k 'sleep 0.1; echo \{\}'; all of it: parctl map --help$"
is "... and no more" "$(wc -l <<<"$err")" 2

# ---- output ----

try parctl map 'for i in 1 2 3; do echo {}; sleep 0.01; done' ::: a b c d
is "the output of a job stays together" "$(uniq <<<"$out" | wc -l)" 4
try parctl map --line-buffer 'echo a{}; echo b{}' ::: 1 2 3
is "--line-buffer: whole lines" "$code $(sort <<<"$out" | xargs)" "0 a1 a2 a3 b1 b2 b3"
try parctl map -u 'printf x; : {}' ::: 1
quiet "-u: as it comes" 0 x
try parctl map -k -u echo ::: 1
said "... which has no order" 125 '^par: -k .*-u'
for how in -u --line-buffer; do
    try parctl map --json $how echo ::: 1
    said "... and is no value: --json $how" 125 "^par: --json .*$how"
done
try sh -c 'seq 100000 | parctl map echo | head -n 1 | wc -l'
quiet "a reader that leaves ends it" 0 1
try parctl map -k -j 2 'head -c 3000000 /dev/zero | tr "\0" {}' ::: a b c
is "3 MB each, in order" "$(cksum <"$work/out")" \
    "$(for c in a b c; do head -c 3000000 /dev/zero | tr '\0' $c; done | cksum)"
try parctl map 'echo out {}; echo err {} >&2' ::: 1
said "stderr is stderr" 0 '^err 1$' 'out 1'

# ---- failures ----

try parctl map -k 'test {} = good && echo well || exit 2' ::: good bad good worse
said "two of four failed: 2" 2 '^par: #2 \(bad\): exit 2 on [^ ]+\.1$' $'well\nwell'
like "... each is told" "$err" '^par: #4 \(worse\): exit 2 on '
is "... and no more is said" "$(wc -l <<<"$err")" 2
try parctl map 'kill -9 $$; echo {}' ::: x
said "a signal" 1 '^par: #1 \(x\): signal 9 \(Killed\) on '
try parctl map -k --retries 1 'test {} = b && mkdir once 2>/dev/null && kill -9 $$; echo {}' ::: a b c
quiet "one that is run again takes no other with it" 0 $'a\nb\nc'
try parctl map --retries 1 'kill -9 $$' ::: x
said "... and its last attempt is what is told" 1 '^par: #1 \(x\): signal 9 \(Killed\) on '
again='echo out {}; echo err {} >&2; mkdir died.{} 2>/dev/null && kill -9 $$; true'
try parctl map -k --retries 1 "$again" ::: 1 2
said "of one that is run again the last attempt is printed" 0 '^err 1$' $'out 1\nout 2'
is "... on standard error, too" "$err" $'err 1\nerr 2'
try sh -c 'seq 150 | parctl map false'
is "more than 100 failed: 101" $code 101
is "... each is told" "$(grep -c '^par: #' <<<"$err")" 150
try sh -c 'seq 100 | parctl map false'
is "100 failed: 100" $code 100
try parctl map --timeout 200ms 'sleep {}' ::: 0 1000
said "one took too long" 1 '^par: #2 \(1000\): .*200 ms'
try parctl map --json -k 'test {} -lt 3 && echo {}' ::: 1 3
is "--json: values and errors" "$out" "$(printf '%s\n' '{"index":1,"value":"1\n"}' \
    '{"index":2,"error":"exit 1 on '"$(hostname).1"'","executed":"yes","worker":"'"$(hostname).1"'"}')"
is "... counted all the same" $code 1
try parctl map --json -k 'test {} = short || head -c 2000000 /dev/zero' ::: long short
quiet "... an output too long for a value is one, of a job that was run" 1 \
    $'{"index":1,"error":"its output is too long for one value","executed":"yes"}\n{"index":2,"value":""}'
try parctl map --json "$EXAMPLES/primes.c:count" 1 ::: x
like "... of one that does not fit, too" "$code $out" \
    '^1 \{"index":1,"error":".*","executed":"no"\}$'
try parctl map ./nothing-there ::: 1 2
said "a command that is not there" 2 '^par: #2 \(2\): .*nothing-there'
for template in "$EXAMPLES/primes.c {}" "$EXAMPLES/primes.c 1"; do
    try parctl map "$template" ::: 1 2
    said "C source without its function is told how to name one: $template" 2 \
        '^par: a function of a file: parctl map FILE:FUNCTION$'
    is "... once" "$(grep -c FUNCTION <<<"$err")" 1
done

try parctl map -k 'echo "$(basename {})"; cat <<E
{}
E' ::: 'x; echo INJECTED' '$(echo INJECTED)' 'a  b'
quiet "no input is code, in brackets, quotes and documents" 0 \
    $'x; echo INJECTED\nx; echo INJECTED\n$(echo INJECTED)\n$(echo INJECTED)\na  b\na  b'
try parctl map -k 'echo $(( {} * 2 ))' ::: 3 'a[$(echo INJECTED >&2)]'
said "nor in arithmetic, which takes numbers only" 1 \
    "^par: #2 \(a.*\): [{][}] stands in the shell's arithmetic, and takes a plain number only$" 6
is "... and that is all there is to say" "$(wc -l <<<"$err")" 1
try parctl map $'cat <<"E"\n{}\nE' ::: 1
said "where a shell fills in nothing, nor do we" 125 '^par: .*here-document'

# ---- functions ----

licences=(/usr/share/common-licenses/*)
wanted=$(for f in "${licences[@]}"; do
    LC_ALL=C tr -cs A-Za-z '\n' <"$f" | grep -c .
done)
try parctl map --content -k "$EXAMPLES/wordcount.c:count" ::: "${licences[@]}"
quiet "a C function over the licences, against tr and grep" 0 "$wanted"
try parctl map --json -k 'echo {}; test {} = 2' ::: 1 2 3
is "... and what was written before it failed" \
    "$code $(grep -c '"index":[13],"error":"exit 1 .*","output":"[13]\\n"}$' <<<"$out")" "2 2"
try parctl map --content --json -k "$EXAMPLES/wordcount.c:count" ::: /usr/share/common-licenses/GPL-3
quiet "--json: a number" 0 '{"index":1,"value":'"$(LC_ALL=C tr -cs A-Za-z '\n' \
    </usr/share/common-licenses/GPL-3 | grep -c .)"'}'
try parctl map -k "$EXAMPLES/wordcount.c:count" ::: '@three' '@@' a
quiet "an input that begins with @ is what it is" 0 $'1\n0\n1'
try parctl map -k "$EXAMPLES/wordcount.c:count" '@{}' ::: odd
quiet "... but @{} in the template is a file" 0 5
printf 'a b' >plain
printf 'a b c' >@plain
try parctl map -k "$EXAMPLES/wordcount.c:count" '@{}' ::: plain @plain ''
said "... whatever its name begins with, and an empty name is none" 1 \
    '^par: #3 \(\): argument 1: the name of its file is empty$' $'2\n3'
try parctl map -k "$EXAMPLES/wordcount.c:count" '@@{}' ::: 'a b' ''
quiet "... and @@{} a text that begins with @" 0 $'2\n0'
try parctl map --content -k "$EXAMPLES/wordcount.c:count" ::: three nowhere odd
said "a file that is not there fails its own job" 1 \
    '^par: #2 \(nowhere\): .*No such file' $'0\n5'
try parctl map -k "$EXAMPLES/primes.c:count" 1 {} ::: 10 100 1000000
quiet "arguments by the signature" 0 $'4\n25\n78498'
try parctl map "$EXAMPLES/primes.c:count" 1 {} ::: 5000000 10 100
quiet "values of functions are in order without -k, too" 0 $'348513\n4\n25'
try parctl map -u "$EXAMPLES/primes.c:count" 1 {} ::: 5000000 10 100
is "... but with -u" "$code $(sort -n <<<"$out" | xargs)" "0 4 25 348513"
try parctl map -k "$EXAMPLES/primes.c:count" 1 {} ::: 10 none 100
said "one that does not fit" 1 '^par: #2 \(none\): .*none' $'4\n25'
cat >values.c <<'END'
#include <par/task.h>

static int show(struct par_task *t)
{
    switch (par_int(t, 0)) {
    case 0:
        return par_put_int(t, -7);
    case 1:
        return par_put_float(t, 0.1);
    case 2:
        return par_put_str(t, "text", 4);
    case 3:
        return par_put_bytes(t, "a\nb", 3);
    case 4:
        par_put_array(t, 2);
        par_put_int(t, 1);
        return par_put_str(t, "x\n", 2);
    case 5:
        par_put_map(t, 1);
        par_put_str(t, "k", 1);
        return par_put_bool(t, 1);
    case 6:
        return par_put_nil(t);
    default:
        return par_throw(t, 3, "nothing of that number");
    }
}
PAR_FUNCTION(show, "i:v")
END
try parctl map -k ./values.c:show ::: 0 1 2 3 4 5 6 7
said "values: text raw, numbers shortest, the rest JSON" 1 \
    '^par: #8 \(7\): nothing of that number' $'-7\n0.1\ntext\na\nb\n[1,"x\\n"]\n{"k":true}\nnull'
try parctl map -k --raw ./values.c:show ::: 0 2 3
quiet "--raw: no newline after a value" 0 $'-7texta\nb'

# ---- many ----

# More than are known at once (COMMANDS in client/cmd_map.c).
start many sh -c 'seq 1100 | exec parctl map -k /usr/bin/env printf "%s\n"'
ended many
is "1100 commands, all and in order" "$(cksum <many.out)" "$(seq 1100 | cksum)"
mkfifo feed
echo '#include <par/task.h>
static int same(struct par_task *t) { return par_put_int(t, par_int(t, 0)); }
PAR_FUNCTION(same, "i:i")' >same.c
start many sh -c 'exec parctl map -k ./same.c:same <feed'
exec 3>feed
seq 20000 >&3
wait_line many.out '^20000$'
early=$(kib VmHWM "${pids[many]}")
seq 20001 200000 >&3
wait_line many.out '^200000$'
late=$(kib VmHWM "${pids[many]}")
exec 3>&-
ended many
is "200000 calls: all and in order" "$(cksum <many.out)" "$(seq 200000 | cksum)"
memory "... in as much memory as 20000" $((late - early)) 4096

finish
