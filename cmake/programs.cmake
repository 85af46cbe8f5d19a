# The programs. What a program needs beside its main is in harness/cli/, globbed into assay;
# assay-verify is kept small: model, reports and libcrypto only.
configure_file("${PROJECT_SOURCE_DIR}/cmake/version.h.in" "${PROJECT_BINARY_DIR}/generated/version.h" @ONLY)

file(GLOB cli_files CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/harness/cli/*.cpp")
list(REMOVE_ITEM cli_files "${PROJECT_SOURCE_DIR}/harness/cli/verify_main.cpp"
     "${PROJECT_SOURCE_DIR}/harness/cli/bench_main.cpp")
add_executable(assay ${cli_files})
target_include_directories(assay PRIVATE "${PROJECT_BINARY_DIR}/generated")
target_link_libraries(assay PRIVATE assay_suites assay_warnings CLI11::CLI11 OpenSSL::Crypto)
assay_looks_only_beside(assay "${ASSAY_OPENBLAS_LIBRARY}")

add_executable(assay-verify harness/cli/verify_main.cpp harness/cli/verify_command.cpp
               harness/cli/verify_options.cpp harness/cli/empty_values.cpp harness/cli/console.cpp)
target_include_directories(assay-verify PRIVATE "${PROJECT_BINARY_DIR}/generated")
target_link_libraries(assay-verify PRIVATE assay_reports assay_warnings CLI11::CLI11)

# What `assay bench` becomes: apart from assay, whose workers must not have a library in them that
# they don't use (docs/decisions/0007-bench-program.md).
find_package(benchmark REQUIRED)
add_executable(assay-bench harness/cli/bench_main.cpp harness/cli/exit_code.cpp harness/cli/console.cpp)
target_include_directories(assay-bench PRIVATE "${PROJECT_BINARY_DIR}/generated")
target_link_libraries(assay-bench PRIVATE assay_suites benchmark::benchmark assay_warnings)
assay_looks_only_beside(assay-bench "${ASSAY_OPENBLAS_LIBRARY}")
add_dependencies(assay assay-bench)
