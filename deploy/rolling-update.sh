#!/usr/bin/env bash
# Replaces the servers of compose.yaml one after the other, without a failed call: deploy/rolling-update.sh. Each server is
# taken out of the proxy first, because nginx can't see from gRPC's statuses that a server drains.
set -euo pipefail
cd "$(dirname "$0")"
read -ra compose <<<"${COMPOSE:-docker compose}"
readonly servers=nginx/servers.conf

reload() {
  "${compose[@]}" kill --signal HUP proxy
}

# mark <server> <text>: sets the text between the server's address and the semicolon.
mark() {
  local changed
  changed=$(sed -E "s/^(server [0-9.:]+ max_fails=1 fail_timeout=5s)( down)?; # $1\$/\1$2; # $1/" "$servers")
  # In place, by one write: the folder is mounted, and nginx reads the file only on a reload.
  printf '%s\n' "$changed" >"$servers"
}

for server in $(sed -n 's/^server .*; # //p' "$servers"); do
  echo "$server: out of the proxy"
  mark "$server" " down"
  reload
  # Waits for calls that nginx's old workers are about to send; they take milliseconds.
  sleep "${SETTLE_SECONDS:-2}"
  echo "$server: drained and replaced"
  "${compose[@]}" up --detach --no-deps --force-recreate --wait "$server"
  mark "$server" ""
  reload
  echo "$server: back"
done
