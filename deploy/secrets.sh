#!/usr/bin/env bash
# Creates the secrets of compose.yaml in deploy/secrets/, which the repository must not contain. Existing files are kept.
# Keep a copy, apart from the backups of the database: without the key-encryption key the stored secrets are lost.
set -euo pipefail
cd "$(dirname "$0")"
umask 077
mkdir -p secrets

# once <file> <command...>: writes the output of the command, unless the file exists.
once() {
  local file=secrets/$1
  shift
  [[ -e $file ]] && return
  "$@" >"$file.new"
  mv "$file.new" "$file"
  echo "made $PWD/$file"
}

server() {
  cat <<ENV
Secrets__KeyEncryptionKey=$(openssl rand -base64 32)
Access__AdminKey=$(openssl rand -hex 32)
Storage__MongoDb__ConnectionString=mongodb://actions:$(<secrets/mongo-app-password)@mongo-1:27017,mongo-2:27017,mongo-3:27017/?replicaSet=actions&authSource=admin
ENV
}

once mongo-keyfile openssl rand -base64 741
once mongo-root-password openssl rand -hex 24
once mongo-app-password openssl rand -hex 24
once server.env server
# For a trial, valid for localhost: replace it by your own pair.
[[ -e secrets/tls.crt ]] || openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days 365 \
  -subj "/CN=localhost" -addext "subjectAltName=DNS:localhost,IP:127.0.0.1" \
  -keyout secrets/tls.key -out secrets/tls.crt 2>/dev/null
chmod 0644 secrets/tls.crt
# The proxy reads its key as user 101, who doesn't exist on this machine. Only root can change the owner of a file.
if [[ $EUID -eq 0 ]]; then
  chown 101:101 secrets/tls.key secrets/tls.crt
else
  chmod 0644 secrets/tls.key
fi
chmod 0711 secrets
