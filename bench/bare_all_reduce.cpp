// The same all-reduce as bench/collective_bench.cpp measures, in a bare loop of MPI: bytes, calls.
// Prints the time of a call in ns: of the slowest rank, back to back.
#include <mpi.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

int main(int count, char** arguments) {
  MPI_Init(&count, &arguments);
  if (count != 3) {
    return 64;
  }
  const long elements = std::atol(arguments[1]) / 4;
  const long calls = std::atol(arguments[2]);
  const std::vector<float> in(static_cast<std::size_t>(elements), 1.0F);
  std::vector<float> out(static_cast<std::size_t>(elements));
  double time = 0;
  for (long call = -calls / 4 - 1; call < calls; ++call) {
    if (call == 0) {
      MPI_Barrier(MPI_COMM_WORLD);
      time = MPI_Wtime();
    }
    MPI_Allreduce(in.data(), out.data(), static_cast<int>(elements), MPI_FLOAT, MPI_SUM,
                  MPI_COMM_WORLD);
  }
  time = (MPI_Wtime() - time) / static_cast<double>(calls);
  double slowest = 0;
  MPI_Reduce(&time, &slowest, 1, MPI_DOUBLE, MPI_MAX, 0, MPI_COMM_WORLD);
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  if (rank == 0) {
    std::printf("%.0f\n", slowest * 1e9);
  }
  MPI_Finalize();
}
