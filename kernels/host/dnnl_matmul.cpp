#include "kernels/host/dnnl_matmul.h"

#include <utility>

namespace assay {

dnnl::memory::desc dnnl_matrix(std::uint64_t rows, std::uint64_t columns, NumberType type,
                               bool turned) {
  const auto r = static_cast<dnnl::memory::dim>(rows);
  const auto c = static_cast<dnnl::memory::dim>(columns);
  const dnnl::memory::dims strides = turned ? dnnl::memory::dims{1, r} : dnnl::memory::dims{c, 1};
  return {dnnl::memory::dims{r, c}, dnnl_type_of(type), strides};
}

DnnlMatmul::DnnlMatmul(const dnnl::engine& engine, dnnl::matmul::primitive_desc description)
    : stream_(engine),
      description_(std::move(description)),
      matmul_(description_),
      a_(description_.src_desc(), engine, DNNL_MEMORY_NONE),
      b_(description_.weights_desc(), engine, DNNL_MEMORY_NONE),
      c_(description_.dst_desc(), engine, DNNL_MEMORY_NONE),
      arguments_{{DNNL_ARG_SRC, a_}, {DNNL_ARG_WEIGHTS, b_}, {DNNL_ARG_DST, c_}} {
  if (description_.scratchpad_desc().get_size() > 0) {  // else it is the library's own
    arguments_.emplace(DNNL_ARG_SCRATCHPAD, dnnl::memory(description_.scratchpad_desc(), engine));
  }
}

Result<Done> DnnlMatmul::multiply(const std::byte* a, const std::byte* b, void* c,
                                  const std::string& what) {
  try {
    // oneDNN takes all data as mutable, and writes only to DST.
    a_.set_data_handle(const_cast<std::byte*>(a));
    b_.set_data_handle(const_cast<std::byte*>(b));
    c_.set_data_handle(c);
    matmul_.execute(stream_, arguments_);
    stream_.wait();
    return Done{};
  } catch (const dnnl::error& error) {
    return Error{Error::Code::device,
                 "oneDNN " + dnnl_version_text() + ": " + what + " failed: " + error.what()};
  }
}

}  // namespace assay
