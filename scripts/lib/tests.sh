# shellcheck shell=bash
# Runs a preset's tests and says what passed, failed and was skipped.

# run_tests PRESET
run_tests() {
  local preset=$1 log status=0 closing failed=0 total=0 skipped
  log=$root/build/$preset/ctest.log
  # One more than there are cores: some tests wait, for a deadline or a process that they ended.
  (cd "$root" && ctest --preset "$preset" -j "$((cores + 1))") >"$log.all" 2>&1 || status=$?
  # Every line is kept in the log; shown are failures and the end.
  grep -vE '^ *(Start +[0-9]+:|[0-9]+/[0-9]+ Test +#[0-9]+: .*(Passed|Skipped|Disabled))' "$log.all" |
    grep -vE '^\s*[0-9]+ - .*\((Skipped|Disabled)\)$|^The following tests did not run:$' || true
  mv "$log.all" "$log"
  closing=$(grep -E '^[0-9]+% tests passed, [0-9]+ tests failed out of [0-9]+' "$log" || true)
  [[ $closing =~ ,\ ([0-9]+)\ tests\ failed\ out\ of\ ([0-9]+) ]] && {
    failed=${BASH_REMATCH[1]}
    total=${BASH_REMATCH[2]}
  }
  skipped=$(sed -nE 's/^\s*[0-9]+ - (.*) \((Skipped|Disabled)\)$/\1/p' "$log")
  local skips=0 disabled
  [[ -z $skipped ]] || skips=$(wc -l <<<"$skipped")
  # ctest counts a skipped test among all, a disabled one not.
  disabled=$(grep -cE '^\s*[0-9]+ - .* \(Disabled\)$' "$log" || true)
  ((skips == 0)) || note "$skips skipped: ${skipped//$'\n'/, }"
  if [[ -z $closing || ($status != 0 && $failed == 0) ]]; then
    failed=$((failed + 1))
    total=$((total + 1))
  fi
  local passed=$((total - failed - skips + disabled))
  count "tests ($preset)" "$passed" "$failed" "$skips"
  printf '%s\n' "$preset: $passed passed, $failed failed, $skips skipped"
  return "$status"
}
