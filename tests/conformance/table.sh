#!/usr/bin/env bash
# Prints the table language x cases of the runners' logs: table.sh <folder> <language...>
set -euo pipefail
folder=$1
shift

printf '%-48s' case
printf '%8s' "$@"
echo
{
  printf '%s\n' example/is-in-the-readme example/tells-the-story
  sed -nE 's/^ +"name": "([a-z-]+\/[a-z0-9-]+)",$/\1/p' "$(dirname "$0")/cases.json"
} | while read -r name; do
  printf '%-48s' "$name"
  for language in "$@"; do
    outcome=$(sed -nE "s#^(ok|not ok|gap) $name(:.*)?\$#\1#p" "$folder/$language.log" "$folder/$language.log.example" 2>/dev/null || true)
    case $outcome in
      ok) printf '%8s' ok ;;
      'not ok') printf '%8s' FAILED ;;
      gap) printf '%8s' gap ;;
      *) printf '%8s' - ;;
    esac
  done
  echo
done
