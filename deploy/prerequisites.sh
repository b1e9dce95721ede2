# shellcheck shell=bash
# What the scripts of this repository need on a Debian machine. Sourced by them; installs what is missing, says so, and
# leaves alone what is there.

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# need PROGRAM=PACKAGE...: installs the Debian package of every program that is not there, in one go.
need() {
    local pair program missing=()
    for pair in "$@"; do
        program=${pair%%=*}
        # Firewall and routing tools are in sbin, which is not on every user's PATH.
        command -v "$program" >/dev/null || [ -x "/usr/sbin/$program" ] || [ -e "$program" ] || missing+=("${pair#*=}")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    if ! command -v apt-get >/dev/null; then
        printf 'missing: %s. There is no apt-get here: please install them another way.\n' "${missing[*]}" >&2
        return 1
    fi
    printf 'installing Debian packages: %s\n' "${missing[*]}"
    as_root apt-get update -qq >/dev/null || true
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# need_rust: a cargo that is at least the workspace's rust-version.
need_rust() {
    local wanted have=0
    [ ! -f "$HOME/.cargo/env" ] || . "$HOME/.cargo/env"
    wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$repository/Cargo.toml" | head -n 1)
    ! command -v rustc >/dev/null || have=$(rustc --version | cut -d' ' -f2)
    if [ "$(printf '%s\n' "$wanted" "$have" | sort -V | head -n 1)" = "$wanted" ]; then return 0; fi
    printf 'Rust %s or newer is needed, found: %s\n' "$wanted" "$have"
    if ! command -v rustup >/dev/null; then
        need curl=curl /etc/ssl/certs/ca-certificates.crt=ca-certificates
        printf 'installing rustup and the stable toolchain for %s\n' "$(id -un)"
        curl --proto '=https' --tlsv1.2 -fsS https://sh.rustup.rs | sh -s -- -y -q --profile minimal
        . "$HOME/.cargo/env"
    fi
    printf 'installing the stable Rust toolchain\n'
    rustup -q toolchain install stable --profile minimal --component rustfmt --component clippy
    export RUSTUP_TOOLCHAIN=stable
}

# need_compiler: what the one dependency with C code, the cryptographic library, is built with.
need_compiler() {
    need cc=build-essential
}
