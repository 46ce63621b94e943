/* place.h - where things live on this host
 *
 * The one place that reads the environment for it.  Folders of Par's are
 * 0700 and their owner's alone; a name that somebody else could have prepared
 * (a symlink, a folder of another user) is refused, never mended.
 *
 *                 override          else                else
 *   runtime   $PAR_RUNTIME_DIR  $XDG_RUNTIME_DIR/par  /run/user/UID/par or
 *                                                     /tmp/par-UID
 *   config    $PAR_CONFIG_DIR   $XDG_CONFIG_HOME/par  ~/.config/par
 *   cache     $PAR_CACHE_DIR    $XDG_CACHE_HOME/par   ~/.cache/par, or cache
 *                                                     beside the sockets for
 *                                                     a user without a home
 *                                                     that it can be made in
 *
 * A system service sets the overrides (/run/par, /etc/par, ...) in its unit.
 */
#ifndef PAR_COMMON_PLACE_H
#define PAR_COMMON_PLACE_H

#include <stdbool.h>
#include <stddef.h>

#include <par/error.h>

enum { PLACE_PATH = 4096, PLACE_HOST_ID = 33 };

/* The folder of sockets.  With `make` it is made if missing; without, ENOENT
 * says that no broker can be there.  Either way what is there is checked. */
int place_runtime_dir(bool make,
                      char *path,
                      size_t size,
                      struct par_error *err);

/* Where this user's broker listens: ipc://RUNTIME/broker.sock. */
int place_local_endpoint(bool make,
                         char *endpoint,
                         size_t size,
                         struct par_error *err);

/* This only names the folder; place_make_dir() makes it. */
int place_config_dir(char *path, size_t size, struct par_error *err);

/* This makes it: where that fails below the home, another is taken. */
int place_cache_dir(char *path, size_t size, struct par_error *err);

/* Make a folder and its missing parents, 0700 each; a folder that is there is
 * taken as it is. */
int place_make_dir(const char *path, struct par_error *err);

/* The same text for two processes exactly when a path means the same file to
 * both: same host, same boot, same mount namespace.  32 hex digits. */
int place_host_id(char id[PLACE_HOST_ID], struct par_error *err);

/* Find a helper program (parspawn, parslot): in `folder` alone if that is not
 * NULL; else in ../libexec/par beside the running program's folder, then in
 * that folder, then where Par was installed. */
int place_libexec(const char *name,
                  const char *folder,
                  char *path,
                  size_t size,
                  struct par_error *err);

#endif
