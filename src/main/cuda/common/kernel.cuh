/* kernel: what every kernel file includes. */
#pragma once

#include "dtype.cuh"
#include "launch.cuh"
#include "ni_kernels.h"

namespace NI_ISA_NAMESPACE {

#include "ni_kernels.def"

}  // namespace NI_ISA_NAMESPACE
