#!/usr/bin/env bash
# clang-tidy over the sources in src/ (tests are left out for time), several at once.
# tidy.sh BUILD_FOLDER [FILE...]: needs that folder's compile database; the named files only, if any.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
build=$1
shift

if [ $# -gt 0 ]; then
  files=("$@")
else
  mapfile -d '' files < <(find src \( -name '*.cc' -o -name '*.cpp' \) -print0 | sort -z)
fi
printf '%s\0' "${files[@]}" |
  xargs -0 -n 1 -P "$(nproc)" clang-tidy-19 -p "$build" --quiet --extra-arg=-Wno-unknown-warning-option
