# cmake --install gives a tree that can be moved: no path of it is compiled into a program.
include(GNUInstallDirs)
install(TARGETS assay assay-verify RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
# What assay becomes for `assay bench`; nobody else starts it.
install(TARGETS assay-bench RUNTIME DESTINATION libexec/assay)
# Where the programs look for modules, relative to themselves: kernels/module.cpp.
foreach(module assay-cuda assay-mpi)
  if(TARGET ${module})
    install(TARGETS ${module} LIBRARY DESTINATION libexec/assay)
  endif()
endforeach()

# What stands beside the programs, where the sources have it.
foreach(folder contracts schemas)
  if(IS_DIRECTORY "${PROJECT_SOURCE_DIR}/${folder}")
    install(DIRECTORY ${folder}/ DESTINATION ${CMAKE_INSTALL_DATADIR}/assay/${folder}
            FILES_MATCHING PATTERN "*.json" PATTERN "*.md")
  endif()
endforeach()
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR} FILES_MATCHING PATTERN "*.md")
install(FILES README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)

# The bill of materials names what these programs, as built here, really link.
install(CODE "
  execute_process(COMMAND bash \"${PROJECT_SOURCE_DIR}/packaging/sbom.sh\" \"${PROJECT_VERSION}\"
                          \"$<TARGET_FILE:assay>\" \"$<TARGET_FILE:assay-verify>\" \"$<TARGET_FILE:assay-bench>\"
                  OUTPUT_FILE \"${PROJECT_BINARY_DIR}/assay.spdx.json\" COMMAND_ERROR_IS_FATAL ANY)")
install(FILES "${PROJECT_BINARY_DIR}/assay.spdx.json" DESTINATION ${CMAKE_INSTALL_DOCDIR})

install(CODE "
  foreach(shell bash zsh)
    execute_process(COMMAND \"$<TARGET_FILE:assay>\" completion \${shell}
                    OUTPUT_FILE \"${PROJECT_BINARY_DIR}/completion.\${shell}\" COMMAND_ERROR_IS_FATAL ANY)
  endforeach()")
install(FILES "${PROJECT_BINARY_DIR}/completion.bash"
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME assay)
install(FILES "${PROJECT_BINARY_DIR}/completion.zsh"
        DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions RENAME _assay)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME assay)
set(CPACK_PACKAGE_CONTACT "The assay developers <assay@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGE_DESCRIPTION "Turns a contract into a decision that both parties, an auditor and a court can recompute.")
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# Debian's libopenblas0 would bring the pthread build, whose threads fight with those of oneDNN.
set(CPACK_DEBIAN_PACKAGE_DEPENDS libopenblas0-openmp)
# A process of its own, for clauses that ask for it by name.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS fio)
include(CPack)
