#!/usr/bin/env bash
# Looks for tests that fail now and then: runs the unit tests and the suites round after round on a
# loaded machine, and tells which ever failed.
#
#   scripts/flaky.sh [SECONDS]     no round starts after that time (600)
#
# FLAKY_PRESET names the build (release), FLAKY_LOAD the busy processes beside the tests (two for
# each core). A test that is named here is made certain, by order instead of time; never tried again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

seconds=${1:-600}
preset=${FLAKY_PRESET:-release}
load=${FLAKY_LOAD:-$((2 * $(nproc)))}
logs=$(mktemp -d)
begin=$SECONDS

busy=()
for ((i = 0; i < load; ++i)); do
  # Ends by itself, should this script be killed.
  timeout $((seconds + 900)) sh -c 'while :; do :; done' &
  busy+=($!)
done
trap 'kill "${busy[@]}" 2>/dev/null || true; rm -rf "$logs"' EXIT

# The names of failed tests in the output of ctest and of Node's runner, one a line.
failed_in() {
  sed -nE 's/^\[  FAILED  \] ([A-Za-z0-9_/]+\.[A-Za-z0-9_/]+).*/\1/p; s/^ *✖ (.*) \([0-9.]+ms\)$/\1/p' "$1" |
    sort -u
}

round=0
failures=0
while ((round == 0 || SECONDS - begin < seconds)); do
  round=$((round + 1))
  log="$logs/$round"
  ctest --preset "$preset" --output-on-failure --parallel $((2 * $(nproc))) --no-tests=error \
    -LE '^(lint|package|toolchain)$' >"$log" 2>&1 || failures=$((failures + 1))
  HOOKLINE_BIN="build/$preset/src/hookline" node tests/run.mjs harness integration attack e2e \
    >>"$log" 2>&1 || failures=$((failures + 1))
  failed_in "$log" >>"$logs/names"
  printf 'round %d after %d s, failed: %s\n' "$round" $((SECONDS - begin)) \
    "$(failed_in "$log" | paste -sd ',' || true)"
done

printf '\nFailed in rounds, of %d:\n' "$round"
sort "$logs/names" | uniq -c | sort -rn
printf '\n%d passed, %d failed\n' $((2 * round - failures)) "$failures"
[ "$failures" -eq 0 ]
