# Backends in files of their own, loaded at run time (kernels/module.h): the programs link nothing of
# NVIDIA. assay-cuda.so is built where a CUDA compiler is; its sources are also built for an emulated
# device, which needs none, for the tests.
set(ASSAY_CUDA AUTO CACHE STRING "Build the CUDA module: ON, OFF, or AUTO (if a compiler is found)")
set_property(CACHE ASSAY_CUDA PROPERTY STRINGS AUTO ON OFF)
if(NOT ASSAY_CUDA MATCHES "^(AUTO|ON|OFF)$")
  message(FATAL_ERROR "ASSAY_CUDA=${ASSAY_CUDA} is none of AUTO, ON, OFF")
endif()
# The first whose compiler knows sm_103a.
set(ASSAY_OLDEST_CUDA 12.9)

# Objects of C++ cross the boundary: program and module must have one interface and one compiler.
file(GLOB interface_files CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/kernels/backend.h"
     "${PROJECT_SOURCE_DIR}/kernels/device_files.h" "${PROJECT_SOURCE_DIR}/kernels/device_rank.h"
     "${PROJECT_SOURCE_DIR}/kernels/module_abi.h"
     "${PROJECT_SOURCE_DIR}/harness/model/natural.h"
     "${PROJECT_SOURCE_DIR}/harness/model/quantity.h" "${PROJECT_SOURCE_DIR}/harness/model/result.h")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${interface_files})
set(digests "")
foreach(file IN LISTS interface_files)
  file(SHA256 "${file}" digest)
  string(APPEND digests "${digest}")
endforeach()
string(SHA256 digest "${digests}")
string(SUBSTRING "${digest}" 0 16 digest)
set(ASSAY_MODULE_BUILD
    "${PROJECT_VERSION}, ${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}, interface ${digest}")
function(assay_knows_its_build target)
  target_compile_definitions(${target} PRIVATE "ASSAY_MODULE_BUILD=\"${ASSAY_MODULE_BUILD}\"")
endfunction()

assay_knows_its_build(assay_kernel_base)
target_link_libraries(assay_kernel_base PUBLIC ${CMAKE_DL_LIBS})

file(GLOB cuda_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/kernels/cuda/*.cpp"
     "${PROJECT_SOURCE_DIR}/kernels/cuda/*.cu")

if(NOT ASSAY_CUDA STREQUAL "OFF")
  include(CheckLanguage)
  # Where the toolkit's own installer puts it; PATH and CUDACXX come first.
  if(NOT DEFINED ENV{CUDACXX} AND NOT CMAKE_CUDA_COMPILER)
    find_program(nvcc nvcc PATHS /usr/local/cuda/bin NO_CACHE)
    if(nvcc)
      set(CMAKE_CUDA_COMPILER "${nvcc}")
    endif()
  endif()
  check_language(CUDA)
endif()
# Debian's own compiler is years too old: with AUTO it must not stop those who need no module.
set(why_no_module "no CUDA compiler is used")
if(CMAKE_CUDA_COMPILER)
  execute_process(COMMAND "${CMAKE_CUDA_COMPILER}" --version OUTPUT_VARIABLE says ERROR_QUIET)
  string(REGEX MATCH "release ([0-9.]+)" release "${says}")
  if(NOT CMAKE_MATCH_1 OR CMAKE_MATCH_1 VERSION_LESS ASSAY_OLDEST_CUDA)
    set(why_no_module
        "${CMAKE_CUDA_COMPILER} is of CUDA '${CMAKE_MATCH_1}', and ${ASSAY_OLDEST_CUDA} or later is needed")
    if(ASSAY_CUDA STREQUAL "ON")
      message(FATAL_ERROR "ASSAY_CUDA=ON, but ${why_no_module}")
    endif()
    unset(CMAKE_CUDA_COMPILER)
    unset(CMAKE_CUDA_COMPILER CACHE)
  endif()
endif()
if(ASSAY_CUDA STREQUAL "ON" AND NOT CMAKE_CUDA_COMPILER)
  message(FATAL_ERROR "ASSAY_CUDA=ON, but there is no CUDA compiler (looked for nvcc on PATH and in /usr/local/cuda/bin)")
endif()
if(NOT ASSAY_CUDA STREQUAL "OFF" AND CMAKE_CUDA_COMPILER)
  message(STATUS "CUDA module: ${CMAKE_CUDA_COMPILER}")
  # H100 and H200; B200; B300; RTX PRO Blackwell. PTX of the first for what comes after.
  set(CMAKE_CUDA_ARCHITECTURES 90a-real 100a-real 103a-real 120a-real 90-virtual)
  enable_language(CUDA)
  find_package(CUDAToolkit REQUIRED)
  add_library(assay-cuda MODULE ${cuda_sources})
  set_target_properties(assay-cuda PROPERTIES PREFIX "" CUDA_STANDARD_REQUIRED OFF
                        CUDA_VISIBILITY_PRESET hidden)
  assay_knows_its_build(assay-cuda)
  # CMake 3.25 knows no C++20 flag for this nvcc. -lineinfo costs nothing at run time.
  target_compile_options(assay-cuda PRIVATE
    "$<$<COMPILE_LANGUAGE:CUDA>:-std=c++20;--expt-relaxed-constexpr;-lineinfo;-Xcompiler=-Wall,-Wextra>")
  target_link_libraries(assay-cuda PRIVATE assay_kernel_base CUDA::cudart_static assay_warnings)
  target_link_options(assay-cuda PRIVATE -Wl,--no-undefined -Wl,--exclude-libs,ALL)
else()
  message(STATUS "CUDA module: no (ASSAY_CUDA=${ASSAY_CUDA}; ${why_no_module})")
endif()

# The collectives of MPI behind plain C, loaded by each rank: a site can build this one file for its
# own MPI, with any compiler.
set(ASSAY_MPI AUTO CACHE STRING "Build the MPI module: ON, OFF, or AUTO (if MPI's C library is found)")
set_property(CACHE ASSAY_MPI PROPERTY STRINGS AUTO ON OFF)
if(ASSAY_MPI)
  enable_language(C)  # CMake looks for MPI by its C compiler
  find_package(MPI QUIET COMPONENTS C)
endif()
if(ASSAY_MPI STREQUAL "ON" AND NOT MPI_C_FOUND)
  message(FATAL_ERROR "ASSAY_MPI=ON, but there is no MPI (in Debian: libopenmpi-dev)")
endif()
if(ASSAY_MPI AND MPI_C_FOUND)
  message(STATUS "MPI module: ${MPI_C_LIBRARIES}")
  function(assay_speaks_mpi target)
    target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}")
    target_include_directories(${target} SYSTEM PRIVATE ${MPI_C_INCLUDE_DIRS})
    # Only C: the C++ bindings of old are no part of MPI any more.
    target_compile_definitions(${target} PRIVATE OMPI_SKIP_MPICXX MPICH_SKIP_MPICXX)
    target_link_libraries(${target} PRIVATE ${MPI_C_LIBRARIES} assay_warnings)
  endfunction()
  add_library(assay-mpi MODULE "${PROJECT_SOURCE_DIR}/kernels/mpi/module.cpp")
  set_target_properties(assay-mpi PROPERTIES PREFIX "")
  assay_speaks_mpi(assay-mpi)
  list(GET MPI_C_LIBRARIES 0 mpi_library)
  assay_looks_only_beside(assay-mpi "${mpi_library}")
else()
  message(STATUS "MPI module: no (ASSAY_MPI=${ASSAY_MPI}; no MPI is used)")
endif()
