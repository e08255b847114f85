#!/usr/bin/env bash
# deploy/: what its files say, checked against schemas and each other, and what of it can be run. The last line is the sum.
set -euo pipefail
cd "$(dirname "$0")/.."

# The proxy is Debian's nginx, unpacked and not installed: a package that is installed starts its service.
ACTIONS_NGINX=$(command -v nginx || true)
if [[ -z $ACTIONS_NGINX ]] && command -v apt-get dpkg-deb >/dev/null; then
  folder=artifacts/nginx
  mkdir -p "$folder"
  download() { (cd "$folder" && apt-get -qq download nginx </dev/null >/dev/null 2>&1); }
  if [[ ! -x $folder/usr/sbin/nginx ]] && { download || { [[ $EUID -eq 0 ]] && apt-get -qq update </dev/null && download; }; }; then
    dpkg-deb --extract "$folder"/nginx_*.deb "$folder"
  fi
  [[ ! -x $folder/usr/sbin/nginx ]] || ACTIONS_NGINX=$PWD/$folder/usr/sbin/nginx
fi
export ACTIONS_NGINX
# One of the files builds most of the time, another one waits.
exec eng/test-node.sh deploy --test-concurrency=2
