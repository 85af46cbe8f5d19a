/* What assay-mpi.so offers: MPI's collectives behind plain C, so that a site can build it for its
 * own MPI with any compiler (kernels/mpi/module.cpp is all there is of it). The programs link no
 * MPI.
 *
 * Functions return 0 or an error code of MPI, which `explain` puts into words. */
#pragma once

#include <stdint.h> /* NOLINT(modernize-deprecated-headers): C reads it, too */

#ifdef __cplusplus
extern "C" {
#endif

/* NOLINTBEGIN(readability-identifier-naming, modernize-redundant-void-arg, modernize-use-using): C
 * reads it, too, which has no namespaces, takes () for anything, and has no aliases. */

/** Changes whenever a struct below does. It is the first member, and stays it. */
#define ASSAY_MPI_ABI 2U

enum AssayMpiOp {
  ASSAY_MPI_ALL_REDUCE = 0,
  ASSAY_MPI_REDUCE_SCATTER = 1, /**< Each rank gets the sums of one part. */
  ASSAY_MPI_ALL_GATHER = 2,
  ASSAY_MPI_ALL_TO_ALL = 3,
  ASSAY_MPI_BROADCAST = 4, /**< Of the first rank's `in` into the others' `out`. */
  ASSAY_MPI_SEND_RECV = 5, /**< To one rank and from another, at once. */
  ASSAY_MPI_GATHER = 6     /**< All other ranks' `in` into the `out` of one, each at its place. */
};
enum AssayMpiType { ASSAY_MPI_F32 = 0, ASSAY_MPI_BF16 = 1, ASSAY_MPI_BYTES = 2 };
enum { ASSAY_MPI_NOBODY = -1 };

struct AssayMpiCall {
  int op;         /**< AssayMpiOp. Reductions are sums. */
  int type;       /**< AssayMpiType. */
  uint64_t count; /**< Elements of one rank's part, below 2^31. */
  const void* in; /**< Null: the operands stand in `out`, where MPI wants them in place. */
  void* out;
  int to;   /**< SEND_RECV: the rank that `in` is sent to, or nobody; GATHER: the one that gets. */
  int from; /**< SEND_RECV: the rank that `out` is received from, or nobody. */
};

struct AssayMpi {
  uint32_t abi;
  /** Joins the job that a launcher has started, once in a process; says this one's place in it. */
  int (*join)(int* rank, int* ranks);
  /** Makes a fresh communicator of all ranks in the order of their keys, in the place of the one
   * before; says this one's place. */
  int (*order)(int key, int* rank);
  /** Returns when all ranks have called it. */
  int (*meet)(void);
  /** Gives every rank the first one's value. */
  int (*agree)(int64_t* value);
  int (*call)(const struct AssayMpiCall* call);
  int (*leave)(void);
  /** "Open MPI v4.1.4": of the library that was loaded. */
  const char* (*version)(void);
  const char* (*explain)(int code);
};

/** The name and type of the one function that the module exports. `settings` are for its doubles in
 * tests; null where it takes none and was given some. */
typedef const struct AssayMpi* AssayMpiFunction(const char* settings);
#define ASSAY_MPI_FUNCTION "assay_mpi"

/* NOLINTEND(readability-identifier-naming, modernize-redundant-void-arg, modernize-use-using) */

#ifdef __cplusplus
}
#endif
