#include "harness/run/rank_clock.h"

#include <cstdlib>
#include <limits>

#include "harness/run/clock.h"
#include "kernels/mpi_module.h"

namespace assay {
namespace {

constexpr int k_trips = 32;
constexpr std::int64_t k_enough_ns = 10'000'000;  // ranks that wait long for a CPU ask less often
constexpr std::int64_t k_no_more = -1;

Result<Done> message(const AssayMpi& mpi, std::int64_t& time_ns, int to, int from) {
  const AssayMpiCall what{.op = ASSAY_MPI_SEND_RECV,
                          .type = ASSAY_MPI_BYTES,
                          .count = sizeof time_ns,
                          .in = &time_ns,
                          .out = &time_ns,
                          .to = to,
                          .from = from};
  return mpi_result(mpi, mpi.call(&what), "asking for the time");
}

/// Until the other one has no more questions.
Result<Done> answer(const AssayMpi& mpi, int other) {
  while (true) {
    std::int64_t time_ns = k_no_more;
    if (auto asked = message(mpi, time_ns, ASSAY_MPI_NOBODY, other); !asked) {
      return asked;
    }
    if (time_ns == k_no_more) {
      return Done{};
    }
    time_ns = system_clock().now_ns();
    if (auto told = message(mpi, time_ns, other, ASSAY_MPI_NOBODY); !told) {
      return told;
    }
  }
}

Result<ClockOffset> ask(const AssayMpi& mpi) {
  ClockOffset best{.round_trip_ns = std::numeric_limits<std::int64_t>::max()};
  std::int64_t asked_for_ns = 0;
  for (int trip = 0; trip < k_trips && asked_for_ns < k_enough_ns; ++trip) {
    const std::int64_t before_ns = system_clock().now_ns();
    std::int64_t time_ns = before_ns;
    if (auto asked = message(mpi, time_ns, 0, ASSAY_MPI_NOBODY); !asked) {
      return asked.error();
    }
    if (auto told = message(mpi, time_ns, ASSAY_MPI_NOBODY, 0); !told) {
      return told.error();
    }
    const std::int64_t round_trip_ns = system_clock().now_ns() - before_ns;
    asked_for_ns += trip == 0 ? 0 : round_trip_ns;  // the first one has waited for its turn
    if (round_trip_ns < best.round_trip_ns) {
      best = {.offset_ns = time_ns - before_ns - round_trip_ns / 2, .round_trip_ns = round_trip_ns};
    }
  }
  std::int64_t no_more = k_no_more;
  auto ended = message(mpi, no_more, 0, ASSAY_MPI_NOBODY);
  return ended ? Result<ClockOffset>(best) : Result<ClockOffset>(ended.error());
}

}  // namespace

Result<ClockOffset> clock_offset(const AssayMpi& mpi, int rank, int ranks) {
  if (rank != 0) {
    return ask(mpi);
  }
  for (int other = 1; other < ranks; ++other) {
    if (auto answered = answer(mpi, other); !answered) {
      return answered.error();
    }
  }
  return ClockOffset{};
}

std::int64_t correction_of(const ClockOffset& offset) {
  return std::abs(offset.offset_ns) > offset.round_trip_ns ? offset.offset_ns : 0;
}

}  // namespace assay
