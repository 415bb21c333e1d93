# Configures a build folder, after emptying one that was configured for other sources or by other compilers: CMake
# remembers both for good. Maven calls it.
#
#   cmake -P cmake/configure.cmake -- BUILD [OPTION...]

cmake_minimum_required(VERSION 3.22)
cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH source)
set(build "${CMAKE_ARGV4}")
set(stamp "${build}/configured-for.txt")

# The sources' folder, the environment that CMake heeds, and the compilers: paths and versions. Where there was no device
# compiler, cuda.cmake looks again each time.
function(get_facts variable)
  set(facts "${source}\n")
  foreach(name CXX CXXFLAGS LDFLAGS CUDACXX CUDAFLAGS CUDAHOSTCXX CMAKE_BUILD_TYPE CMAKE_GENERATOR CMAKE_PREFIX_PATH)
    string(APPEND facts "${name}=$ENV{${name}}\n")
  endforeach()
  separate_arguments(compiler UNIX_COMMAND "$ENV{CXX}")
  list(APPEND compiler c++ g++ clang++)
  list(GET compiler 0 first)
  find_program(cxx NAMES ${first} ${compiler} NAMES_PER_DIR NO_CACHE)
  if(EXISTS "${build}/CMakeCache.txt")
    file(STRINGS "${build}/CMakeCache.txt" cuda REGEX "^CMAKE_CUDA_COMPILER:[A-Z]+=/" LIMIT_COUNT 1)
    string(REGEX REPLACE "^[^=]*=" "" cuda "${cuda}")
  endif()
  foreach(compiler IN LISTS cxx cuda)
    execute_process(COMMAND "${compiler}" --version OUTPUT_VARIABLE version ERROR_VARIABLE version RESULT_VARIABLE result)
    string(APPEND facts "${compiler}: ${version}")
  endforeach()
  set(${variable} "${facts}" PARENT_SCOPE)
endfunction()

set(known "")
if(EXISTS "${stamp}")
  file(READ "${stamp}" known)
endif()
get_facts(facts)
file(GLOB contents "${build}/*")
if(contents AND NOT known STREQUAL facts)
  if(NOT EXISTS "${stamp}" AND NOT EXISTS "${build}/CMakeCache.txt" AND NOT EXISTS "${build}/CMakeFiles")
    message(FATAL_ERROR "${build} is not a build folder of CMake: delete it, or name another")
  endif()
  message(STATUS "Not configured, or for other sources or compilers: building the kernels anew")
  # What shows that it is a build folder goes last: a removal that is interrupted can be repeated.
  list(REMOVE_ITEM contents "${build}/CMakeCache.txt" "${build}/CMakeFiles" "${stamp}")
  file(REMOVE_RECURSE ${contents})
  file(REMOVE_RECURSE "${build}")
endif()

set(options "")
math(EXPR last "${CMAKE_ARGC} - 1")
foreach(i RANGE 5 ${last})
  string(REPLACE ";" "\\;" option "${CMAKE_ARGV${i}}")
  list(APPEND options "${option}")
endforeach()
file(REMOVE "${stamp}")
execute_process(COMMAND "${CMAKE_COMMAND}" -S "${source}" -B "${build}" ${options} COMMAND_ERROR_IS_FATAL ANY)
get_facts(facts)
file(WRITE "${stamp}" "${facts}")
