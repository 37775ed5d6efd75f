# Compiler settings shared by every room, and the two functions that declare one.

include(CompilerCache)

add_library(hookline_options INTERFACE)
target_compile_options(hookline_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual
  -Wimplicit-fallthrough -Wextra-semi)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  target_compile_options(hookline_options INTERFACE -Wthread-safety)
endif()

option(HOOKLINE_WERROR "Treat warnings as errors" ON)
if(HOOKLINE_WERROR)
  target_compile_options(hookline_options INTERFACE -Werror)
endif()

set(HOOKLINE_SANITIZE "" CACHE STRING "Sanitizers: address,undefined or thread")
if(HOOKLINE_SANITIZE)
  if(HOOKLINE_SANITIZE MATCHES "thread" AND HOOKLINE_SANITIZE MATCHES "address")
    message(FATAL_ERROR "The thread and address sanitizers cannot be combined.")
  endif()
  target_compile_options(hookline_options INTERFACE
    -fsanitize=${HOOKLINE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(hookline_options INTERFACE -fsanitize=${HOOKLINE_SANITIZE})
  # Recycled coroutine frames and handler blocks would hide use-after-free from the sanitizers.
  target_compile_definitions(hookline_options INTERFACE
    BOOST_ASIO_DISABLE_AWAITABLE_FRAME_RECYCLING BOOST_ASIO_DISABLE_SMALL_BLOCK_RECYCLING)
endif()

# hookline_module(<name> SOURCES ... [DEPS ...] [PRIVATE_DEPS ...])
# One room of src/: a static library whose DEPS are the only rooms that it may include.
# tests/lint/check_includes.py reads these same lists.
function(hookline_module name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;PRIVATE_DEPS" ${ARGN})
  add_library(hookline_${name} STATIC ${ARG_SOURCES})
  add_library(hookline::${name} ALIAS hookline_${name})
  target_include_directories(hookline_${name} PUBLIC "${PROJECT_SOURCE_DIR}/src")
  target_link_libraries(hookline_${name} PRIVATE hookline_options)
  foreach(dep IN LISTS ARG_DEPS)
    target_link_libraries(hookline_${name} PUBLIC ${dep})
  endforeach()
  foreach(dep IN LISTS ARG_PRIVATE_DEPS)
    target_link_libraries(hookline_${name} PRIVATE ${dep})
  endforeach()
endfunction()

# hookline_test(<name> SOURCES ... DEPS ... [LABELS ...]): one GoogleTest binary, one CTest entry.
function(hookline_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;DEPS;LABELS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE hookline_options ${ARG_DEPS} GTest::gmock GTest::gtest_main)
  add_test(NAME ${name} COMMAND ${name})
  if(NOT ARG_TIMEOUT)
    # Far more than any needs: it ends what hangs, and decides nothing on a slow machine.
    set(ARG_TIMEOUT 900)
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT})
endfunction()
