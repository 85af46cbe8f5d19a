# Backends in files of their own, loaded at run time (kernels/module.h): the programs link nothing of
# NVIDIA. assay-cuda.so is built where a CUDA compiler is; its sources are also built for an emulated
# device, which needs none, for the tests.
set(ASSAY_CUDA AUTO CACHE STRING "Build the CUDA module: ON, OFF, or AUTO (if a compiler is found)")
set_property(CACHE ASSAY_CUDA PROPERTY STRINGS AUTO ON OFF)

# Objects of C++ cross the boundary: program and module must have one interface and one compiler.
file(GLOB interface_files CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/kernels/backend.h"
     "${PROJECT_SOURCE_DIR}/kernels/module_abi.h" "${PROJECT_SOURCE_DIR}/harness/model/natural.h"
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

if(ASSAY_CUDA)
  include(CheckLanguage)
  # Where the toolkit's own installer puts it; PATH and CUDACXX come first.
  if(NOT DEFINED ENV{CUDACXX} AND NOT CMAKE_CUDA_COMPILER)
    find_program(nvcc nvcc HINTS /usr/local/cuda/bin NO_CACHE)
    if(nvcc)
      set(CMAKE_CUDA_COMPILER "${nvcc}")
    endif()
  endif()
  check_language(CUDA)
endif()
if(ASSAY_CUDA STREQUAL "ON" AND NOT CMAKE_CUDA_COMPILER)
  message(FATAL_ERROR "ASSAY_CUDA=ON, but there is no CUDA compiler (looked for nvcc on PATH and in /usr/local/cuda/bin)")
endif()
if(ASSAY_CUDA AND CMAKE_CUDA_COMPILER)
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
  message(STATUS "CUDA module: no (ASSAY_CUDA=${ASSAY_CUDA}; no CUDA compiler is used)")
endif()
