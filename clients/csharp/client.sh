#!/usr/bin/env bash
# client.sh setup        builds, unless `make` has already
# client.sh example ...  runs the example
# client.sh conformance  runs tests/conformance, whose run.py calls this
set -euo pipefail
cd "$(dirname "$0")"
configuration=${CONFIGURATION:-Debug}

command=$1
shift
case $command in
  setup)
    [[ -e Actions.Client.Conformance/bin/$configuration/net10.0/Actions.Client.Conformance.dll ]] || make -C ../.. build
    ;;
  example) exec dotnet "Actions.Client.Example/bin/$configuration/net10.0/Actions.Client.Example.dll" "$@" ;;
  conformance) exec dotnet "Actions.Client.Conformance/bin/$configuration/net10.0/Actions.Client.Conformance.dll" ;;
esac
