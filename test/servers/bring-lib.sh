# Sourced by the scripts in `bring/`. The cache is what `install` says.
set -uo pipefail
cache=${DBVAULT_TEST_CACHE:?run test/servers/install}
name=${0##*/}
log=$cache/$name.log
# Servers do not run as root, and another user cannot reach root's cache.
unpacked=${DBVAULT_TEST_UNPACKED:-/var/cache/dbvault-test}

say() { printf '%-16s %s\n' "$name" "$1"; }

# fail WHAT: the reason stands at the end of the log.
fail() {
  tail -n 5 "$log" >&2
  say "FAILED $1"
  exit 1
}

# Downloads fail now and then.
retried() {
  local pause
  for pause in 2 10 30; do
    "$@" >"$log" 2>&1 </dev/null && return
    sleep "$pause"
  done
  "$@" >"$log" 2>&1 </dev/null
}

# npm_package NAME@VERSION [PACKAGE_JSON]: into a folder of its own, $folder, unless that very version is complete there.
npm_package() {
  folder=$cache/$name
  [ "$(cat "$folder/complete" 2>/dev/null)" = "$1" ] && { say "$1 is there"; exit 0; }
  rm -rf "$folder"
  mkdir -p "$folder"
  printf '%s\n' "${2:-{\}}" >"$folder/package.json"
  (cd "$folder" && retried npm install --ignore-scripts --no-audit --no-fund "$1") || fail "to install $1"
}

# go_program MODULE@VERSION: builds it into the cache's `go` folder, unless that very version was built.
go_program() {
  local stamp=$cache/go/$name.complete
  [ "$(cat "$stamp" 2>/dev/null)" = "$1" ] && { say "${1##*@} is there"; exit 0; }
  # Where Go's own archive is unpacked to, on a machine whose PATH does not say so.
  command -v go >/dev/null || PATH=$PATH:/usr/local/go/bin
  command -v go >/dev/null || { say "LEFT OUT: it is built with Go, which is not here"; exit 0; }
  GOBIN=$cache/go retried go install "$1" || fail "to build $1"
  echo "$1" >"$stamp"
  say "built ${1##*@}"
}

# debian_root SUITE ROOT PACKAGE…: unpacks them into ROOT; see unpack-debian. Where the mirror has moved on, the suites that
# need them are left out by name.
debian_root() {
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || { say 'LEFT OUT: only root on Debian can unpack it'; exit 0; }
  mkdir -p "${2%/*}" && retried bash "${BASH_SOURCE%/*}/unpack-debian" "$@" && return
  tail -n 5 "$log" >&2
  say 'LEFT OUT: it could not be unpacked'
  exit 0
}

# complete VERSION
complete() {
  echo "$1" >"$cache/$name/complete"
  say "installed $1"
}
