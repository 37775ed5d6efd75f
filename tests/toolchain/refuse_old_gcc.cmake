# cmake -DSOURCE=… -DWORK=… -DGXX=g++-12 -P refuse_old_gcc.cmake
# The configure step must refuse a compiler that miscompiles the server, and say what to do instead;
# and must take it for the receiver library, so that the refusal is about the server alone.
file(REMOVE_RECURSE "${WORK}")
foreach(receiver_only IN ITEMS OFF ON)
  execute_process(
    COMMAND "${CMAKE_COMMAND}" -S "${SOURCE}" -B "${WORK}/receiver-only-${receiver_only}"
      "-DCMAKE_CXX_COMPILER=${GXX}" "-DHOOKLINE_RECEIVER_ONLY=${receiver_only}"
    RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE output)
  # CMake breaks the lines of a message as it likes.
  string(REGEX REPLACE "[ \n]+" " " text "${output}")
  if(receiver_only)
    if(NOT code EQUAL 0)
      message(FATAL_ERROR "refused for the receiver library as well:\n${output}")
    endif()
  else()
    if(code EQUAL 0)
      message(FATAL_ERROR "not refused:\n${output}")
    endif()
    foreach(part IN ITEMS "GCC 12[.0-9]* miscompiles C\\+\\+20 coroutines"
        "apt-get install clang-19; cmake --preset release" "GCC 13 or newer"
        "-DHOOKLINE_RECEIVER_ONLY=ON")
      if(NOT text MATCHES "${part}")
        message(FATAL_ERROR "the message lacks '${part}':\n${output}")
      endif()
    endforeach()
  endif()
endforeach()
