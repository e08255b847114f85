#!/usr/bin/env bash
# The conformance cases in every language, or in those named: tests/conformance/run.sh go java. Starts the servers and the
# API they call once, hands their addresses to each language's runner, and prints the table.
# The last line is the sum: N passed, N failed[, N skipped].
set -euo pipefail
cd "$(dirname "$0")/../.."

# The API of the cases is in Python, the certificate of the TLS server OpenSSL's.
if ! command -v python3 >/dev/null || ! command -v openssl >/dev/null; then
  eng/apt.sh python3 openssl || {
    echo "The conformance cases are skipped."
    echo "0 passed, 0 failed, 1 skipped"
    exit 0
  }
fi

languages=("$@")
[[ $# -gt 0 ]] || languages=(csharp python node go java)
results=$PWD/artifacts/test/conformance
configuration=${CONFIGURATION:-Debug}
server=$PWD/src/Actions.Server/bin/$configuration/net10.0/Actions.Server.dll
folder=$(mktemp -d)
mkdir -p "$results"
rm -f "$results"/*

processes=()
stop() {
  [[ ${#processes[@]} -eq 0 ]] || kill "${processes[@]}" 2>/dev/null || true
  wait "${processes[@]}" 2>/dev/null || true
  rm -rf "$folder"
}
trap stop EXIT

random_key() { head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n'; }

CONFORMANCE_ADMIN_KEY=$(random_key)
export CONFORMANCE_ADMIN_KEY CONFIGURATION=$configuration CONFORMANCE_CA=$folder/ca.pem
export CONFORMANCE_CASES=$PWD/tests/conformance/cases.json CONFORMANCE_GAPS=$PWD/tests/conformance/known-gaps.json

# start <group> <setting=value...>: on ports of the system's choice, with a store and a key ring of its own.
start() {
  local group=$1
  shift
  mkdir -p "$folder/$group"
  : >"$folder/$group/log" # There before it is read below.
  (
    cd "$folder/$group"
    exec env Outbound__AllowedNetworks=loopback Kestrel__Endpoints__Grpc__Url=http://127.0.0.1:0 \
      Kestrel__Endpoints__Web__Url=http://127.0.0.1:0 "Storage__Sqlite__Path=$folder/$group/actions.db" "$@" \
      dotnet "$server"
  ) </dev/null >"$folder/$group/log" 2>&1 &
  processes+=($!)
}

# The address that the banner tells, once the server serves.
await() {
  local group=$1 address= i
  for ((i = 0; i < 600; i++)); do
    address=$(sed -nE 's#^Grpc +https?://([^ ]+)$#\1#p' "$folder/$group/log")
    [[ -z $address ]] || break
    sleep 0.1
  done
  [[ -n $address ]] || { echo "The server of group $group did not start:"; cat "$folder/$group/log"; exit 1; }
  export "CONFORMANCE_SERVER_${group^^}=$address"
}

# A certificate for this run only.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=conformance \
  -addext subjectAltName=IP:127.0.0.1,DNS:localhost -keyout "$folder/key.pem" -out "$folder/ca.pem" 2>/dev/null

start default
await default
start keyed "Access__AdminKey=$CONFORMANCE_ADMIN_KEY"
start small Server__MaxRequestBytes=1024 Engine__CircuitMinimumAttempts=2 Engine__CircuitBreakDuration=00:01:00
start limited Limits__CallsPerSecond=1 Limits__Burst=1
start locked Storage__Sqlite__BusyTimeout=00:00:00.1
start faulty
start tls Kestrel__Endpoints__Grpc__Url=https://127.0.0.1:0 "Kestrel__Endpoints__Grpc__Certificate__Path=$folder/ca.pem" \
  "Kestrel__Endpoints__Grpc__Certificate__KeyPath=$folder/key.pem"
# A second server on the default's store that doesn't find the keys which the first has in memory, and makes its own.
tests/conformance/upstream.py forget-keys "$folder/default/actions.db"
mkdir -p "$folder/resealed"
ln -s "$folder/default/actions.db" "$folder/resealed/actions.db"
start resealed
for group in keyed small limited locked faulty tls resealed; do await "$group"; done

coproc upstream { exec python3 tests/conformance/upstream.py "$CONFORMANCE_CASES"; }
processes+=("$upstream_PID")
read -r CONFORMANCE_UPSTREAM_PORT CONFORMANCE_REFUSED_PORT <&"${upstream[0]}"
export CONFORMANCE_UPSTREAM_PORT CONFORMANCE_REFUSED_PORT
echo "break $folder/locked/actions.db $folder/faulty/actions.db" >&"${upstream[1]}"
read -r _ <&"${upstream[0]}"

passed=0 failed=0 skipped=0
summary='^([0-9]+) passed, ([0-9]+) failed(, ([0-9]+) skipped)?$'
for language in "${languages[@]}"; do
  log=$results/$language.log began=$SECONDS last=
  echo "-- $language"
  status=0
  timeout --kill-after=10 "${CONFORMANCE_SETUP_SECONDS:-240}" "clients/$language/client.sh" setup </dev/null >"$log.setup" 2>&1 ||
    status=$?
  if [[ $status -eq 77 ]]; then
    tail -n 3 "$log.setup"
    echo "clients/$language is skipped: its tools could not be had."
    skipped=$((skipped + 1))
    continue
  elif [[ $status -ne 0 ]]; then
    tail -n 20 "$log.setup"
    echo "clients/$language could not be built (exit code $status)"
    failed=$((failed + 1))
    continue
  fi
  ready=$SECONDS
  timeout --kill-after=10 60 tests/conformance/example.sh "$language" >"$log.example" 2>&1 || true
  passed=$((passed + $(grep -c '^ok ' "$log.example" || true))) failed=$((failed + $(grep -vc '^ok ' "$log.example" || true)))
  timeout --kill-after=10 "${CONFORMANCE_SECONDS:-90}" "clients/$language/client.sh" conformance </dev/null >"$log" 2>&1 || true
  grep -h -v -E '^(ok|gap) ' "$log.example" "$log" || true
  last=$(tail -n 1 "$log")
  if [[ $last =~ $summary ]]; then
    passed=$((passed + BASH_REMATCH[1])) failed=$((failed + BASH_REMATCH[2])) skipped=$((skipped + ${BASH_REMATCH[4]:-0}))
  else
    echo "clients/$language did not get to the end"
    failed=$((failed + 1))
  fi
  echo "($((ready - began)) s to set up, $((SECONDS - ready)) s to run)"
done

tests/conformance/table.sh "$results" "${languages[@]}"
sum="$passed passed, $failed failed"
[[ $skipped -eq 0 ]] || sum+=", $skipped skipped"
echo "$sum"
[[ $failed -eq 0 ]]
