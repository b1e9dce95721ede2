#!/usr/bin/env bash
# From a fresh clone to answers: a gateway and a connector, two processes with a state folder each, over a DuckDB file
# that holds a real Elementary schema. Everything stays on this machine's loopback and in one folder.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=deploy/prerequisites.sh
. deploy/prerequisites.sh

folder=$PWD/target/quickstart
keep=no

usage() {
    cat <<'TEXT'
usage: deploy/quickstart.sh [--keep] [--folder DIR]
       deploy/quickstart.sh --stop [--folder DIR]

Builds the gateway and the connector, enrols one with the other, and shows: the tunnel, three catalogued queries with
their rows, one query that the customer's policy refuses, and the audit records of both sides. Ports are free ones on
127.0.0.1. The first run takes up to 12 minutes on two cores, most of it compiling; a second one under 15 seconds.

  --keep        leave the gateway and the connector running
  --stop        stop what --keep left running
  --folder DIR  where everything is kept (target/quickstart); it is emptied at the start of a run

exit codes: 0 done; 1 a step failed (its log is named); 2 wrong usage
TEXT
}

stop_only=no
while [ $# -gt 0 ]; do
    case "$1" in
        --keep) keep=yes ;;
        --stop) stop_only=yes ;;
        --folder)
            [ $# -ge 2 ] || { usage >&2; exit 2; }
            folder=$(realpath -m "$2")
            shift
            ;;
        -h | --help) usage; exit 0 ;;
        *) usage >&2; exit 2 ;;
    esac
    shift
done

# Stops what a run in this folder left: only processes whose program is ours.
stop_old() {
    local file pid
    for file in "$folder"/run/*.pid; do
        [ -f "$file" ] || continue
        pid=$(cat "$file")
        case "$(readlink "/proc/$pid/exe" 2>/dev/null)" in
            */gateway | */connector | */gateway\ * | */connector\ *)
                kill "$pid" 2>/dev/null || true
                wait_for "the end of process $pid" 25 ended "$pid"
                printf 'stopped %s (process %s)\n' "$(basename "$file" .pid)" "$pid"
                ;;
        esac
        rm -f "$file"
    done
}

ended() { ! kill -0 "$1" 2>/dev/null; }

# wait_for WHAT SECONDS COMMAND...: tries the command until it succeeds.
wait_for() {
    local what=$1 until=$((SECONDS + $2))
    shift 2
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$until" ] || fail "waited in vain for $what"
        sleep 0.05
    done
}

began=$SECONDS
number=0
step() {
    number=$((number + 1))
    printf '\n[%s/10 %4ss] %s\n' "$number" "$((SECONDS - began))" "$*"
}

fail() {
    printf '\nquickstart: %s\n' "$*" >&2
    for log in "$folder"/logs/*.log; do
        [ -s "$log" ] || continue
        printf -- '--- the end of %s ---\n' "$log" >&2
        tail -n 8 "$log" >&2
    done
    exit 1
}

if [ "$stop_only" = yes ]; then
    stop_old
    exit 0
fi

# Only a folder that an earlier run made is emptied.
if [ -e "$folder" ]; then
    if [ ! -e "$folder/.quickstart" ]; then fail "$folder exists and is not a folder of this script"; fi
    stop_old
    rm -rf "$folder"
fi
mkdir -p -m 0700 "$folder" && mkdir -p "$folder/logs" "$folder/run" && touch "$folder/.quickstart"

clean_up() {
    local code=$?
    if [ "$keep" = no ] || [ "$code" -ne 0 ]; then stop_old; fi
}
trap clean_up EXIT

# start NAME COMMAND...: in the background, in a session of its own, so that it outlives this terminal with --keep.
start() {
    local name=$1
    shift
    setsid "$@" >"$folder/logs/$name.log" 2>&1 </dev/null &
    printf '%s\n' "$!" >"$folder/run/$name.pid"
}

step "what is needed: a compiler, curl, Rust, the DuckDB library"
need_rust
need_compiler
need curl=curl /etc/ssl/certs/ca-certificates.crt=ca-certificates
deploy/fetch-duckdb.sh

step "building (minutes at the first run)"
cargo build --workspace --locked
bin=${CARGO_TARGET_DIR:-$PWD/target}/debug
gateway=$bin/gateway connector=$bin/connector
cloud=$folder/gateway customer=$folder/connector

step "a warehouse: a DuckDB file with the Elementary schema, and raw schemas that must not be read"
"$bin/demo-warehouse" "$folder/warehouse.duckdb"

step "the cloud side: gateway init, gateway serve"
"$gateway" init --state "$cloud" --host 127.0.0.1 --trust-domain quickstart.example \
    --listen-tunnel 127.0.0.1:0 --listen-api 127.0.0.1:0 --listen-redirect 127.0.0.1:0 --listen-operations 127.0.0.1:0
start gateway "$gateway" serve --state "$cloud"
address() { sed -n 's/.*"'"$1"'": *"\([^"]*\)".*/\1/p' "$2/run/addresses.json"; }
ready() { curl -fsS -o /dev/null "http://$(address operations "$1")/readyz"; }
wait_for "the gateway to be ready" 20 ready "$cloud"
api=https://$(address api "$cloud")
echo "the API is at $api, tunnels arrive at udp $(address tunnel "$cloud")"

step "a customer account, and a join token: single use, one hour"
"$gateway" tenant create acme --state "$cloud"
"$gateway" token create --tenant acme --connector warehouse-host --output "$folder/join.token" --state "$cloud"
"$gateway" api-token create --tenant acme --name quickstart --scope query --output "$folder/api.token" --state "$cloud"

step "the customer side: connector join (the key is made here and stays here), settings, policy"
"$connector" join --state "$customer" --token-file - <"$folder/join.token"
cat >"$customer/connector.toml" <<TOML
[operations]
listen = "127.0.0.1:0"

[log]
format = "json"

[[source]]
name = "shop"
kind = "duckdb"
policy = "policy.toml"
database = "$folder/warehouse.duckdb"
driver = "$PWD/deploy/lib/libduckdb.so"
driver_sha256 = "$(sed -n 's/^SHA256=//p' deploy/duckdb.lock)"
TOML
cat >"$customer/policy.toml" <<'TOML'
source = "shop"
schema = "analytics_elementary"
profile = "strict"
TOML

step "the tunnel: connector run dials out"
start connector "$connector" run --state "$customer"
tunnel_is_up() { "$gateway" connector list --tenant acme --state "$cloud" --json | grep -q '"tunnel": *[0-9]'; }
wait_for "the tunnel" 20 tunnel_is_up
"$gateway" connector list --tenant acme --state "$cloud"

# The token goes to curl in a file: arguments can be read by every user of a machine.
(umask 077 && printf 'Authorization: Bearer %s\n' "$(cat "$folder/api.token")" >"$folder/api.header")
# ask NAME PARAMETERS ACCEPT: one catalogued query through the gateway.
ask() {
    printf '{"query": "%s", "parameters": %s}' "$1" "$2" |
        curl -sS --max-time 30 --cacert "$cloud/ca.pem" -H @"$folder/api.header" -H "Accept: $3" \
            -H 'Content-Type: application/json' --data-binary @- "$api/v1/tenants/acme/sources/shop/query"
}
# show NAME PARAMETERS: the same as a table.
show() {
    printf '\n  %s %s\n' "$1" "$2"
    ask "$1" "$2" text/csv >"$folder/answer.csv" || fail "the query $1 got no answer"
    if head -c 1 "$folder/answer.csv" | grep -q '{'; then fail "the query $1 was refused: $(cat "$folder/answer.csv")"; fi
    "$bin/show-table" <"$folder/answer.csv"
}

step "three questions of an engineer on call"
show tests.failing '{"since": "2026-11-15T00:00:00", "limit": 100}'
show models.slowest '{"since": "2026-11-01T00:00:00", "limit": 20}'
show freshness.results '{"since": "2026-11-20T00:00:00", "limit": 20}'

step "a query that the customer's policy refuses: rows that failed a test are raw data"
printf '\n  tests.failed_rows\n  '
ask tests.failed_rows '{"result_id": "any"}' application/json
echo

step "what both sides wrote down about it"
printf '\n  the gateway, in %s\n' "$cloud/audit"
find "$cloud/audit" -type f -name '*.jsonl' -exec cat {} + | tail -n 4 | cut -c 1-300 | sed 's/^/  /'
printf '\n  the connector, in %s\n' "$customer/audit"
"$connector" audit show --state "$customer" | tail -n 6 | sed 's/^/  /'

printf '\nDone in %s seconds.\n\n' "$((SECONDS - began))"
if [ "$keep" = yes ]; then
    cat <<TEXT
The gateway and the connector are running; deploy/quickstart.sh --stop ends them.

  ask again        curl --cacert $cloud/ca.pem -H @$folder/api.header -H 'Accept: text/csv' \\
                     -d '{"query": "tests.latest_status", "parameters": {}}' $api/v1/tenants/acme/sources/shop/query
  metrics          curl http://$(address operations "$cloud")/metrics
TEXT
fi
cat <<TEXT
  the policy       $customer/policy.toml: change it, and the next query obeys; docs/policy.md explains it
  what exists      $connector catalogue list
  the promises     docs/threat-model.md, each with its tests
  how it works     docs/architecture.md
TEXT
