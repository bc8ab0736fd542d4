# SPDX-License-Identifier: Apache-2.0
# find_package(parnas): the target parnas::plugin_sdk, headers to write plugins with, and
# parnas_add_plugin(); if parnas was built with LibTorch also parnas::torch_sdk.
include(CMakeFindDependencyMacro)
find_dependency(nlohmann_json 3.11)
include(${CMAKE_CURRENT_LIST_DIR}/parnas-targets.cmake)

# parnas_add_plugin(<name> <source>...)
# The shared library lib<name>.so, which shows nothing but the plugin's functions.
function(parnas_add_plugin name)
    add_library(${name} MODULE ${ARGN})
    target_link_libraries(${name} PRIVATE parnas::plugin_sdk)
    set_target_properties(${name} PROPERTIES
        CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
endfunction()

# parnas_add_torch_plugin(<name> <source>...)
# The same with operators that run in LibTorch, which has to be the one that parnas was built with.
function(parnas_add_torch_plugin name)
    if(NOT TARGET parnas::torch_sdk)
        message(FATAL_ERROR "this parnas was built without LibTorch (-DPARNAS_TORCH=ON)")
    endif()
    find_package(Torch REQUIRED)
    parnas_add_plugin(${name} ${ARGN})
    target_link_libraries(${name} PRIVATE parnas::torch_sdk torch)
endfunction()
