# shellcheck shell=bash
# The parts of scripts/test --deep. Each is a function deep_<part> that returns 0 if all is well;
# a part that fails does not keep the others from running.

readonly deep_parts=(format shellcheck tidy asan tsan fuzz no-cuda cuda package reproducible)
# By name only: tidy-all has the path-sensitive analyser and all sources, and takes an hour.
readonly named_parts=(tidy-all)
readonly fuzz_seconds=${ASSAY_FUZZ_SECONDS:-20}

sources() { git -C "$root" ls-files -- '*.cpp' '*.h' '*.cu' | sed "s|^|$root/|"; }

# Parts that are one check each: counted as one test. Their status is looked at, so `set -e` does
# not hold inside them: each ends with the command that decides, or says `|| return 1`.
counted() {
  local name=$1 status=0
  shift
  "$@" || status=$?
  if ((status == 0)); then count "$name" 1 0 0; else count "$name" 0 1 0; fi
  return "$status"
}

deep_format() { counted format check_format; }
check_format() { sources | xargs -r clang-format-14 --dry-run -Werror; }

deep_shellcheck() { counted shellcheck check_scripts; }
check_scripts() {
  local -a files
  mapfile -t files < <(cd "$root" && git grep -lE '^#!.*\bbash\b' -- scripts .ci packaging tests bench)
  (cd "$root" && shellcheck -x -a "${files[@]}")
}

deep_asan() {
  configure_and_build asan || { count "build (asan)" 0 1 0; return 1; }
  run_tests asan
}

deep_tsan() {
  note "reports and run only: the model starts no thread, and the OpenMP run-time of the host libraries"
  note "is not instrumented: whatever multiplies matrices would report races that are none, and gets one thread."
  configure_and_build tsan || { count "build (tsan)" 0 1 0; return 1; }
  run_tests tsan
}

# What ships, without the path-sensitive analyser; tidy-all is everything with it.
deep_tidy() {
  note "the sources that ship; tests, benches and clang-analyzer-*: scripts/test --deep tidy-all"
  counted tidy check_tidy "^$root/(harness|reports|kernels|suites)/.*\.cpp$" --checks=-clang-analyzer-*
}
deep_tidy-all() { counted tidy-all check_tidy '\.cpp$'; }
check_tidy() {
  local pattern=$1
  shift
  (cd "$root" && cmake --preset tidy >/dev/null) || return 1
  sources | grep -E "$pattern" |
    xargs -r -P "$cores" -n 4 clang-tidy-14 -p "$root/build/tidy" --quiet "$@" 2>"$root/build/tidy/noise.log"
}

deep_fuzz() {
  configure_and_build fuzz || { count "build (fuzz)" 0 1 0; return 1; }
  local -a programs running
  local status=0 next pid
  mapfile -t programs < <(cd "$root" && for file in tests/fuzz/*_fuzz.cpp; do basename "$file" .cpp; done)
  # As many at a time as there are cores; they all take the same time.
  for ((next = 0; next < ${#programs[@]}; next += cores)); do
    running=()
    for program in "${programs[@]:next:cores}"; do
      counted "fuzz $program" fuzz_one "$root/build/fuzz/bin/$program" &
      running+=($!)
    done
    for pid in "${running[@]}"; do wait "$pid" || status=1; done
  done
  return "$status"
}
# New inputs go to build/fuzz/corpus, so that the kept corpus changes only on purpose.
fuzz_one() {
  local program=$1 subject log
  subject=$(basename "$program" _fuzz)
  mkdir -p "$root/build/fuzz/corpus/$subject" "$root/tests/fuzz/corpus/$subject"
  log=$root/build/fuzz/$subject.log
  (cd "$root/build/fuzz" && "$program" -max_total_time="$fuzz_seconds" -timeout=10 -rss_limit_mb=4096 \
    -print_final_stats=1 "corpus/$subject" "$root/tests/fuzz/corpus/$subject") >"$log" 2>&1 || {
    tail -n 40 "$log"
    note "$subject: failed; the input is named above, in build/fuzz/"
    return 1
  }
  note "$subject: $(sed -nE 's/^stat::number_of_executed_units: +//p' "$log") inputs in $fuzz_seconds s"
}

# Only the programs, and what they say of the missing module; their tests run in the release build.
deep_no-cuda() { counted no-cuda check_no_cuda; }
check_no_cuda() {
  configure_and_build no-cuda assay assay-verify || return 1
  "$root/build/no-cuda/bin/assay" doctor | grep -E '^ +cuda .*assay-cuda\.so' || {
    note "doctor doesn't say that there is no CUDA module"
    return 1
  }
}

deep_cuda() {
  if ! find_nvcc >/dev/null; then
    note "there is no nvcc on PATH or in /usr/local/cuda/bin: the CUDA module is not built here"
    count cuda 0 0 1
    return 0
  fi
  counted cuda check_cuda
}
find_nvcc() { PATH=$PATH:/usr/local/cuda/bin command -v nvcc; }
# Built from nothing, for every architecture.
check_cuda() {
  local log=$root/build/cuda/ptxas.log
  (cd "$root" && cmake --preset cuda >/dev/null) || return 1
  (cd "$root" && cmake --build --preset cuda --clean-first -j "$cores") >"$log" 2>&1 || {
    tail -n 40 "$log"
    return 1
  }
  check_registers "$log" && check_accesses
}

# What every kernel takes of a multiprocessor; none may spill its registers to memory. The table is
# tests/data/kernels/ptxas.txt; ASSAY_GOLDEN=tests/data writes it anew.
check_registers() {
  local table=$root/tests/data/kernels/ptxas.txt made=$root/build/cuda/ptxas.txt
  {
    printf '# Of %s; written by: ASSAY_GOLDEN=tests/data scripts/test --deep cuda\n' "$("$(find_nvcc)" --version | sed -nE 's/.*(release [0-9.]+, V[0-9.]+).*/nvcc \1/p')"
    kernel_table "$1"
  } >"$made"
  if grep -vE ' spilt 0,|^#' "$made"; then
    note "a kernel spills its registers: see $1"
    return 1
  fi
  if [[ -n ${ASSAY_GOLDEN:-} ]]; then cp "$made" "$root/$ASSAY_GOLDEN/kernels/ptxas.txt" || return 1; fi
  diff -u --label "$table" --label "this build" "$table" "$made" || {
    note "kernels take other registers, shared memory or stack than the table says, or nvcc is another one."
    note "If that is meant: ASSAY_GOLDEN=tests/data scripts/test --deep cuda"
    return 1
  }
  note "$(grep -c 'bytes spill' "$1") kernels in all, none spills, all as in the table"
}

# That what streams memory does so 16 bytes at a time, in PTX.
check_accesses() {
  local source
  mkdir -p "$root/build/cuda/ptx"
  for source in "$root"/kernels/cuda/*.cu; do
    "$(find_nvcc)" -ptx -arch=sm_90a -O3 -DNDEBUG -std=c++20 --expt-relaxed-constexpr "-I$root" "$source" \
      -o "$root/build/cuda/ptx/$(basename "$source" .cu).ptx" || return 1
  done
  check_streams "$root/tests/data/kernels/streams.txt" "$root"/build/cuda/ptx/*.ptx
}

deep_reproducible() { counted reproducible bash "$root/packaging/check_reproducible.sh"; }
deep_package() { counted package bash "$root/packaging/check_package.sh"; }

run_deep() {
  local part status=0 known
  local -a parts=("$@") failed=()
  ((${#parts[@]} > 0)) || parts=("${deep_parts[@]}")
  for part in "${parts[@]}"; do
    known=" ${deep_parts[*]} ${named_parts[*]} "
    [[ $known == *" $part "* ]] || die "there is no part '$part' of --deep: ${deep_parts[*]}"
  done
  for part in "${parts[@]}"; do
    say "$part"
    SECONDS=0
    if "deep_$part"; then
      note "$part: well, $SECONDS s"
    else
      failed+=("$part")
      note "$part: FAILED, $SECONDS s"
      status=1
    fi
  done
  if (($# == 0)); then note "by name only, not run: ${named_parts[*]}"; fi
  say "deep: ${#parts[@]} parts, ${#failed[@]} failed${failed[*]:+: ${failed[*]}}"
  return "$status"
}
