# shellcheck shell=bash
# What nvcc made of the kernels in kernels/cuda: what each takes of a multiprocessor, and how wide
# its accesses to memory are.

# Names of an entry's template arguments: (assay::NumberType)3 is bf16. One demangled name a line.
readable_names() {
  c++filt | awk -v types="$(sed -n '/^enum class NumberType/,/^};/p' "$root/kernels/backend.h" |
    sed -nE 's/^ *([a-z0-9_]+),?$/\1/p' | tr '\n' ' ')" '
    BEGIN { split(types, name, " ") }
    { gsub(/assay::cuda::\(anonymous namespace\)::|assay::cuda::|void /, "")
      while (match($0, /\(assay::NumberType\)[0-9]+/))
        $0 = substr($0, 1, RSTART - 1) name[substr($0, RSTART + 19, RLENGTH - 19) + 1] substr($0, RSTART + RLENGTH)
      sub(/\(.*/, ""); gsub(/ /, "")
      print }'
}

# kernel_table LOG: a line for each kernel and architecture from what `nvcc -Xptxas=-v` said. The
# instances of a template stand on one line with how many take how many registers. Registers are
# counted as the hardware hands them out, in eights a thread: what changes less changes nothing. So
# no change of occupancy, shared memory, stack or spilling goes unseen, in whichever instance.
kernel_table() {
  paste -d ' ' <(sed -nE "s/^ptxas info *: Compiling entry function '([^']+)' for '[^']+'/\1/p" "$1" | readable_names) \
    <(awk '/Compiling entry function/ { gsub(/\047/, ""); arch = $NF }
      /bytes stack frame/ { stack = $1; spilt = $5 + $9 }
      /^ptxas info *: Used [0-9]+ registers/ {
        match($0, /Used [0-9]+/); registers = substr($0, RSTART + 5, RLENGTH - 5)
        shared = match($0, /[0-9]+ bytes smem/) ? substr($0, RSTART) + 0 : 0
        print arch, int((registers + 7) / 8) * 8, shared, stack, spilt }' "$1") |
    awk '{ sub(/<.*/, "", $1); key = $1 " " $2; kernels[key]++; count[key, $3]++
        if ($4 > shared[key]) shared[key] = $4
        if ($5 > stack[key]) stack[key] = $5
        spilt[key] += $6 }
      END { for (key in kernels) {
          split(key, part, " "); text = ""
          for (r = 8; r <= 256; r += 8) if (count[key, r]) text = text " " r "x" count[key, r]
          printf "%-16s %-8s %3d instances, shared %d, stack %d, spilt %d, registers%s\n",
            part[1], part[2], kernels[key], shared[key], stack[key], spilt[key], text } }' |
    LC_ALL=C sort
}

# access_table PTX...: a line for each instance of a kernel: its name, the widths in bytes of its
# loads from global memory, and those of its stores. Shared memory and parameters are left out.
access_table() {
  local made
  made=$(awk '
    function width(operation, part, n, i, lanes, bits) {
      n = split(operation, part, "."); lanes = 1; bits = 0
      for (i = 1; i <= n; i++) {
        if (part[i] ~ /^v[248]$/) lanes = substr(part[i], 2)
        if (part[i] ~ /^[busf](8|16|32|64|128)$/) bits = substr(part[i], 2)
      }
      return lanes * bits / 8
    }
    function with(widths, bytes) {
      if (("," widths ",") ~ ("," bytes ",")) return widths
      return widths (widths == "" ? "" : ",") bytes
    }
    function flush() { if (name != "") print name, (loads == "" ? "-" : loads), (stores == "" ? "-" : stores) }
    /\.entry/ { flush(); match($0, /_Z[A-Za-z0-9_]+/); name = substr($0, RSTART, RLENGTH); loads = stores = ""; next }
    { operation = $1 ~ /^@/ ? $2 : $1 }
    operation ~ /^(ld|st)\./ && operation !~ /^(ld|st)\.(volatile\.)?(param|shared|local|const)/ {
      if (operation ~ /^ld/) loads = with(loads, width(operation))
      else stores = with(stores, width(operation)) }
    END { flush() }' "$@") || return 1
  paste -d ' ' <(cut -d ' ' -f 1 <<<"$made" | readable_names) <(cut -d ' ' -f 2- <<<"$made")
}

# check_streams LIST PTX...: that every kernel stands in the list (see tests/data/kernels/streams.txt)
# and has the accesses that it says there, in every instance; and that the list names none in vain.
check_streams() {
  local list=$1
  shift
  access_table "$@" | awk '
    function bad(text) { print "    " text; failed = 1 }
    function check(what, allowed, found, i, n, w, ok) {
      if (allowed == "any") return
      n = split(allowed, w, ","); split("", ok)
      for (i = 1; i <= n; i++) ok[w[i]] = 1
      if (w[1] != "-" && ("," found ",") !~ ("," w[1] ",")) bad(name " " what " nothing of " w[1] " bytes, but of " found)
      n = split(found, w, ",")
      for (i = 1; i <= n; i++) if (!(w[i] in ok)) bad(name " " what " " w[i] " bytes at a time; the list says " allowed)
    }
    NR == FNR { if ($0 !~ /^#/ && NF) { pattern[++rows] = $1; loads[rows] = $2; stores[rows] = $3 } next }
    { name = $1
      for (row = 1; row <= rows && name !~ ("^" pattern[row] "$"); row++);
      if (row > rows) { bad(name " stands in no row of the list"); next }
      used[row]++; streams += loads[row] != "any"
      check("loads", loads[row], $2); check("stores", stores[row], $3) }
    END {
      for (row = 1; row <= rows; row++) if (!used[row]) bad("no kernel is called " pattern[row])
      if (!failed) print "    " streams " instances of streaming kernels, all with the accesses that are listed"
      exit failed }' "$list" -
}
