/* libcuda.so.1, the driver: there is one, it has a version, and its devices have a name. */
#include <atomic>
#include <cstdio>

#include "simulation.h"

using namespace simulation;

/* The driver's number for a call before cuInit. */
static constexpr int NOT_INITIALIZED = 3;

static int devices() { return static_cast<int>(setting("NI_SIM_DEVICES", 1)); }

static std::atomic<bool> initialised{false};

#pragma GCC visibility push(default)
extern "C" {

int cuInit(unsigned flags) {
    if (flags != 0) {
        return INVALID_VALUE;
    }
    initialised = devices() > 0;
    return initialised ? SUCCESS : NO_DEVICE;
}

int cuDriverGetVersion(int* version) {
    *version = static_cast<int>(setting("NI_SIM_DRIVER", 13000));
    return SUCCESS;
}

int cuDeviceGetCount(int* count) {
    if (!initialised) {
        return NOT_INITIALIZED;
    }
    *count = devices();
    return SUCCESS;
}

int cuDeviceGet(int* device, int ordinal) {
    if (!initialised) {
        return NOT_INITIALIZED;
    }
    if (ordinal < 0 || ordinal >= devices()) {
        return INVALID_DEVICE;
    }
    *device = ordinal;
    return SUCCESS;
}

int cuDeviceGetName(char* name, int length, int device) {
    if (!initialised) {
        return NOT_INITIALIZED;
    }
    if (device < 0 || device >= devices()) {
        return INVALID_DEVICE;
    }
    std::snprintf(name, length, "Simulated device");
    return SUCCESS;
}
}
#pragma GCC visibility pop
