#!/usr/bin/env bash
# Puts the identity provider of the tests into target/oidc-provider, at exactly the versions and digests of
# package-lock.json; leaves alone one that is right.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=deploy/prerequisites.sh
. deploy/prerequisites.sh

target=target/oidc-provider
made=$target/made-from
need node=nodejs npm=npm
if cmp -s tests/oidc/package-lock.json "$made" && [ -d "$target/node_modules/oidc-provider" ]; then exit 0; fi

rm -rf "$target"
mkdir -p "$target"
cp tests/oidc/package.json tests/oidc/package-lock.json "$target"
# `ci` takes what the lock file says or fails; no package's own scripts are run.
npm ci --prefix "$target" --ignore-scripts --no-audit --no-fund --silent
cp tests/oidc/package-lock.json "$made"
