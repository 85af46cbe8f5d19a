# How everything is compiled, whoever configures it.
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Release, RelWithDebInfo or Debug" FORCE)
endif()

# Without NDEBUG: an assert that fails in the field is worth more than the nanoseconds it costs.
set(CMAKE_CXX_FLAGS_RELEASE "-O3")
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g")
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  add_compile_options(-fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
  add_link_options(-Wl,-z,relro,-z,now)
endif()

# Same bytes wherever it is built: no path of the build machine gets into an object.
# A build folder within the sources needs no rule of its own, and so all presets share one cache;
# there the compiler cache hands the compiler relative paths, which must come out as the same names.
string(FIND "${PROJECT_BINARY_DIR}/" "${PROJECT_SOURCE_DIR}/" place)
if(place EQUAL 0)
  file(RELATIVE_PATH up "${PROJECT_BINARY_DIR}" "${PROJECT_SOURCE_DIR}")
  string(REGEX REPLACE "/$" "" up "${up}")
  add_compile_options("-ffile-prefix-map=${up}=.")
else()
  add_compile_options("-ffile-prefix-map=${PROJECT_BINARY_DIR}=build")
endif()
add_compile_options("-ffile-prefix-map=${PROJECT_SOURCE_DIR}=.")

# Bounds checks of the standard library, everywhere but in kernels/, whose loops are measured.
function(assay_check_bounds)
  foreach(target IN LISTS ARGN)
    target_compile_definitions(${target} PRIVATE _GLIBCXX_ASSERTIONS)
  endforeach()
endfunction()
