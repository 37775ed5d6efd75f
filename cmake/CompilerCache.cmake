# ccache speeds up rebuilds where it is installed; nothing depends on it.
if(NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(HOOKLINE_CCACHE ccache)
  mark_as_advanced(HOOKLINE_CCACHE)
  if(HOOKLINE_CCACHE)
    set(CMAKE_C_COMPILER_LAUNCHER "${HOOKLINE_CCACHE}")
    set(CMAKE_CXX_COMPILER_LAUNCHER "${HOOKLINE_CCACHE}")
  endif()
endif()
