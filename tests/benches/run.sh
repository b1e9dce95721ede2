#!/usr/bin/env bash
# Measures the data path beside a direct PostgreSQL client, on release builds, and prints a Markdown table.
#
#   tests/benches/run.sh                              the table of docs/performance.md, about twelve minutes
#   tests/benches/run.sh --short                      every step with 50,000 rows, under a minute
#   tests/benches/run.sh --revocations 100            how long a revoked connector keeps its tunnel, in half a minute
#   tests/benches/run.sh --handshakes 2000            tunnels opened in a second and their cost, renewals, idle tunnels
#   tests/benches/run.sh --scale 10000 5000           tunnels held by one gateway, and the return of many after it was killed
#   tests/benches/run.sh --pulls 20 --loss 0,1,5      pulls of the whole table in a row, each checked
#
# Needs root, for network namespaces, and what tests/run.sh installs. Best on an otherwise idle machine.
set -euo pipefail
cd "$(dirname "$0")/../.."
case "${1:-}" in -h | --help) sed -n '2,$s/^# \{0,1\}//p' tests/benches/run.sh; exit 0 ;; esac

cargo build --quiet --release -p gateway -p connector
bench=tunnel
case "${1:-}" in --revocations) bench=revocation ;; --handshakes) bench=handshakes ;; --scale) bench=scale ;; esac
exec cargo bench --quiet -p tests --bench "$bench" -- "$@"
