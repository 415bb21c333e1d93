/* kernel: what every kernel file includes. */
#pragma once

#include "dtype.cuh"
#include "launch.cuh"
#include "ni_kernels.h"

// The host's compiler checks each kernel against the list. The device's need not, and then a new name in the list does
// not compile every other kernel again.
#ifndef __CUDACC__
namespace NI_ISA_NAMESPACE {

#include "ni_kernels.def"

}  // namespace NI_ISA_NAMESPACE
#endif
