#!/usr/bin/env bash
# Puts the pinned libduckdb.so into deploy/lib. Building DuckDB from source takes over 20 minutes on two cores, so the
# library is fetched ready-made and accepted only if its SHA-256 is the one in duckdb.lock.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=deploy/prerequisites.sh
. "$here/prerequisites.sh"
lock="$here/duckdb.lock"
target="$here/lib/libduckdb.so"

usage() {
    cat <<'TEXT'
usage: deploy/fetch-duckdb.sh [--help]

Installs deploy/lib/libduckdb.so, the ADBC driver for DuckDB, at the version and digest in deploy/duckdb.lock.
Does nothing when that file is there already. Sources, in this order:
  1. DuckDB's own release (needs curl and unzip)
  2. the npm package that carries the same library (needs npm)
What is missing is installed with apt-get, through sudo where not root.

exit codes: 0 the library is in place; 1 it could not be fetched; 2 wrong usage or machine
TEXT
}

say() { printf 'fetch-duckdb: %s\n' "$*"; }
fail() { printf 'fetch-duckdb: %s\n' "$*" >&2; exit 1; }

locked() { sed -n "s/^$1=//p" "$lock"; }

digest_of() { sha256sum "$1" | cut -d' ' -f1; }

# Accepts FILE as the library, or says why not.
accept() {
    local got
    got=$(digest_of "$1")
    if [ "$got" != "$sha256" ]; then
        say "refused what came from $2: its SHA-256 is $got, pinned is $sha256"
        return 1
    fi
    mkdir -p "$here/lib"
    # Same folder, then rename: a process that is loading the old file never sees half of the new one.
    install -m 0644 "$1" "$here/lib/.libduckdb.so.$$"
    mv -f "$here/lib/.libduckdb.so.$$" "$target"
    say "installed libduckdb $version from $2"
}

from_release() {
    local url="https://github.com/duckdb/duckdb/releases/download/v$version/libduckdb-linux-amd64.zip"
    command -v curl >/dev/null || { say "no curl: skipping DuckDB's own release"; return 1; }
    # Five seconds decide whether the site can be reached at all; many build networks let only registries through.
    curl -fsIL --connect-timeout 5 --max-time 15 -o /dev/null "$url" 2>/dev/null ||
        { say "DuckDB's own release cannot be reached from here"; return 1; }
    need unzip=unzip || return 1
    say "downloading DuckDB's own release, $version"
    curl -fsSL --connect-timeout 5 --max-time 300 -o "$work/release.zip" "$url" || return 1
    unzip -q -o "$work/release.zip" libduckdb.so -d "$work/release" || return 1
    accept "$work/release/libduckdb.so" "DuckDB's own release"
}

from_npm() {
    local package
    package=$(locked NPM_PACKAGE)
    need npm=npm || return 1
    say "fetching the npm package $package"
    # npm pack downloads and runs nothing: install scripts are not executed.
    (cd "$work" && npm pack --silent --ignore-scripts "$package" >pack.name 2>pack.log) ||
        { tail -n 5 "$work/pack.log" >&2; return 1; }
    tar -xzf "$work/$(tail -n 1 "$work/pack.name")" -C "$work" package/libduckdb.so || return 1
    accept "$work/package/libduckdb.so" "the npm package $package"
}

case "${1:-}" in
    "") ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
esac

version=$(locked VERSION)
sha256=$(locked SHA256)

if [ -f "$target" ] && [ "$(digest_of "$target")" = "$sha256" ]; then
    say "libduckdb $version is in place"
    exit 0
fi
if [ "$(uname -s)-$(uname -m)" != Linux-x86_64 ]; then
    printf 'fetch-duckdb: duckdb.lock pins a library for Linux on x86_64 only; this is %s. Add a digest for it to %s.\n' \
        "$(uname -s) on $(uname -m)" "$lock" >&2
    exit 2
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
from_release || from_npm ||
    fail "could not fetch libduckdb $version. Put a libduckdb.so with SHA-256 $sha256 at $target by hand and run this again."
