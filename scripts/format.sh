#!/usr/bin/env bash
# Formats the C++ sources with clang-format-19; with --check changes nothing, and fails if it would.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

mode=(-i)
if [ "${1:-}" = --check ]; then mode=(--dry-run --Werror); fi

roots=()
for root in include src tests bench examples; do
  if [ -d "$root" ]; then roots+=("$root"); fi
done
find "${roots[@]}" -name node_modules -prune -o \( -name '*.cc' -o -name '*.h' \) -print0 |
  xargs -0 -n 16 -P "$(nproc)" clang-format-19 "${mode[@]}"
