# Compiler settings for every target, and the two functions that declare one.
set(HUB_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize takes them")
option(HUB_FUZZ "Build the fuzz targets (clang with libFuzzer)" OFF)

add_library(hub_options INTERFACE)
target_include_directories(hub_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(hub_options INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wcast-qual -Woverloaded-virtual
  -fno-omit-frame-pointer)
target_compile_definitions(hub_options INTERFACE
  BOOST_ASIO_NO_DEPRECATED SPDLOG_FMT_EXTERNAL HUB_VERSION="${PROJECT_VERSION}")
target_link_libraries(hub_options INTERFACE Threads::Threads)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 reports these inside inlined library code, where there is nothing to mend.
  target_compile_options(hub_options INTERFACE -Wno-maybe-uninitialized -Wno-restrict -Wno-stringop-overflow
    -Wno-array-bounds -Wno-dangling-pointer -Wno-mismatched-new-delete)
endif()
if(HUB_SANITIZE)
  target_compile_options(hub_options INTERFACE -fsanitize=${HUB_SANITIZE} -fno-sanitize-recover=all -g1)
  target_link_options(hub_options INTERFACE -fsanitize=${HUB_SANITIZE})
  # Asio's fences, which TSan does not know: no memory of ours is ordered by them alone.
  if(HUB_SANITIZE STREQUAL "thread")
    target_compile_options(hub_options INTERFACE -Wno-tsan)
    add_library(hub_c11_threads SHARED ${CMAKE_SOURCE_DIR}/tests/support/c11_threads.c)
    target_link_libraries(hub_options INTERFACE hub_c11_threads)
  endif()
endif()

if(HUB_FUZZ)
  target_compile_options(hub_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

find_program(HUB_MOLD mold)
if(HUB_MOLD)
  target_link_options(hub_options INTERFACE -fuse-ld=mold)
endif()

find_program(HUB_CCACHE ccache)
if(HUB_CCACHE)
  # The two kinds of sloppiness are what ccache asks for with precompiled headers; the base makes clones share hits.
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}
    ${HUB_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
endif()

# hub_library(<name> SOURCES … [DEPS …] [PCH <header> …])
# A folder is a target `hub_<name>`; what it may include is what DEPS names.
function(hub_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;PCH" ${ARGN})
  add_library(hub_${name} STATIC ${ARG_SOURCES})
  target_link_libraries(hub_${name} PUBLIC hub_options ${ARG_DEPS})
  if(ARG_PCH)
    target_precompile_headers(hub_${name} PRIVATE ${ARG_PCH})
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      target_compile_options(hub_${name} PRIVATE -fpch-preprocess)
    endif()
  endif()
endfunction()

# hub_test(<name> SOURCES … [DEPS …] [LABELS …]): a GoogleTest binary, one entry of ctest.
function(hub_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;DEPS;LABELS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE hub_options ${ARG_DEPS} GTest::gmock GTest::gtest GTest::gtest_main)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}")
  if(HUB_SANITIZE STREQUAL "thread")
    set_tests_properties(${name} PROPERTIES ENVIRONMENT
      "TSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/ops/tsan.suppressions:history_size=7")
  endif()
endfunction()
