/* facts: what the device says of itself, and what the runtime's statuses are called. */
#include <map>

#include "device.h"

using namespace simulation;

namespace {

const struct {
    int status;
    const char* name;
    const char* text;
} ERRORS[] = {
    {SUCCESS, "cudaSuccess", "no error"},
    {INVALID_VALUE, "cudaErrorInvalidValue", "invalid argument"},
    {MEMORY_ALLOCATION, "cudaErrorMemoryAllocation", "out of memory"},
    {INSUFFICIENT_DRIVER, "cudaErrorInsufficientDriver",
     "CUDA driver version is insufficient for CUDA runtime version"},
    {NO_DEVICE, "cudaErrorNoDevice", "no CUDA-capable device is detected"},
    {INVALID_DEVICE, "cudaErrorInvalidDevice", "invalid device ordinal"},
    {INVALID_RESOURCE_HANDLE, "cudaErrorInvalidResourceHandle", "invalid resource handle"},
    {NOT_READY, "cudaErrorNotReady", "device not ready"},
    {ILLEGAL_ADDRESS, "cudaErrorIllegalAddress", "an illegal memory access was encountered"},
    {MISALIGNED_ADDRESS, "cudaErrorMisalignedAddress", "misaligned address"},
    {LAUNCH_FAILURE, "cudaErrorLaunchFailure", "unspecified launch failure"},
    {STREAM_CAPTURE_UNSUPPORTED, "cudaErrorStreamCaptureUnsupported",
     "operation not permitted when stream is capturing"},
    {STREAM_CAPTURE_INVALIDATED, "cudaErrorStreamCaptureInvalidated",
     "operation failed due to a previous error during capture"},
    {STREAM_CAPTURE_MERGE, "cudaErrorStreamCaptureMerge",
     "operation would result in a merge of separate capture sequences"},
    {STREAM_CAPTURE_UNMATCHED, "cudaErrorStreamCaptureUnmatched",
     "capture was not ended in the same stream as it began"},
    {STREAM_CAPTURE_UNJOINED, "cudaErrorStreamCaptureUnjoined", "capturing stream has unjoined work"},
    {STREAM_CAPTURE_ISOLATION, "cudaErrorStreamCaptureIsolation",
     "dependency created on uncaptured work in another stream"},
    {STREAM_CAPTURE_IMPLICIT, "cudaErrorStreamCaptureImplicit",
     "operation would make the legacy stream depend on a capturing blocking stream"},
    {CAPTURED_EVENT, "cudaErrorCapturedEvent",
     "operation not permitted on an event last recorded in a capturing stream"},
};

/* What the device says of itself, by the numbers of the runtime; all else is 0. */
const std::map<int, int> ATTRIBUTES = {
    {1, 1024},        // threads of a block
    {2, 1024},        // block, x
    {3, 1024},        // block, y
    {4, 64},          // block, z
    {5, 2147483647},  // grid, x
    {6, 65535},       // grid, y
    {7, 65535},       // grid, z
    {8, 49152},       // shared memory of a block
    {10, 32},         // threads of a warp
    {12, 65536},      // registers of a block
    {13, 1980000},    // clock, kHz
    {16, 132},        // multiprocessors
    {36, 2619000},    // clock of the memory, kHz
    {37, 5120},       // bits of the memory's bus
    {38, 52428800},   // level 2 cache
    {39, 2048},       // threads of a multiprocessor
    {41, 1},          // unified addresses
    {75, 9},          // compute capability, major
    {76, 0},          // compute capability, minor
    {81, 233472},     // shared memory of a multiprocessor
    {82, 65536},      // registers of a multiprocessor
    {97, 232448},     // shared memory of a block that asks for more
    {115, 1},         // memory pools
};

}  // namespace

int simulation::device_attribute(int attribute) {
    const auto found = ATTRIBUTES.find(attribute);
    return found == ATTRIBUTES.end() ? 0 : found->second;
}

#pragma GCC visibility push(default)
extern "C" {

const char* cudaGetErrorName(int status) {
    for (const auto& error : ERRORS) {
        if (error.status == status) {
            return error.name;
        }
    }
    return "unrecognized error code";
}

const char* cudaGetErrorString(int status) {
    for (const auto& error : ERRORS) {
        if (error.status == status) {
            return error.text;
        }
    }
    return "unrecognized error code";
}
}
#pragma GCC visibility pop
