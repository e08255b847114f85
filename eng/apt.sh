#!/usr/bin/env bash
# Installs the Debian packages named, where that is allowed: as root, on a system with apt.
# Elsewhere it says what to install and fails, and the caller skips its part.
set -euo pipefail

missing=()
for package in "$@"; do
  status=$(dpkg-query --show --showformat='${db:Status-Abbrev}' "$package" 2>/dev/null || true)
  [[ $status == ii* ]] || missing+=("$package")
done
[[ ${#missing[@]} -eq 0 ]] && exit 0

if [[ $(id -u) -ne 0 ]] || ! command -v apt-get >/dev/null; then
  echo "Missing: ${missing[*]} (as root: apt-get install ${missing[*]})"
  exit 1
fi

export DEBIAN_FRONTEND=noninteractive
install() {
  apt-get -qq -y --no-install-recommends -o DPkg::Lock::Timeout=120 -o Acquire::Retries=2 \
    install "${missing[@]}" </dev/null
}

echo "Installing ${missing[*]}"
# Package lists may be absent (a container) or stale; they are fetched only when the first try fails.
install >/dev/null 2>&1 || { apt-get -qq update </dev/null && install >/dev/null; } || {
  echo "Could not install: ${missing[*]}"
  exit 1
}
