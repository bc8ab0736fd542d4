# SPDX-License-Identifier: Apache-2.0

if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    # As GCC has it, -Wconversion is not about signs and -Wpedantic not about the length of texts.
    set(parnas_own_warnings -Wthread-safety -Wno-sign-conversion -Wno-overlength-strings)
elseif(CMAKE_BUILD_TYPE STREQUAL "Debug" AND NOT CMAKE_UNITY_BUILD)
    set(parnas_own_warnings -Wnull-dereference)
else()
    # With -O2, with sanitizers and where files are compiled as one GCC 12 finds null pointers and
    # uninitialised values that are none; the dev preset has both warnings without those.
    set(parnas_own_warnings -Wno-maybe-uninitialized)
endif()

add_library(parnas_warnings INTERFACE)
target_compile_options(parnas_warnings INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual
    -Wold-style-cast -Wundef ${parnas_own_warnings}
    # GCC 12 otherwise rejects JobSpec{.trials = 200}; clang-tidy sees to uninitialised scalars.
    -Wno-missing-field-initializers
    # Files that are compiled as one may have each other's names; alone they are checked.
    $<$<BOOL:${CMAKE_UNITY_BUILD}>:-Wno-shadow>
    $<$<BOOL:${PARNAS_WERROR}>:-Werror>)

add_library(parnas_sanitizers INTERFACE)
if(PARNAS_SANITIZE)
    target_compile_options(parnas_sanitizers INTERFACE
        -fsanitize=${PARNAS_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(parnas_sanitizers INTERFACE -fsanitize=${PARNAS_SANITIZE})
endif()

# parnas_library(<name> SOURCES ... [PUBLIC ...] [PRIVATE ...])
# The static library parnas_<name>, alias parnas::<name>, with the project's warnings,
# sanitizers and include root.
function(parnas_library name)
    cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
    add_library(parnas_${name} STATIC ${ARG_SOURCES})
    add_library(parnas::${name} ALIAS parnas_${name})
    target_compile_features(parnas_${name} PUBLIC cxx_std_20)
    set_target_properties(parnas_${name} PROPERTIES CXX_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON)
    target_include_directories(parnas_${name} PUBLIC ${PROJECT_SOURCE_DIR})
    target_link_libraries(parnas_${name}
        PUBLIC ${ARG_PUBLIC} parnas_sanitizers
        PRIVATE ${ARG_PRIVATE} $<BUILD_INTERFACE:parnas_warnings>)
endfunction()

# parnas_mutable(<file>...)
# Source files of this folder that have mutations (core/mutation.h). They alone are compiled with
# the definition, so the option costs nothing elsewhere.
function(parnas_mutable)
    set_property(SOURCE ${ARGN} APPEND PROPERTY
        COMPILE_DEFINITIONS PARNAS_MUTATIONS=$<BOOL:${PARNAS_MUTATIONS}>)
endfunction()

# All test programs, and of the rest only what they need.
add_custom_target(parnas_tests)

# parnas_test(<name> SOURCES ... [LIBRARIES ...] [SINGLE] [SLOW] [THREADS] [ARITHMETIC] [UNSANITIZED])
# The test program test_<name>. Each case is a CTest test of its own, labelled <name>; with
# SINGLE the program is one CTest test (for a slow start). SLOW: it has cases tagged [slow],
# which are labelled slow instead. THREADS: what it tests has several; ThreadSanitizer's build
# has these tests only. ARITHMETIC: it computes for long with what it made itself; sanitizers'
# builds leave it out, as the ci preset checks bounds. UNSANITIZED: they have no part that it
# tests.
# What is neither SLOW, ARITHMETIC nor UNSANITIZED the build with AddressSanitizer runs, so a
# build beside that one need not (PARNAS_SANITIZED_TESTS).
function(parnas_test name)
    cmake_parse_arguments(ARG "SINGLE;SLOW;THREADS;ARITHMETIC;UNSANITIZED" "" "SOURCES;LIBRARIES" ${ARGN})
    if(PARNAS_SANITIZE AND ARG_ARITHMETIC OR PARNAS_SANITIZE STREQUAL "thread" AND NOT ARG_THREADS)
        return()
    endif()
    if(NOT PARNAS_SANITIZED_TESTS AND NOT (ARG_SLOW OR ARG_ARITHMETIC OR ARG_UNSANITIZED))
        return()
    endif()
    add_executable(test_${name} ${ARG_SOURCES})
    add_dependencies(parnas_tests test_${name})
    target_link_libraries(test_${name} PRIVATE parnas_test_main parnas_warnings ${ARG_LIBRARIES})
    if(ARG_SINGLE)
        add_test(NAME test_${name} COMMAND test_${name})
        set_tests_properties(test_${name} PROPERTIES LABELS ${name} TIMEOUT 1500)
        return()
    endif()
    set(seconds 300)
    if(PARNAS_SANITIZE)
        set(seconds 1200)  # sanitizers slow models down by up to ten times
    endif()
    catch_discover_tests(test_${name} TEST_SPEC "~[slow]" PROPERTIES LABELS ${name} TIMEOUT ${seconds})
    if(ARG_SLOW)
        catch_discover_tests(test_${name} TEST_SPEC "[slow]" PROPERTIES LABELS slow TIMEOUT 600)
    endif()
endfunction()
