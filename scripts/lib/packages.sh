# shellcheck shell=bash
# What is needed from Debian 12, and what for. Only what is missing is installed; if nothing is
# missing, apt is not called at all.
# shellcheck disable=SC2034  # each script takes the lists it needs

packages_to_build=(
  "g++              compiler"
  "cmake            build description"
  "ninja-build      build"
  "ccache           makes the next build fast"
  "libssl-dev       hashes, keys and signatures (OpenSSL)"
  "libcli11-dev     command line"
  "libboost-dev     exact statistics (Boost.Math)"
  "libdnnl-dev      matrix products on the CPU (oneDNN)"
  "libopenblas-openmp-dev  matrix products in f64 (OpenBLAS)"
  "libbenchmark-dev assay bench, benchmarks of the tool itself (Google Benchmark)"
  "liburing-dev     files with several requests in flight (io_uring)"
  "libopenmpi-dev   collectives on the host (Open MPI)"
  "openmpi-bin      mpirun, which starts the ranks of collectives"
  "fio              engine fio of the cases of files, and an outside measure of ours (scripts/bench)"
)

packages_to_test=(
  "libgtest-dev     tests (GoogleTest)"
  "nlohmann-json3-dev  a JSON reader to compare ours with (tests)"
  "iproute2         hosts and slow links on one machine (network namespaces)"
  "openssl          outside verifier of signatures"
  "munge            a Slurm of the tests' own (credentials)"
  "slurmctld        a Slurm of the tests' own (controller)"
  "slurmd           a Slurm of the tests' own (nodes)"
  "slurm-client     srun and salloc, which start ranks in it"
  "binutils         looks at what the programs link"
  "git              time of the last commit, for reproducible builds"
)

packages_for_deep=(
  "clang-14         second compiler, for the fuzzers"
  "libclang-rt-14-dev  run-time of the fuzzers and sanitizers"
  "clang-tidy-14    lint"
  "clang-format-14  layout of the sources"
  "shellcheck       lint of the scripts"
  "dpkg-dev         dependencies of the .deb"
  "file             used by dpkg-shlibdeps"
  "libopenblas0     a dependency of the .deb, which is installed and removed as a check"
)

is_installed() {
  [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null || true) == installed ]]
}

as_root() {
  if [[ $(id -u) == 0 ]]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "packages are missing and there is no sudo: as root, run: $*"
  fi
}

# install_missing "NAME purpose"...
install_missing() {
  local line name purpose
  local -a missing=()
  command -v dpkg-query >/dev/null ||
    die "this is no Debian: install what docs/dependencies.md lists, then build with cmake --preset release"
  for line in "$@"; do
    read -r name purpose <<<"$line"
    is_installed "$name" && continue
    ((${#missing[@]} > 0)) || say "Installing what is missing, from Debian:"
    note "$(printf '%-24s %s' "$name" "$purpose")"
    missing+=("$name")
  done
  ((${#missing[@]} > 0)) || return 0
  local log=$root/build/apt.log
  mkdir -p "$root/build"
  {
    # Where sudo drops the variable, the empty input says the same: nobody is there to be asked.
    export DEBIAN_FRONTEND=noninteractive
    as_root apt-get update -qq &&
      as_root apt-get install -y -qq --no-install-recommends "${missing[@]}"
  } </dev/null >"$log" 2>&1 || {
    cat "$log" >&2
    die "the packages could not be installed; the log is $log"
  }
}

# Node runs the outside verifiers in tests/outside; any node and npm will do, Debian's are taken
# only where there are none.
packages_for_node() {
  command -v node >/dev/null || echo "nodejs  outside verifiers of schemas and signatures"
  command -v npm >/dev/null || echo "npm     fetches the outside verifiers (tests/outside/package-lock.json)"
}
