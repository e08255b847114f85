#!/usr/bin/env bash
# client.sh setup        installs the npm packages and generates the code
#                        (exit code 77: what is missing can't be had)
# client.sh example ...  runs the example
# client.sh conformance  runs tests/conformance, whose run.py calls this
set -euo pipefail
cd "$(dirname "$0")"

command=$1
shift
case $command in
  setup)
    command -v npm >/dev/null || ../../eng/apt.sh nodejs npm || exit 77
    # npm's own record of what it installed; newer than the lock file means nothing to do.
    [[ node_modules/.package-lock.json -nt package-lock.json ]] ||
      npm ci --fetch-retries=1 --fetch-timeout=20000 --ignore-scripts --no-audit --no-fund --loglevel=error </dev/null || exit 77
    rm -rf gen
    npm run --silent generate
    ;;
  example) exec node example.js "$@" ;;
  conformance) exec node conformance.js ;;
esac
