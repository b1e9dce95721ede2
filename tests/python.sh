#!/usr/bin/env bash
# Makes target/python, the Python environment of tests/dialects.py and tests/src/aws.rs, with exactly what tests/requirements.txt names; leaves
# alone one that is right.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=deploy/prerequisites.sh
. deploy/prerequisites.sh

environment=target/python
made=$environment/made-from
if cmp -s tests/requirements.txt "$made" && "$environment/bin/python3" -c 'import sqlglot, moto' 2>/dev/null; then exit 0; fi

need python3=python3
# Debian has the means to make an environment in a package of its own.
python3 -c 'import ensurepip' 2>/dev/null || need /no/ensurepip=python3-venv
rm -rf "$environment"
python3 -m venv "$environment"
"$environment/bin/python3" -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: --require-hashes \
    -r tests/requirements.txt
cp tests/requirements.txt "$made"
