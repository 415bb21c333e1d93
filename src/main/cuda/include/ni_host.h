/* ni_host: what libni_host has beside its kernels. */
#ifndef NI_HOST_H
#define NI_HOST_H

#include <stdint.h>

#include "ni_kernels.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Executes primitives of oneDNN side by side, each on one thread, whole. Each is four words: the primitive, a stream of
 * its own, how many arguments, and where they are. Returns the first status that is not 0. oneDNN must be loaded. */
NI_API int ni_execute_each(int count, const uint64_t* primitives);

#ifdef __cplusplus
}
#endif

#endif
