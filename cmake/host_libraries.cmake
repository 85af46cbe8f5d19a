# oneDNN and OpenBLAS for the host backend. Debian's dnnl package configuration asks for OpenCL,
# which the CPU path does not use, so both are found plainly.
find_path(ASSAY_DNNL_INCLUDE dnnl.hpp REQUIRED)
find_library(ASSAY_DNNL_LIBRARY dnnl REQUIRED)
find_path(ASSAY_OPENBLAS_INCLUDE cblas.h REQUIRED
          PATHS /usr/include/x86_64-linux-gnu/openblas-openmp NO_DEFAULT_PATH)
find_library(ASSAY_OPENBLAS_LIBRARY openblas REQUIRED
             PATHS /usr/lib/x86_64-linux-gnu/openblas-openmp NO_DEFAULT_PATH)
# Files with several requests in flight. It has no package configuration.
find_path(ASSAY_URING_INCLUDE liburing.h REQUIRED)
find_library(ASSAY_URING_LIBRARY uring REQUIRED)
# Checks run on the threads that both libraries keep spinning between products: see parallel.cpp.
find_package(OpenMP REQUIRED COMPONENTS CXX)
add_library(assay_host_libraries INTERFACE)
target_include_directories(assay_host_libraries SYSTEM INTERFACE
                           "${ASSAY_DNNL_INCLUDE}" "${ASSAY_OPENBLAS_INCLUDE}" "${ASSAY_URING_INCLUDE}")
target_link_libraries(assay_host_libraries INTERFACE "${ASSAY_DNNL_LIBRARY}"
                      "${ASSAY_OPENBLAS_LIBRARY}" "${ASSAY_URING_LIBRARY}" OpenMP::OpenMP_CXX)

# The folder of `library`, the same one before and after installation. CMake would write it with an
# empty element behind it into what it installs, to be replaced then; the loader takes that for the
# current folder, so that whatever lies there would be loaded into a program of the build tree.
function(assay_looks_only_beside target library)
  get_filename_component(folder "${library}" DIRECTORY)
  set_target_properties(${target} PROPERTIES BUILD_WITH_INSTALL_RPATH ON INSTALL_RPATH "${folder}")
endfunction()
