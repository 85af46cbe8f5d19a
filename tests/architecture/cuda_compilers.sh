#!/usr/bin/env bash
# What configuring does with the CUDA compiler that it finds: one that is too old must stop nobody who
# did not ask for the module, and a word that is none is no OFF.
# Usage: cuda_compilers.sh CMAKE SOURCES C++_COMPILER
set -euo pipefail
cmake=$1 sources=$2 compiler=$3

fail() {
  echo "cuda_compilers.sh: $*" >&2
  exit 1
}

work=$(mktemp -d "${TMPDIR:-/tmp}/assay-cuda-compilers.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
printf '#!/bin/sh\necho "Cuda compilation tools, release 11.8, V11.8.89"\n' >"$work/bin/nvcc"
chmod +x "$work/bin/nvcc"

# Configures with the old compiler first on PATH; what it says is in $work/said.
configures() {
  env -u CUDACXX PATH="$work/bin:$PATH" "$cmake" -S "$sources" -B "$work/build" -G Ninja \
    -DCMAKE_CXX_COMPILER="$compiler" -DASSAY_TESTS=OFF -DASSAY_BENCH=OFF "$@" >"$work/said" 2>&1
}
says() {
  tr -s ' \n' ' ' <"$work/said" | grep -qF -e "$1" || fail "it does not say '$1': $(tail -n 20 "$work/said")"
}

configures -DASSAY_CUDA=AUTO || fail "AUTO fails with an old compiler: $(tail -n 20 "$work/said")"
says "CUDA module: no (ASSAY_CUDA=AUTO; $work/bin/nvcc is of CUDA '11.8', and 12.9 or later is needed)"
! configures -DASSAY_CUDA=ON || fail "ON succeeds with an old compiler"
says "is of CUDA '11.8', and 12.9 or later is needed"
! configures -DASSAY_CUDA=on || fail "a word that is none is taken"
says "ASSAY_CUDA=on is none of AUTO, ON, OFF"
