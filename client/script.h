/* script.h - a shell script with places for values that are not its text
 *
 * An input may hold anything: what is put into a script would be read by the
 * shell, and quoting it right means to know as much as the shell does of where
 * it stands ("$(f {})", here-documents ...).  So a place becomes a variable,
 * and the value comes beside the script:
 *
 *     parctl map 'f "$(g {})"'    is    sh -c SCRIPT sh VALUE, where SCRIPT is
 *     par_input=$1; shift 1; f "$(g "${par_input}")"
 *
 * Where a place stands is looked at for the quotes that keep the value one
 * word; should that be mistaken, no octet of it is taken for code yet.
 *
 * But in arithmetic many shells take a value for an expression, and run what
 * stands in its brackets: a[$(reboot)].  What the script itself shows to be
 * arithmetic, $(( )) (( )) $[ ] ${x:1:2} a[1]=, takes numbers only.  What a
 * command makes of its words is not looked at: eval, ssh, let, [[ -gt ]],
 * test -v, declare -i, read, unset ..., nor what becomes of `x={}'.
 * (XCU 2.3, 2.6 and 2.7.4 of POSIX.1-2017.)
 */
#ifndef PAR_CLIENT_SCRIPT_H
#define PAR_CLIENT_SCRIPT_H

/* The script for this line, to be freed by the caller.  *places has a bit for
 * each place of places.h that it takes the value of: those follow `sh -c SCRIPT
 * sh` in the order of their numbers.  *numbers has those of them that stand in
 * arithmetic: the caller sees to it that such a value is a plain number.  NULL
 * and ENOMEM, or EINVAL if a place stands in a here-document whose end is
 * quoted: no shell fills in anything there. */
char *script_make(const char *line, unsigned *places, unsigned *numbers);

#endif
