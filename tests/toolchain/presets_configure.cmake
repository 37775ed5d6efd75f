# cmake -DSOURCE=… -DWORK=… -P presets_configure.cmake
# Each preset that users are told of configures from nothing, without a warning.
file(REMOVE_RECURSE "${WORK}")
foreach(preset IN ITEMS dev release asan tsan)
  execute_process(
    COMMAND "${CMAKE_COMMAND}" --preset ${preset} -B "${WORK}/${preset}"
    WORKING_DIRECTORY "${SOURCE}"
    RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT code EQUAL 0 OR output MATCHES "CMake [A-Za-z ]*Warning")
    message(FATAL_ERROR "preset ${preset} ended with ${code}:\n${output}")
  endif()
endforeach()
