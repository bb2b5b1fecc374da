#!/bin/sh
# Makes .venv ready for `make demo` and `make test` on a Debian or Raspberry Pi OS machine that has only git, make and
# python3. Installs system packages only where they are missing, and Python packages only when the lock file changed.
# usage: deploy/setup.sh [system package ...]     the packages named are needed on top of those that the product needs
set -eu
cd "$(dirname "$0")/.."

say() { printf '== %s\n' "$*"; }

fail() {
    printf 'setup: %s\n' "$*" >&2
    exit 1
}

python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    fail "python3 3.11 or newer is needed, here is $(python3 -V 2>&1 || echo none): use Debian 12 or newer"

installed() { dpkg-query -W -f='${Status}' "$1" 2>/dev/null | grep -q '^install ok installed$'; }

missing=
# The window's OpenGL, and what builds evdev (it has no wheels) against this python3.
for package in ca-certificates libgl1 libegl1 libegl-mesa0 libgles2 libgl1-mesa-dri libmtdev1 gcc libc6-dev linux-libc-dev "$@"; do
    installed "$package" || missing="$missing $package"
done
python3 -c 'import ensurepip' 2>/dev/null || missing="$missing python3-venv"
python3 -c 'import os, sysconfig; open(os.path.join(sysconfig.get_path("include"), "Python.h"))' 2>/dev/null ||
    missing="$missing python3-dev"

if [ -n "$missing" ]; then
    command -v apt-get >/dev/null || fail "there is no apt-get to install these with, do it by hand:$missing"
    root=
    if [ "$(id -u)" -ne 0 ]; then
        root=sudo
        command -v sudo >/dev/null || fail "these packages are missing, install them as root:$missing"
    fi
    say "Installing system packages:$missing"
    $root apt-get update -q
    # shellcheck disable=SC2086
    $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing
fi

# An environment made by another python3, or in another folder, cannot be trusted: it is made anew.
want="$(python3 -V) $(pwd) $(cat requirements.lock pyproject.toml | sha256sum)"
if [ "$(cat .venv/made-from 2>/dev/null || true)" != "$want" ]; then
    say "Making .venv with the locked Python packages (a minute or two)"
    rm -rf .venv
    python3 -m venv .venv
    .venv/bin/python -m pip install --disable-pip-version-check --require-hashes -r requirements.lock
    .venv/bin/python -m pip install --disable-pip-version-check --no-deps --editable .
    printf '%s\n' "$want" >.venv/made-from
fi
