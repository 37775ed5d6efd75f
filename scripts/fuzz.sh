#!/usr/bin/env bash
# Builds the fuzz targets of tests/fuzz and runs each for a while. Fails if one finds something.
#
#   scripts/fuzz.sh [SECONDS] [TARGET…]      (60 seconds for each of all targets if nothing is named)
#   scripts/fuzz.sh --same [TARGET…]         the same inputs whenever the sources are the same
#
# A target starts from its seeds in tests/fuzz/corpus/TARGET, and from what earlier runs have added
# in build/fuzz/corpus/TARGET. With --same it starts from the seeds alone, and from a fixed seed of
# its random numbers: what passes once passes again, so that chance decides nothing. An input that breaks a property, or takes too much time or memory, is
# kept in build/fuzz/found/; to try it again: build/fuzz/tests/fuzz/fuzz_TARGET FILE
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

kTargets=(json filter hook_answer target_url url_template token retry_after request)
kInputBytesMax=2048
kInputSecondsMax=10
kSameRuns=30000
kSameSecondsMax=120
kMemoryMbMax=1024

fail() {
  printf 'fuzz: %s\n' "$*" >&2
  exit 2
}

same=no
seconds=${1:-60}
if [ "$seconds" = --same ]; then
  same=yes
  seconds=$kSameSecondsMax
fi
[[ $seconds =~ ^[1-9][0-9]{0,5}$ ]] || fail "'$seconds' is not a number of seconds"
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- "${kTargets[@]}"
for target in "$@"; do
  [ -f "tests/fuzz/${target}_fuzz.cc" ] || fail "no target $target; there are: ${kTargets[*]}"
done

symbolizer=/usr/bin/llvm-symbolizer-19
export ASAN_OPTIONS="external_symbolizer_path=$symbolizer:strict_string_checks=1:detect_stack_use_after_return=1"
export UBSAN_OPTIONS="external_symbolizer_path=$symbolizer:print_stacktrace=1"

cmake --preset fuzz --log-level=WARNING >/dev/null
cmake --build --preset fuzz --parallel "$(nproc)"

out=build/fuzz
mkdir -p "$out/found" "$out/logs"
passed=0
failed=0
for target in "$@"; do
  log="$out/logs/$target.log"
  corpus="$out/corpus/$target"
  limit=(-max_total_time="$seconds")
  if [ "$same" = yes ]; then
    corpus="$out/same/$target"
    rm -rf "$corpus"
    limit=(-runs=$kSameRuns -seed=1)
  fi
  mkdir -p "$corpus"
  # libFuzzer ends by itself; the outer limit is for a target that hangs before it starts.
  if timeout --kill-after=10 $((seconds + 120)) "$out/tests/fuzz/fuzz_$target" \
    "${limit[@]}" -max_len=$kInputBytesMax -timeout=$kInputSecondsMax \
    -rss_limit_mb=$kMemoryMbMax -print_final_stats=1 -artifact_prefix="$out/found/$target-" \
    "$corpus" "tests/fuzz/corpus/$target" >"$log" 2>&1; then
    runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    printf 'ok    %-13s %9s inputs\n' "$target" "$runs"
    passed=$((passed + 1))
  else
    tail -n 60 "$log"
    printf 'FAIL  %-13s see %s and %s/found/\n' "$target" "$log" "$out"
    failed=$((failed + 1))
  fi
done
printf '%d passed, %d failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
