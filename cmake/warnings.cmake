# With the compilers that CI has a warning is an error: every other one has warnings of its own. A kernel that
# ni_kernels.def does not list, or lists with other parameters, has no declaration.
add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-Wmissing-declarations>")
add_compile_options("$<$<AND:$<COMPILE_LANG_AND_ID:CXX,GNU>,$<VERSION_GREATER_EQUAL:$<CXX_COMPILER_VERSION>,12>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Werror>")
