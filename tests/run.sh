#!/usr/bin/env bash
# Everything that has to hold, from a clean clone: format, lints, build, licences, every test, the documentation.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=deploy/prerequisites.sh
. deploy/prerequisites.sh

usage() {
    cat <<'TEXT'
usage: tests/run.sh [--help] [NEXTEST ARGUMENT...]

Runs all checks, the quickstart and all tests. On a Debian machine it installs what is missing: a compiler, PostgreSQL, etcd, nftables, iproute2,
Python, Rust, cargo-nextest, cargo-deny, the DuckDB library; a SQL parser and a server of AWS's interface, into target/python; Node.js and an
identity provider, into target/oidc-provider. 35 to 60 minutes on two cores from a clean clone, most of it compiling; a quarter of an hour is the tests.

With arguments it builds and runs only the tests that they select, as `cargo nextest run` understands them:
  tests/run.sh revoked                    tests with "revoked" in the name
  tests/run.sh -E 'test(/wan/)'           tests on an emulated link

environment:
  TESTS_LONG=1           the long form of generated statements, canaries, renewals, the fleet and chaos: 10,000 statements, 200 connectors, 15 minutes of faults; up to an hour and a half
  CHAOS_MINUTES=N        another length of the chaos test (18 seconds; with TESTS_LONG=1 15 minutes); CHAOS_SEED=N strikes with the faults of a seed that it printed
  SIM_SEEDS=N            seeds of the simulation in virtual time, in place of 2,000; SIM_SEED=N runs that one alone and tells its story
  TESTS_KEEP=1           keep the folders of the tests, with logs, under $TMPDIR
  TESTS_POSTGRES_BIN=D   another PostgreSQL than the newest of Debian's packages

exit codes: 0 all well; 1 a check or a test failed
TEXT
}

case "${1:-}" in -h | --help) usage; exit 0 ;; esac

began=$SECONDS
step() { printf '\n== %s (%ss)\n' "$*" "$((SECONDS - began))"; }

# cargo_tool COMMAND CRATE: a cargo subcommand, compiled if it is not there; unoptimised, since it is used for seconds.
cargo_tool() {
    command -v "$1" >/dev/null && return 0
    printf 'installing %s (a few minutes of compiling)\n' "$2"
    cargo install --quiet --locked --debug "$2"
}

step "what is needed"
export PATH="$PATH:/usr/sbin:$HOME/.cargo/bin"
need_rust
need_compiler
need psql=postgresql /usr/lib/postgresql=postgresql nft=nftables openssl=openssl etcd=etcd-server etcdctl=etcd-client ip=iproute2 ping=iputils-ping gzip=gzip setpriv=util-linux
deploy/fetch-duckdb.sh
tests/python.sh
tests/oidc/install.sh
cargo_tool cargo-nextest cargo-nextest

# Network namespaces and firewalls need root. The tests get it, the build does not.
if [ "$(id -u)" -ne 0 ]; then
    echo "test programs will run through sudo: they make network namespaces"
    export CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER="sudo -E" CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER="sudo -E"
fi

if [ $# -gt 0 ]; then
    step "build"
    cargo build --workspace --locked
    step "tests"
    exec cargo nextest run --workspace --locked ${TESTS_LONG:+--profile long} "$@"
fi

cargo_tool cargo-deny cargo-deny

step "format"
cargo fmt --all --check

step "licences, bans and sources of the dependencies"
cargo deny --log-level error check bans licenses sources

step "lints"
cargo clippy --workspace --all-targets --locked -- -D warnings

step "build"
cargo build --workspace --locked

step "documentation"
# The readers of these documents have the source: a link to a private item is welcome.
RUSTDOCFLAGS="-D warnings -A rustdoc::private_intra_doc_links" cargo doc --workspace --no-deps --locked --quiet

log=$(mktemp)
trap 'rm -f "$log"' EXIT

step "the first of the two commands"
deploy/quickstart.sh >"$log" 2>&1 || { cat "$log"; exit 1; }
tail -n 1 "$log"

step "tests"
failed=0
cargo nextest run --workspace --locked --profile ci --color never 2>&1 | tee "$log" || failed=1

# The closing line, in the words that readers of many runners know.
summary=$(grep -E '^ *Summary \[' "$log" | tail -n 1)
count() { sed -nE "s/(.*[^0-9])?([0-9]+) $1.*/\2/p" <<<"$summary"; }
passed=$(count passed)
broken=$(($(count "tests? run") - ${passed:-0}))
skipped=$(count skipped)
step "done"
printf '%s passed, %s failed, %s skipped\n' "${passed:-0}" "$broken" "${skipped:-0}"
exit "$failed"
