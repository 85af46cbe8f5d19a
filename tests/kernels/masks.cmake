# The kernels tests once more for each instruction set that oneDNN may be held to. A type that the
# mask takes away is refused by name; the tests expect that, they don't skip it.
# The mask changes nothing of the emulated GPU, which is left out.
foreach(mask AVX2 AVX512_CORE)
  foreach(program kernels_backend_test kernels_masks_test)
    add_test(NAME kernels.masked.${mask}.${program} COMMAND ${program} --gtest_brief=1 --gtest_filter=-*cuda_emulated*)
    set_tests_properties(kernels.masked.${mask}.${program} PROPERTIES
      ENVIRONMENT "ONEDNN_MAX_CPU_ISA=${mask}" LABELS kernels TIMEOUT 400)
  endforeach()
endforeach()
