#!/usr/bin/env bash
# client.sh setup        installs the npm packages and generates the code
#                        (exit code 77: a package can't be installed)
# client.sh example ...  runs the example
# client.sh conformance  runs the cases of tests/conformance; its run.sh calls this
set -euo pipefail
cd "$(dirname "$0")"

command=$1
shift
case $command in
  setup)
    command -v npm >/dev/null || ../../eng/apt.sh nodejs npm || exit 77
    # npm's record of the installed packages. If it is newer than the lock file, there is nothing to do.
    [[ node_modules/.package-lock.json -nt package-lock.json ]] ||
      timeout 90 npm ci --ignore-scripts --no-audit --no-fund --loglevel=error </dev/null || exit 77
    rm -rf gen
    npm run --silent generate
    ;;
  example) exec node example.js "$@" ;;
  conformance) exec node conformance.js ;;
esac
