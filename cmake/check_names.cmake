# Fails if two headers define a type of one name: in one program the linker would take either's
# functions for both (the one-definition rule), and neither compiler nor linker says so.
# Run by CTest: cmake -DROOT=... -P check_names.cmake
cmake_policy(VERSION 3.25)

# What may be linked into one program or library. The CUDA module is loaded, never linked.
set(programs harness/model reports kernels kernels/host harness/run suites harness/cli)
set(module harness/model kernels kernels/cuda)

foreach(binary programs module)
  set(names "")
  foreach(folder IN LISTS ${binary})
    file(GLOB headers "${ROOT}/${folder}/*.h")
    foreach(header IN LISTS headers)
      file(RELATIVE_PATH file "${ROOT}" "${header}")
      # Types that begin a line stand in the namespace itself; `;` ends a mere declaration.
      file(STRINGS "${header}" lines REGEX "^(struct|class|enum class) [A-Za-z]+ .*[{:]|^(struct|class) [A-Za-z]+ final|^namespace ")
      set(space "")
      foreach(line IN LISTS lines)
        if(line MATCHES "^namespace ([a-z:]*)")
          set(space "${CMAKE_MATCH_1}")
        elseif(line MATCHES "^(struct|class|enum class) ([A-Za-z]+)")
          set(name "${space}::${CMAKE_MATCH_2}")
          string(MAKE_C_IDENTIFIER "${name}" key)
          if(DEFINED "place_${binary}_${key}")
            message(SEND_ERROR "${name} is defined in ${file} and in ${place_${binary}_${key}}")
          endif()
          set("place_${binary}_${key}" "${file}")
          list(APPEND names "${name}")
        endif()
      endforeach()
    endforeach()
  endforeach()
  list(LENGTH names count)
  if(count LESS 20)
    message(FATAL_ERROR "only ${count} types found in the headers of ${binary}: is the pattern right?")
  endif()
  message(STATUS "${binary}: ${count} types, each with a name of its own")
endforeach()
