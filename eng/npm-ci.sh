#!/usr/bin/env bash
# Puts the npm packages of package-lock.json into node_modules, unless they are there already.
set -euo pipefail
cd "$(dirname "$0")/.."

# npm's own record of what it installed; newer than the lock file means nothing to do.
if [[ node_modules/.package-lock.json -nt package-lock.json ]]; then
  exit 0
fi
command -v npm >/dev/null || eng/apt.sh nodejs npm
# One more try at most: without a registry npm would go on for minutes. No install scripts: the packages used here work without,
# and a script from outside is a risk for nothing.
npm ci --fetch-retries=1 --fetch-timeout=20000 --ignore-scripts --no-audit --no-fund --loglevel=error </dev/null
