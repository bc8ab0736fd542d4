# SPDX-License-Identifier: Apache-2.0
# `cmake --install`: the program with its modules, and what plugins are built with, which
# find_package(parnas) finds in the prefix, and in a build folder too.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

install(TARGETS parnas_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
# Where the program looks for them: ../lib/parnas (cli/module_file.cpp).
foreach(module parnas_torch parnas_opencv parnas_grpc_module)
    if(TARGET ${module})
        install(TARGETS ${module} LIBRARY DESTINATION lib/parnas)
    endif()
endforeach()
install(DIRECTORY api/plugin/sdk/parnas DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES python/parnas_client.py python/parnas_plugin.py python/parnas_trial.py
    DESTINATION ${CMAKE_INSTALL_DATADIR}/parnas/python)

set_target_properties(parnas_plugin_sdk PROPERTIES EXPORT_NAME plugin_sdk)
install(TARGETS parnas_plugin_sdk EXPORT parnas-targets)
if(PARNAS_TORCH)
    install(DIRECTORY evaluators/torch/sdk/parnas DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
    set_target_properties(parnas_torch_sdk PROPERTIES EXPORT_NAME torch_sdk)
    install(TARGETS parnas_torch_sdk EXPORT parnas-targets)
endif()
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/parnas)
install(EXPORT parnas-targets NAMESPACE parnas:: DESTINATION ${package})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/parnas-config-version.cmake
    COMPATIBILITY SameMajorVersion ARCH_INDEPENDENT)
install(FILES cmake/parnas-config.cmake ${PROJECT_BINARY_DIR}/parnas-config-version.cmake
    DESTINATION ${package})

# The build folder as a prefix: `plugin new` names that of the program that runs.
export(EXPORT parnas-targets NAMESPACE parnas:: FILE ${PROJECT_BINARY_DIR}/parnas-targets.cmake)
configure_file(cmake/parnas-config.cmake ${PROJECT_BINARY_DIR}/parnas-config.cmake COPYONLY)
