#include <bit>

#include "kernels/cuda/block_sum.h"
#include "kernels/cuda/memory_passes.h"

namespace assay::cuda {
namespace {

// What must be on its way at once for full bandwidth is 16 to 64 KiB a multiprocessor (B200: 8 TB/s
// times some 800 ns of latency over 148 of them). Four loads of 16 bytes a thread and source, and
// 1024 threads or more of a multiprocessor's 2048, are 64 KiB.
constexpr unsigned k_unroll = 4;
constexpr unsigned k_pairs_of_block = k_block * k_unroll;
constexpr unsigned k_words = 64;  // Bits of a word.

template <bool Streams>
__device__ void store(ulonglong2* to, ulonglong2 value) {
  if constexpr (Streams) {
    __stcs(to, value);  // Evicted first: what is written is not read again.
  } else {
    *to = value;
  }
}

__device__ DeviceWord sum(DeviceWord b, DeviceWord c, double scalar) {
  return std::bit_cast<DeviceWord>(std::bit_cast<double>(b) + scalar * std::bit_cast<double>(c));
}

/// Copy and triad: see least_of_pass().
template <bool Adds, bool Streams>
__global__ void move(DevicePass pass) {
  const std::uint64_t pairs = pass.elements / 2;
  const std::uint64_t first = std::uint64_t{blockIdx.x} * k_pairs_of_block + threadIdx.x;
  const auto* const b = reinterpret_cast<const ulonglong2*>(pass.b);
  const auto* const c = reinterpret_cast<const ulonglong2*>(pass.c);
  auto* const to = reinterpret_cast<ulonglong2*>(pass.to);
  ulonglong2 from_b[k_unroll];
  ulonglong2 from_c[k_unroll];
  for (unsigned i = 0; i < k_unroll; ++i) {
    const std::uint64_t pair = first + i * k_block;
    if (pair < pairs) {
      from_b[i] = b[pair];
      if constexpr (Adds) {
        from_c[i] = c[pair];
      }
    }
  }
  for (unsigned i = 0; i < k_unroll; ++i) {
    const std::uint64_t pair = first + i * k_block;
    if (pair < pairs) {
      ulonglong2 value = from_b[i];
      if constexpr (Adds) {
        value.x = sum(value.x, from_c[i].x, pass.scalar);
        value.y = sum(value.y, from_c[i].y, pass.scalar);
      }
      store<Streams>(to + pair, value);
    }
  }
}

/// See least_of_pass().
__global__ void read(DevicePass pass) {
  const std::uint64_t begin = std::uint64_t{blockIdx.x} * k_part / 2;
  const std::uint64_t pairs = pass.elements / 2;
  const std::uint64_t end = begin + k_part / 2 < pairs ? begin + k_part / 2 : pairs;
  const auto* const b = reinterpret_cast<const ulonglong2*>(pass.b);
  DeviceWord sum = 0;
  for (std::uint64_t first = begin + threadIdx.x; first < end; first += k_pairs_of_block) {
    ulonglong2 values[k_unroll];
    for (unsigned i = 0; i < k_unroll; ++i) {
      const std::uint64_t pair = first + i * k_block;
      // Outside: words whose terms are 0.
      values[i] = pair < end ? b[pair] : ulonglong2{pass.key, pass.key};
    }
    for (unsigned i = 0; i < k_unroll; ++i) {
      sum += (values[i].x ^ pass.key) + (values[i].y ^ pass.key);
    }
  }
  sum = sum_of_block(sum);
  if (threadIdx.x == 0) {
    pass.to[blockIdx.x] = sum;
  }
}

__global__ void fill(memory::Pattern pattern, Keyed draw, ulonglong2* to, std::uint64_t pairs) {
  const std::uint64_t pair = std::uint64_t{blockIdx.x} * blockDim.x + threadIdx.x;
  if (pair < pairs) {
    to[pair] = {memory::source_word(pattern, draw, 2 * pair),
                memory::source_word(pattern, draw, 2 * pair + 1)};
  }
}

/// One block a part. Each of its threads draws one word of 256 and then counts one bit in 64 of
/// them. Once, at the start.
__global__ void count(memory::Pattern pattern, std::uint64_t elements, std::uint32_t* ones) {
  ASSAY_SHARED(DeviceWord, drawn, k_block);
  ASSAY_SHARED(std::uint32_t, counts, k_block);
  const std::uint64_t begin = blockIdx.x * k_part;
  const unsigned bit = threadIdx.x % k_words;
  const unsigned quarter = threadIdx.x / k_words * k_words;
  std::uint32_t found = 0;
  for (std::uint64_t first = begin; first < begin + k_part; first += k_block) {
    const std::uint64_t index = first + threadIdx.x;
    drawn[threadIdx.x] = index < elements ? memory::source_word(pattern, pattern.b, index) : 0;
    __syncthreads();
    for (unsigned word = 0; word < k_words; ++word) {
      found += static_cast<std::uint32_t>(drawn[quarter + word] >> bit) & 1U;
    }
    __syncthreads();
  }
  counts[threadIdx.x] = found;
  __syncthreads();
  if (threadIdx.x < k_words) {
    for (unsigned other = bit + k_words; other < k_block; other += k_words) {
      found += counts[other];
    }
    ones[blockIdx.x * k_words + bit] = found;
  }
}

unsigned blocks_for(std::uint64_t items, std::uint64_t of_block) {
  return static_cast<unsigned>((items + of_block - 1) / of_block);
}

void launch_move(const DevicePass& pass, cudaStream_t stream) {
  const bool adds = pass.op == MemoryProblem::Op::triad;
  const auto kernel = adds ? (pass.non_temporal ? move<true, true> : move<true, false>)
                           : (pass.non_temporal ? move<false, true> : move<false, false>);
  ASSAY_LAUNCH(kernel, blocks_for(pass.elements / 2, k_pairs_of_block), k_block, stream, pass);
}

}  // namespace

Result<std::uint64_t> array_bytes_or_caches(std::uint64_t array_bytes) {
  if (array_bytes != 0) {
    return array_bytes;
  }
  int device = 0;
  int cache = 0;
  if (auto done = check(cudaGetDevice(&device), "cudaGetDevice"); !done) {
    return done.error();
  }
  if (auto done = check(cudaDeviceGetAttribute(&cache, cudaDevAttrL2CacheSize, device),
                        "cudaDeviceGetAttribute of the L2 cache");
      !done) {
    return done.error();
  }
  return 4 * static_cast<std::uint64_t>(cache);
}

Result<Done> move_memory(const DevicePass& pass, cudaStream_t stream) {
  if (pass.op == MemoryProblem::Op::read) {
    ASSAY_LAUNCH(read, blocks_for(pass.elements, k_part), k_block, stream, pass);
    return check_launch("read");
  }
  launch_move(pass, stream);
  return check_launch("move");
}

Result<Done> fill_source(const memory::Pattern& pattern, const Keyed& draw, DeviceWord* to,
                         std::uint64_t words, cudaStream_t stream) {
  auto* const pairs = reinterpret_cast<ulonglong2*>(to);
  ASSAY_LAUNCH(fill, blocks_for(words / 2, k_block), k_block, stream, pattern, draw, pairs,
               words / 2);
  return check_launch("fill");
}

Result<DeviceBuffer> count_ones(const memory::Pattern& pattern, std::uint64_t elements,
                                cudaStream_t stream) {
  const unsigned parts = blocks_for(elements, k_part);
  auto ones = DeviceBuffer::of_bytes(parts * std::uint64_t{k_words} * sizeof(std::uint32_t));
  if (!ones) {
    return ones;
  }
  ASSAY_LAUNCH(count, parts, k_block, stream, pattern, elements, ones->as<std::uint32_t>());
  if (auto launched = check_launch("count"); !launched) {
    return launched.error();
  }
  return ones;
}

}  // namespace assay::cuda
