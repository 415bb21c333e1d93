# Checks the format of the native sources, or mends it: cmake [-DFIX=ON] -P cmake/format.cmake
#
# Versions of clang-format disagree with each other, so only the one that Debian 12 has is asked.

set(version 14)
cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH root)
file(GLOB_RECURSE files RELATIVE "${root}" "${root}/src/main/cuda/*.cu" "${root}/src/main/cuda/*.cuh"
  "${root}/src/main/cuda/*.h" "${root}/src/main/cuda/*.cpp" "${root}/src/test/native/*.h" "${root}/src/test/native/*.cpp")

find_program(clang_format NAMES clang-format-${version} clang-format)
if(clang_format)
  execute_process(COMMAND "${clang_format}" --version OUTPUT_VARIABLE found)
endif()
if(NOT found MATCHES "version ${version}\\.")
  if(FIX OR DEFINED ENV{CI})
    message(FATAL_ERROR "clang-format ${version} was not found (Debian's package clang-format)")
  endif()
  message(STATUS "The format of the native sources is not checked: clang-format ${version} was not found")
  return()
endif()

if(FIX)
  set(arguments -i)
else()
  set(arguments --dry-run --Werror)
endif()
execute_process(COMMAND "${clang_format}" ${arguments} ${files} WORKING_DIRECTORY "${root}" RESULT_VARIABLE failed)
if(failed)
  message(FATAL_ERROR "Mend the format of the native sources with: cmake -DFIX=ON -P cmake/format.cmake")
endif()
