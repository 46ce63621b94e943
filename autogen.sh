#!/bin/sh
# autogen.sh - make ./configure from configure.ac; needed in a git clone only
set -e
cd "$(dirname "$0")"

missing=
command -v autoconf >/dev/null || missing="$missing autoconf"
command -v automake >/dev/null || missing="$missing automake"
command -v libtoolize >/dev/null || missing="$missing libtool"
{ command -v pkg-config && [ -n "$(find "$(aclocal --print-ac-dir)" -name pkg.m4)" ]; } \
    >/dev/null 2>&1 || missing="$missing pkg-config"
if [ -n "$missing" ]; then
    echo "autogen.sh: missing; install with: apt-get install$missing" >&2
    exit 1
fi
mkdir -p m4
exec autoreconf --install --force "$@"
