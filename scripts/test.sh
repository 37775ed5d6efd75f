#!/usr/bin/env bash
# Runs the stages of `make test`, or the named ones, in this order, and stops at the first that fails:
#
#   lint     configure; the house rules of tests/lint
#   format   clang-format
#   build    release build of the server and all tests
#   unit     the tests that ctest knows: unit, contract, integration, toolchain, package
#   suites   integration, attack and end-to-end suites against the release binary
#   clients  official clients, unmodified: their own suites, and flows of ours through them
#   fault    kill -9 under load, 20 times
#   fuzz     the fuzz targets, each with the same thirty thousand inputs (`make fuzz` tries others)
#   asan     the tests of `unit` and `suites` under the address and undefined-behaviour sanitizers
#   tsan     the tests of `unit`, and the suites with the most threads, under the thread sanitizer
#   tidy     clang-tidy over src/
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

kStages=(lint format build unit suites clients fault fuzz asan tsan tidy)
# The suites in which most threads meet; all of them would take too long under tsan.
kTsanSuites=(tests/integration/{before_send,delivery_retry,events,hooks_routing,messages}.test.mjs
  tests/attack/idempotency.test.mjs)
kKillRounds=20

jobs=$(nproc)
export LLVM_SYMBOLIZER=/usr/bin/llvm-symbolizer-19
export ASAN_OPTIONS="external_symbolizer_path=$LLVM_SYMBOLIZER:strict_string_checks=1:detect_stack_use_after_return=1"
export UBSAN_OPTIONS="external_symbolizer_path=$LLVM_SYMBOLIZER:print_stacktrace=1"
export TSAN_OPTIONS="external_symbolizer_path=$LLVM_SYMBOLIZER:halt_on_error=1:second_deadlock_stack=1"
export CTEST_OUTPUT_ON_FAILURE=1

configure() { cmake --preset "$1" --log-level=WARNING; }

build() {
  configure "$1"
  cmake --build --preset "$1" --parallel "$jobs"
}

# tests PRESET LABELS: all tests but those with one of these labels, so that none is forgotten.
tests() { ctest --preset "$1" --parallel "$jobs" --no-tests=error -LE "$2"; }

stage_lint() {
  configure release
  ctest --preset release --parallel "$jobs" --no-tests=error -L '^lint$'
}

stage_format() { scripts/format.sh --check; }

stage_build() {
  build release
  ln -sfn release/src/hookline build/hookline
}

stage_unit() { tests release '^lint$'; }

stage_suites() {
  HOOKLINE_BIN=build/release/src/hookline node tests/run.mjs harness integration attack e2e
}

stage_clients() {
  HOOKLINE_BIN=build/release/src/hookline build/python/bin/python -W ignore -m unittest discover -v -s tests/python
  HOOKLINE_BIN=build/release/src/hookline node tests/run.mjs clients
  HOOKLINE_BIN=build/release/src/hookline node tests/clients/go_suite.mjs
}

stage_fault() {
  HOOKLINE_BIN=build/release/src/hookline HOOKLINE_KILL_ROUNDS=$kKillRounds node tests/run.mjs fault
}

stage_fuzz() { scripts/fuzz.sh --same; }

stage_asan() {
  build asan
  tests asan '^(lint|package)$'
  HOOKLINE_BIN=build/asan/src/hookline node tests/run.mjs integration attack e2e
}

stage_tsan() {
  build tsan
  tests tsan '^(lint|package)$'
  HOOKLINE_BIN=build/tsan/src/hookline node --test --test-reporter=spec --test-concurrency=1 \
    "${kTsanSuites[@]}"
}

stage_tidy() {
  configure release
  scripts/tidy.sh build/release
}

# Seconds of CPU that the stages so far have used.
cpu_seconds() {
  local stat
  read -ra stat <"/proc/$$/stat"
  echo $(((stat[15] + stat[16]) / $(getconf CLK_TCK)))
}

times=""
current=""
report() {
  local code=$?
  if [ -n "$times" ]; then printf '\n%b' "$times"; fi
  if [ $code -ne 0 ] && [ -n "$current" ]; then
    printf '\nFAILED: %s (repeat it with: make test STAGES=%s)\n' "$current" "$current" >&2
  fi
}

main() {
  local stage begin cpu
  [ $# -gt 0 ] || set -- "${kStages[@]}"
  for stage in "$@"; do
    if ! declare -F "stage_$stage" >/dev/null; then
      printf 'no stage %s; there are: %s\n' "$stage" "${kStages[*]}" >&2
      exit 2
    fi
  done
  trap report EXIT
  for stage in "$@"; do
    current=$stage
    printf '\n=== %s\n' "$stage"
    begin=$SECONDS
    cpu=$(cpu_seconds)
    "stage_$stage"
    times+=$(printf '%-8s %5d s, %5d s of CPU' "$stage" $((SECONDS - begin)) $(($(cpu_seconds) - cpu)))'\n'
  done
  current=""
}

main "$@"
