# A warning is an error. A kernel that ni_kernels.def does not list, or lists with other parameters, has no declaration.
add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-Wmissing-declarations;-Werror>")
