#!/usr/bin/env bash
# Replaces the servers of compose.yaml one after the other, without a failed call: deploy/rolling-update.sh. Each is taken
# out of the proxy first, since nginx can't see in gRPC's answers that a server drains.
set -euo pipefail
cd "$(dirname "$0")"
read -ra compose <<<"${COMPOSE:-docker compose}"
readonly servers=nginx/servers.conf

reload() {
  "${compose[@]}" kill --signal HUP proxy
}

# mark <server> <text>: what stands between its address and the semicolon.
mark() {
  local changed
  changed=$(sed -E "s/^(server [0-9.:]+ max_fails=1 fail_timeout=5s)( down)?; # $1\$/\1$2; # $1/" "$servers")
  # In place, by one write: the folder is mounted, and its reader is nginx, which reads when it is told to.
  printf '%s\n' "$changed" >"$servers"
}

for server in $(sed -n 's/^server .*; # //p' "$servers"); do
  echo "$server: out of the proxy"
  mark "$server" " down"
  reload
  # Calls that nginx's old workers were about to send: they are told to stop at once, and milliseconds away.
  sleep "${SETTLE_SECONDS:-2}"
  echo "$server: drained and replaced"
  "${compose[@]}" up --detach --no-deps --force-recreate --wait "$server"
  mark "$server" ""
  reload
  echo "$server: back"
done
