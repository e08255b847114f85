#!/usr/bin/env bash
# Restores the packages of the solution, and finds out which build the NuGet feed allows: the one on the official
# packages, or the one of eng/partial-feed. PartialFeed=true or PartialFeed=false in the environment decides instead.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly solution=Actions.Grpc.sln
readonly active=eng/partial-feed/active.props
readonly stamp=artifacts/bootstrap.stamp
# What eng/partial-feed can do without. Anything else that is missing is an error, not a reason for another build.
readonly replaceable=" Google.Protobuf Grpc.AspNetCore.Server.ClientFactory Grpc.Core.Api Grpc.Net.ClientFactory \
Grpc.Net.Common MongoDB.Bson DnsClient SharpCompress Snappier ZstdSharp.Port "

# The errors of a restore are read below: they have to come in English.
export DOTNET_CLI_UI_LANGUAGE=en

log=$(mktemp)
trap 'rm -f "$log"' EXIT

restore() { # restore true|false: with or without eng/partial-feed
  PartialFeed=$1 dotnet restore "$solution" --verbosity quiet >"$log" 2>&1
}

# Sorts the errors of the failed restore: "missed: NAME" for a package that eng/partial-feed replaces, "other: ERROR" for
# anything else. "Found 6 version(s)" is the second line of a package that is there in other versions only.
diagnosis() {
  awk -v replaceable="$replaceable" '
    !/(^|[ :])error( |:)/ { next }
    / error NU110[12]: Unable to find package / {
      name = $0
      sub(/.*: Unable to find package /, "", name)
      sub(/( with version|\. ).*/, "", name)
      replaced = index(replaceable, " " name " ") > 0
      print replaced ? "missed: " name : "other: " $0
      next
    }
    / error NU1102:   - Found / && replaced { next }
    { print "other: " $0 }' "$log" | sort -u
}

fail() { # prints the text it is given, without what may be secret: a feed address can hold a password
  sed -E -e 's#[a-z]+://[^[:space:]]+#(address left out)#g' -e 's#\([^ ()]+:[0-9]+\)#(host left out)#g' \
    -e 's#(source\(s\)|version\(s\) in)[^[]*#\1 (name left out) #' <<<"$1" >&2
  echo "error: the packages could not be restored" >&2
  exit 1
}

# Everything that a restore's success depends on, as far as it is on this machine.
inputs() {
  local folder file
  echo "$sdk ${NUGET_PACKAGES:-} ${RestoreSources:-} ${RestoreAdditionalProjectSources:-}"
  {
    find . \( -name .git -o -name node_modules -o -name bin -o -name obj -o -name artifacts \) -prune -o \
      -type f \( -name '*.csproj' -o -name '*.props' -o -name '*.targets' -o -name "$solution" -o -name global.json \) \
      ! -path "./$active" -print
    # NuGet also reads the settings of every folder above, and those of the user.
    folder=$PWD
    while [[ $folder != / ]]; do
      find "$folder" -maxdepth 1 -iname nuget.config
      folder=$(dirname "$folder")
    done
    find "${HOME:-/nonexistent}/.nuget/NuGet" "${HOME:-/nonexistent}/.config/NuGet" -iname '*.config' 2>/dev/null || true
  } | LC_ALL=C sort | while read -r file; do
    echo "$file"
    cat "$file"
  done
  # A package that is put into a folder may change the answer.
  tr ';' '\n' <<<"${RestoreAdditionalProjectSources:-}" | while read -r folder; do
    [[ ! -d $folder ]] || find "$folder" -name '*.nupkg' -exec ls -ln {} + | LC_ALL=C sort
  done
}

# What the last restore has left, so that another one in between (or a deleted folder) is noticed.
outputs() {
  local project
  {
    # A solution writes its paths with backslashes.
    sed -nE '/^Project\(/ { s#\\#/#g; s#.*"([^"]+\.csproj)".*#\1#p; }' "$solution"
    ls eng/partial-feed/*/*.csproj
  } | while read -r project; do
    echo "$project"
    cat "${project%/*}/obj/project.assets.json" 2>/dev/null || echo "not restored"
  done
}

remember() { # remember true|false
  mkdir -p "${stamp%/*}"
  printf '%s\n' "$inputs" "$1" "$(outputs | cksum)" >"$stamp"
}

case ${PartialFeed:-} in
  '') ;;
  true | false)
    restore "$PartialFeed" || fail "$(cat "$log")"
    exit
    ;;
  *)
    echo "error: PartialFeed is '$PartialFeed'; it may be true, false or unset" >&2
    exit 2
    ;;
esac

sdk=$(dotnet --version)
inputs=$(inputs | cksum)
decided=$([[ -e $active ]] && echo true || echo false)

if [[ -e $stamp && $(sed -n 1,2p "$stamp") == "$inputs"$'\n'"$decided" ]]; then
  [[ $(sed -n 3p "$stamp") == "$(outputs | cksum)" ]] && exit
  restore "$decided" || fail "$(cat "$log")"
  remember "$decided"
  exit
fi

if restore false; then
  rm -f "$active"
  remember false
  exit
fi

diagnosis=$(diagnosis)
others=$(sed -n 's/^other: //p' <<<"$diagnosis")
[[ -z $others ]] || fail "$others"
missed=$(sed -n 's/^missed: //p' <<<"$diagnosis")
[[ -n $missed ]] || fail "$(cat "$log")"
echo "The NuGet feed lacks ${missed//$'\n'/, } (or the version asked for):" \
  "building on eng/partial-feed, without the MongoDB engine."
restore true || fail "$(cat "$log")"
cat >"$active" <<'XML'
<!-- Written by eng/bootstrap.sh, because the NuGet feed lacks packages: see README.md. Not committed. -->
<Project>
  <PropertyGroup>
    <PartialFeed>true</PartialFeed>
  </PropertyGroup>
</Project>
XML
remember true
