/* elf.h - is this a shared object that this machine can load?
 *
 * Looked at before dlopen(3) does, whose words for it mislead.
 */
#ifndef PAR_WORKER_ELF_H
#define PAR_WORKER_ELF_H

#include <stdbool.h>
#include <stddef.h>

#include <par/error.h>

enum { ELF_HEAD = 64 }; /* so many octets are enough */

/* `head` is how the file begins, `own` how a program of this machine does
 * (/proc/self/exe).  Says what is wrong: "libx.so is built for AARCH64, this
 * worker is x86_64". */
bool elf_fits(const void *head,
              size_t len,
              const void *own,
              size_t own_len,
              const char *name,
              struct par_error *err);

#endif
