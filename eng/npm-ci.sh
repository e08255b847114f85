#!/usr/bin/env bash
# Puts the npm packages of package-lock.json into node_modules, unless they are there already.
set -euo pipefail
cd "$(dirname "$0")/.."

# npm's own record of what it installed; newer than the lock file means nothing to do.
if [[ node_modules/.package-lock.json -nt package-lock.json && -e node_modules/.bin/buf && -e node_modules/@grpc/grpc-js && -e node_modules/kubernetes-models ]]; then
  exit 0
fi
command -v npm >/dev/null || eng/apt.sh nodejs npm
# Without a registry npm would go on trying for minutes. No install scripts: the packages used here work without,
# and a script from outside is a risk for nothing.
timeout 60 npm ci --ignore-scripts --no-audit --no-fund --loglevel=error </dev/null
