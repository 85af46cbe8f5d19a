# shellcheck shell=bash
# Shared by scripts/quickstart, scripts/test and .ci/run: where we are, how we speak, how we count.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
readonly root
cores=$(nproc)
readonly cores

say() { printf '\n==> %s\n' "$*"; }
note() { printf '    %s\n' "$*"; }
die() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# Release time of the sources, so that two builds of one commit are the same bytes.
source_date_epoch() {
  if [[ -n ${SOURCE_DATE_EPOCH:-} ]]; then
    printf '%s\n' "$SOURCE_DATE_EPOCH"
  else
    git -C "$root" log -1 --format=%ct 2>/dev/null || stat -c %Y "$root/CMakeLists.txt"
  fi
}

# One line a check: name, passed, failed, skipped. .ci/run adds them up.
count() {
  if [[ -n ${ASSAY_TALLY:-} ]]; then
    printf '%s\t%s\t%s\t%s\n' "$@" >>"$ASSAY_TALLY"
  fi
}

# What a script adds to its preset's options.
configure_options=()

# configure_and_build PRESET [TARGET...]. Returns non-zero if either fails.
configure_and_build() {
  local preset=$1 log
  shift
  log=$root/build/configure-$preset.log
  mkdir -p "$root/build"
  (cd "$root" && cmake --preset "$preset" "${configure_options[@]}" >"$log" 2>&1) || {
    cat "$log" >&2
    return 1
  }
  (cd "$root" && cmake --build --preset "$preset" -j "$cores" ${1:+--target "$@"})
}
