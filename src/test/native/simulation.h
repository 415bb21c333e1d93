/* simulation: what the libraries of the simulated device share. All of it lives in libcudart, for that has the streams.
 *
 * Calls are serialised by one lock. A call says its name, so that it can be made to fail and a lost device can answer
 * it.
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "setting.h"

#pragma GCC visibility push(default)

namespace simulation {

/* Statuses of the CUDA runtime. */
constexpr int SUCCESS = 0;
constexpr int INVALID_VALUE = 1;
constexpr int MEMORY_ALLOCATION = 2;
constexpr int INSUFFICIENT_DRIVER = 35;
constexpr int NO_DEVICE = 100;
constexpr int INVALID_DEVICE = 101;
constexpr int INVALID_RESOURCE_HANDLE = 400;
constexpr int NOT_READY = 600;
constexpr int ILLEGAL_ADDRESS = 700;
constexpr int MISALIGNED_ADDRESS = 716;
constexpr int LAUNCH_FAILURE = 719;
constexpr int STREAM_CAPTURE_UNSUPPORTED = 900;
constexpr int STREAM_CAPTURE_INVALIDATED = 901;
constexpr int STREAM_CAPTURE_MERGE = 902;
constexpr int STREAM_CAPTURE_UNMATCHED = 903;
constexpr int STREAM_CAPTURE_UNJOINED = 904;
constexpr int STREAM_CAPTURE_ISOLATION = 905;
constexpr int STREAM_CAPTURE_IMPLICIT = 906;
constexpr int CAPTURED_EVENT = 907;

/* What all that a caller creates and must destroy begins with: it is counted while it lives, and found by its address.
 */
class Handle {
  public:
    explicit Handle(const char* kind);
    virtual ~Handle();
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;

    /* The handle at an address; null when none of this type lives there (any more). */
    template <class T>
    static T* at(const void* address) {
        return dynamic_cast<T*>(find(address));
    }

  private:
    static Handle* find(const void* address);

    const char* kind;
};

/* Holds the one lock while it lives. */
struct Lock {
    Lock();
    ~Lock();
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;
};

/* What a call must return at once, or SUCCESS: what NI_SIM_FAIL says of it, or the runtime's status `failing` stands
 * for when there is no usable device or it was lost. A library has its own number for that. */
int refusal(const char* function, int failing);

/* Queues the work of a kernel on a stream; a stream that captures records it instead. Returns a status of the runtime.
 * The multiplications are for the device's clock. */
int launch(void* stream, std::function<void()> work, int64_t multiplications = 0);

/* Whether a range lies within one live allocation of the device. */
bool on_device(const void* address, size_t bytes);

/* Within a kernel: whether the range is the device's; if it is not, the device is lost, as a real one would be. */
bool reachable(const char* kernel, const void* address, size_t bytes);

/* Within a kernel: the device goes, and every later call returns the status. */
void lose(int status, const std::string& reason);

}  // namespace simulation

extern "C" {

/* How many handles live: allocations, streams, events, graphs, descriptors, plans. */
int64_t nisim_live(void);

/* What a status of the runtime means. */
const char* cudaGetErrorString(int status);
}

#pragma GCC visibility pop
