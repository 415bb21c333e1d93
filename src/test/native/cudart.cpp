/* libcudart.so.13, the runtime: memory, streams, events and graphs of the simulated device.
 *
 * Device memory is ordinary memory, full of NaN at first. What is queued on a stream waits there until a call must
 * wait for it, so that a synchronisation that is missing shows in the results.
 */
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "device.h"

using namespace simulation;

namespace {

using Work = std::function<void()>;

/* --- memory --- */

struct Allocation : Handle {
    explicit Allocation(size_t bytes) : Handle("allocation"), bytes(bytes) {}

    const size_t bytes;
};

using Allocations = std::map<uintptr_t, std::unique_ptr<Allocation>>;

Allocations device_memory;
Allocations pinned_memory;

size_t rounded(size_t bytes) { return (bytes + 255) / 256 * 256; }

size_t total_memory() {
    static const size_t total = setting("NI_SIM_MEMORY", int64_t{8} << 30);
    return total;
}

size_t used_memory() {
    size_t used = 0;
    for (const auto& [address, allocation] : device_memory) {
        used += rounded(allocation->bytes);
    }
    return used;
}

int allocate(Allocations& memory, void** pointer, size_t bytes) {
    void* address = std::aligned_alloc(256, rounded(bytes));
    if (address == nullptr) {
        return MEMORY_ALLOCATION;
    }
    std::memset(address, 0xFF, bytes);
    memory[reinterpret_cast<uintptr_t>(address)] = std::make_unique<Allocation>(bytes);
    *pointer = address;
    return SUCCESS;
}

int release(Allocations& memory, void* pointer) {
    if (pointer != nullptr && memory.erase(reinterpret_cast<uintptr_t>(pointer)) == 0) {
        return INVALID_VALUE;
    }
    std::free(pointer);
    return SUCCESS;
}

/* Whether an address lies in device memory, or at its end. */
const Allocation* allocation_of(uintptr_t address, uintptr_t& start) {
    auto next = device_memory.upper_bound(address);
    if (next == device_memory.begin()) {
        return nullptr;
    }
    const auto& [first, allocation] = *std::prev(next);
    start = first;
    return address <= first + allocation->bytes ? allocation.get() : nullptr;
}

/* --- streams --- */

/* What waits to be done, in order; places are counted from the first that ever came. */
struct Queue {
    std::deque<Work> waiting;
    uint64_t done = 0;

    uint64_t end() const { return done + waiting.size(); }

    void run_until(uint64_t place) {
        while (done < place) {
            const Work work = std::move(waiting.front());
            waiting.pop_front();
            done++;
            if (device_status() == SUCCESS) {
                work();
            }
        }
    }

    void run() { run_until(end()); }

    void forget() {
        done = end();
        waiting.clear();
    }
};

enum CaptureMode { GLOBAL = 0, THREAD_LOCAL = 1, RELAXED = 2 };
enum CaptureStatus { NONE = 0, ACTIVE = 1, INVALIDATED = 2 };

struct Stream;

/* A capture takes the work of its first stream, and of those that wait for it, in the order in which it comes. */
struct Capture {
    Stream* const origin;
    const int mode;
    const std::thread::id thread = std::this_thread::get_id();
    std::vector<Work> nodes = {};
    std::set<Stream*> members = {};
    std::set<Stream*> unjoined = {};
    bool invalid = false;
};

struct Stream : Handle {
    explicit Stream(bool blocking) : Handle("stream"), blocking(blocking) {}

    const bool blocking;
    const std::shared_ptr<Queue> queue = std::make_shared<Queue>();
    std::shared_ptr<Capture> capture;
};

/* The simulated device's clock: every kernel takes it a tick, and one more for so many multiplications, so that what is
 * faster is so every time. */
constexpr float TICK_MILLISECONDS = 0.01f;
constexpr int64_t MULTIPLICATIONS = 20'000'000;
int64_t clock_ticks = 0;
int64_t kernels_done = 0;

struct Event : Handle {
    Event() : Handle("event") {}

    /* The place in a stream that it marks, and when that was passed. */
    std::shared_ptr<Queue> queue;
    uint64_t place = 0;
    std::shared_ptr<int64_t> time;

    /* Or what it marks in a capture. */
    std::shared_ptr<Capture> capture;
    Stream* captured = nullptr;

    bool passed() const { return queue == nullptr || queue->done >= place; }
};

struct Graph : Handle {
    explicit Graph(std::vector<Work> nodes) : Handle("graph"), nodes(std::move(nodes)) {}

    const std::vector<Work> nodes;
};

struct ExecutableGraph : Handle {
    explicit ExecutableGraph(std::vector<Work> nodes)
        : Handle("executable graph"), nodes(std::make_shared<const std::vector<Work>>(std::move(nodes))) {}

    const std::shared_ptr<const std::vector<Work>> nodes;
};

std::set<Stream*> streams;

/* The stream without a name waits for all blocking streams, and they wait for it. */
const std::shared_ptr<Queue> legacy = std::make_shared<Queue>();

void run_legacy() {
    for (Stream* stream : streams) {
        if (stream->blocking) {
            stream->queue->run();
        }
    }
    legacy->run();
}

void run_everything() {
    for (Stream* stream : streams) {
        stream->queue->run();
    }
    legacy->run();
}

int invalidate(Capture& capture, int status) {
    capture.invalid = true;
    return status;
}

/* A capture that forbids this thread calls that could wait for it or change what it uses. */
Capture* forbidding_capture() {
    for (Stream* stream : streams) {
        Capture* capture = stream->capture.get();
        if (capture != nullptr && (capture->mode == GLOBAL ||
                                   (capture->mode == THREAD_LOCAL && capture->thread == std::this_thread::get_id()))) {
            return capture;
        }
    }
    return nullptr;
}

/* Queues work on a stream, or records it. */
int enqueue(void* address, Work work) {
    if (address == nullptr) {
        std::vector<std::pair<std::shared_ptr<Queue>, uint64_t>> before;
        for (Stream* stream : streams) {
            if (stream->blocking && stream->capture != nullptr) {
                return invalidate(*stream->capture, STREAM_CAPTURE_IMPLICIT);
            }
            if (stream->blocking) {
                before.emplace_back(stream->queue, stream->queue->end());
            }
        }
        legacy->waiting.push_back([before, work = std::move(work)] {
            for (const auto& [queue, place] : before) {
                queue->run_until(place);
            }
            work();
        });
        return SUCCESS;
    }
    Stream* stream = Handle::at<Stream>(address);
    if (stream == nullptr) {
        return INVALID_RESOURCE_HANDLE;
    }
    if (stream->capture != nullptr) {
        Capture& capture = *stream->capture;
        if (capture.invalid) {
            return STREAM_CAPTURE_INVALIDATED;
        }
        capture.nodes.push_back(std::move(work));
        if (stream != capture.origin) {
            capture.unjoined.insert(stream);
        }
        return SUCCESS;
    }
    if (stream->blocking) {
        work = [place = legacy->end(), work = std::move(work)] {
            legacy->run_until(place);
            work();
        };
    }
    stream->queue->waiting.push_back(std::move(work));
    return SUCCESS;
}

/* --- calls --- */

thread_local int last_error = SUCCESS;
thread_local int current_device = 0;

int devices() { return static_cast<int>(setting("NI_SIM_DEVICES", 1)); }

int noted(int status) {
    if (status != SUCCESS && status != NOT_READY) {
        last_error = status;
    }
    return status;
}

/* Makes a call: under the lock, unless it is refused, and with the error remembered. */
template <class Body>
int call(const char* function, Body body) {
    const Lock lock;
    const int refused = refusal(function, device_status());
    return noted(refused != SUCCESS ? refused : body());
}

/* The same for a call that must not be made while this thread may not disturb a capture; that breaks the capture. */
template <class Body>
int undisturbing_call(const char* function, Body body) {
    return call(function, [&] {
        Capture* capture = forbidding_capture();
        return capture != nullptr ? invalidate(*capture, STREAM_CAPTURE_UNSUPPORTED) : body();
    });
}

/* The same for a call that ends by waiting: what it waited for may have cost the device. */
template <class Body>
int waiting_call(const char* function, Body body) {
    return undisturbing_call(function, [&] {
        const int status = body();
        return status != SUCCESS ? status : device_status();
    });
}

/* The same for a call that gives something back, which even a lost device does not keep. */
template <class Body>
int releasing_call(const char* function, Body body) {
    const Lock lock;
    const int refused = refusal(function, device_status());
    const int status = refused == SUCCESS || refused == device_status() ? body() : SUCCESS;
    return noted(refused != SUCCESS ? refused : status);
}

template <class T>
int destroy(const char* function, void* address) {
    return releasing_call(function, [&] {
        T* handle = Handle::at<T>(address);
        delete handle;
        return handle == nullptr ? INVALID_RESOURCE_HANDLE : SUCCESS;
    });
}

/* --- copies --- */

enum CopyKind { HOST_TO_HOST = 0, HOST_TO_DEVICE = 1, DEVICE_TO_HOST = 2, DEVICE_TO_DEVICE = 3, DEFAULT = 4 };

bool touches_device(const void* address) {
    uintptr_t start = 0;
    const uintptr_t place = reinterpret_cast<uintptr_t>(address);
    const Allocation* allocation = allocation_of(place, start);
    return allocation != nullptr && place < start + allocation->bytes;
}

bool fits(const void* address, size_t bytes, bool device) {
    return device ? on_device(address, bytes) : address != nullptr && !touches_device(address);
}

int check_copy(const void* into, const void* from, size_t bytes, int kind) {
    if (bytes == 0) {
        return SUCCESS;
    }
    if (kind < HOST_TO_HOST || kind > DEFAULT) {
        return INVALID_VALUE;
    }
    const bool into_device =
        kind == DEFAULT ? touches_device(into) : kind == HOST_TO_DEVICE || kind == DEVICE_TO_DEVICE;
    const bool from_device =
        kind == DEFAULT ? touches_device(from) : kind == DEVICE_TO_HOST || kind == DEVICE_TO_DEVICE;
    return fits(into, bytes, into_device) && fits(from, bytes, from_device) ? SUCCESS : INVALID_VALUE;
}

/* The copy itself: memory may have been freed since it was asked for. */
Work copy_work(void* into, const void* from, size_t bytes, int kind) {
    return [=] {
        if (check_copy(into, from, bytes, kind) == SUCCESS) {
            std::memmove(into, from, bytes);
        } else {
            lose(ILLEGAL_ADDRESS, "memory was freed before a copy that was queued");
        }
    };
}

Work fill_work(void* memory, int value, size_t bytes) {
    return [=] {
        if (bytes > 0 && reachable("cudaMemset", memory, bytes)) {
            std::memset(memory, value, bytes);
        }
    };
}

int fill(void* stream, void* memory, int value, size_t bytes) {
    return bytes > 0 && !on_device(memory, bytes) ? INVALID_VALUE : enqueue(stream, fill_work(memory, value, bytes));
}

}  // namespace

int simulation::launch(void* stream, Work work, int64_t multiplications) {
    const Lock lock;
    static const int64_t limit = setting("NI_SIM_LOST_AFTER", INT64_MAX);
    static const bool blocking = setting("CUDA_LAUNCH_BLOCKING", 0) != 0;
    const int status = enqueue(stream, [work = std::move(work), multiplications] {
        clock_ticks += 1 + multiplications / MULTIPLICATIONS;
        if (kernels_done++ < limit) {
            work();
        } else {
            lose(ILLEGAL_ADDRESS, "NI_SIM_LOST_AFTER says so");
        }
    });
    Stream* queued = Handle::at<Stream>(stream);
    if (blocking && status == SUCCESS && queued != nullptr && queued->capture == nullptr) {
        queued->queue->run();
        return noted(device_status());
    }
    return noted(status);
}

bool simulation::on_device(const void* address, size_t bytes) {
    const Lock lock;
    uintptr_t start = 0;
    const uintptr_t place = reinterpret_cast<uintptr_t>(address);
    const Allocation* allocation = allocation_of(place, start);
    return allocation != nullptr && bytes <= start + allocation->bytes - place;
}

#pragma GCC visibility push(default)
extern "C" {

int cudaDriverGetVersion(int* version) {
    *version = static_cast<int>(setting("NI_SIM_DRIVER", 13000));
    return SUCCESS;
}

int cudaRuntimeGetVersion(int* version) {
    *version = 13000;
    return SUCCESS;
}

int cudaGetLastError() {
    const Lock lock;
    return device_status() != SUCCESS ? device_status() : std::exchange(last_error, SUCCESS);
}

int cudaPeekAtLastError() {
    const Lock lock;
    return device_status() != SUCCESS ? device_status() : last_error;
}

int cudaGetDeviceCount(int* count) {
    *count = 0;
    return call(__func__, [&] {
        *count = devices();
        return SUCCESS;
    });
}

int cudaSetDevice(int device) {
    return call(__func__, [&] {
        if (device < 0 || device >= devices()) {
            return INVALID_DEVICE;
        }
        current_device = device;
        return SUCCESS;
    });
}

int cudaGetDevice(int* device) {
    return call(__func__, [&] {
        *device = current_device;
        return SUCCESS;
    });
}

int cudaDeviceGetAttribute(int* value, int attribute, int device) {
    return call(__func__, [&] {
        if (device < 0 || device >= devices()) {
            return INVALID_DEVICE;
        }
        *value = device_attribute(attribute);
        return SUCCESS;
    });
}

int cudaDeviceSynchronize() {
    return waiting_call(__func__, [] {
        run_everything();
        return SUCCESS;
    });
}

/* All memory goes; what was queued is never done, and a device that was lost is back. */
int cudaDeviceReset() {
    const Lock lock;
    for (Stream* stream : streams) {
        stream->queue->forget();
    }
    legacy->forget();
    while (!device_memory.empty()) {
        release(device_memory, reinterpret_cast<void*>(device_memory.begin()->first));
    }
    restore();
    last_error = SUCCESS;
    return SUCCESS;
}

int cudaMemGetInfo(size_t* free, size_t* total) {
    return call(__func__, [&] {
        *total = total_memory();
        *free = total_memory() - used_memory();
        return SUCCESS;
    });
}

int cudaMalloc(void** pointer, size_t bytes) {
    return undisturbing_call(__func__, [&] {
        *pointer = nullptr;
        if (bytes == 0) {
            return SUCCESS;
        }
        const bool fits = bytes <= total_memory() && rounded(bytes) <= total_memory() - used_memory();
        return fits ? allocate(device_memory, pointer, bytes) : MEMORY_ALLOCATION;
    });
}

int cudaFree(void* pointer) {
    return releasing_call(__func__, [&] {
        Capture* capture = forbidding_capture();
        if (capture != nullptr) {
            return invalidate(*capture, STREAM_CAPTURE_UNSUPPORTED);
        }
        run_everything();
        return release(device_memory, pointer);
    });
}

int cudaMallocHost(void** pointer, size_t bytes) {
    return undisturbing_call(__func__, [&] {
        *pointer = nullptr;
        return bytes == 0 ? SUCCESS : allocate(pinned_memory, pointer, bytes);
    });
}

int cudaFreeHost(void* pointer) {
    return releasing_call(__func__, [&] {
        run_everything();
        return release(pinned_memory, pointer);
    });
}

int cudaMemcpy(void* into, const void* from, size_t bytes, int kind) {
    return waiting_call(__func__, [&] {
        const int status = check_copy(into, from, bytes, kind);
        if (status == SUCCESS) {
            run_legacy();
            if (bytes > 0 && device_status() == SUCCESS) {
                copy_work(into, from, bytes, kind)();
            }
        }
        return status;
    });
}

int cudaMemcpyAsync(void* into, const void* from, size_t bytes, int kind, void* stream) {
    return call(__func__, [&] {
        const int status = check_copy(into, from, bytes, kind);
        return status == SUCCESS ? enqueue(stream, copy_work(into, from, bytes, kind)) : status;
    });
}

int cudaMemset(void* memory, int value, size_t bytes) {
    return call(__func__, [&] { return fill(nullptr, memory, value, bytes); });
}

int cudaMemsetAsync(void* memory, int value, size_t bytes, void* stream) {
    return call(__func__, [&] { return fill(stream, memory, value, bytes); });
}

int cudaStreamCreateWithFlags(void** stream, unsigned flags) {
    return call(__func__, [&] {
        if (flags > 1) {
            return INVALID_VALUE;
        }
        Stream* created = new Stream(flags == 0);
        streams.insert(created);
        *stream = created;
        return SUCCESS;
    });
}

int cudaStreamCreate(void** stream) { return cudaStreamCreateWithFlags(stream, 0); }

/* What is still queued is done, sooner than on a real device. */
int cudaStreamDestroy(void* address) {
    return releasing_call(__func__, [&] {
        Stream* stream = Handle::at<Stream>(address);
        if (stream == nullptr) {
            return INVALID_RESOURCE_HANDLE;
        }
        if (stream->capture != nullptr) {
            stream->capture->invalid = true;
            stream->capture->members.erase(stream);
        }
        stream->queue->run();
        streams.erase(stream);
        delete stream;
        return SUCCESS;
    });
}

int cudaStreamSynchronize(void* address) {
    return call(__func__, [&] {
        Stream* stream = Handle::at<Stream>(address);
        if (address != nullptr && stream == nullptr) {
            return INVALID_RESOURCE_HANDLE;
        }
        if (address == nullptr) {
            run_legacy();
        } else if (stream->capture != nullptr) {
            return invalidate(*stream->capture, STREAM_CAPTURE_UNSUPPORTED);
        } else {
            stream->queue->run();
        }
        return device_status();
    });
}

/* Asking twice is enough: work goes on while one asks. */
int cudaStreamQuery(void* address) {
    return call(__func__, [&] {
        Stream* stream = Handle::at<Stream>(address);
        if (stream == nullptr) {
            return INVALID_RESOURCE_HANDLE;
        }
        if (stream->capture != nullptr) {
            return invalidate(*stream->capture, STREAM_CAPTURE_UNSUPPORTED);
        }
        const bool idle = stream->queue->waiting.empty();
        stream->queue->run();
        return device_status() != SUCCESS ? device_status() : idle ? SUCCESS : NOT_READY;
    });
}

int cudaStreamBeginCapture(void* address, int mode) {
    return call(__func__, [&] {
        Stream* stream = Handle::at<Stream>(address);
        if (address == nullptr) {
            return STREAM_CAPTURE_UNSUPPORTED;
        }
        if (stream == nullptr) {
            return INVALID_RESOURCE_HANDLE;
        }
        if (mode < GLOBAL || mode > RELAXED || stream->capture != nullptr) {
            return INVALID_VALUE;
        }
        stream->capture = std::make_shared<Capture>(Capture{stream, mode});
        stream->capture->members.insert(stream);
        return SUCCESS;
    });
}

int cudaStreamEndCapture(void* address, void** graph) {
    return call(__func__, [&] {
        *graph = nullptr;
        Stream* stream = Handle::at<Stream>(address);
        if (stream == nullptr) {
            return INVALID_RESOURCE_HANDLE;
        }
        if (stream->capture == nullptr) {
            return INVALID_VALUE;
        }
        const std::shared_ptr<Capture> capture = stream->capture;
        if (capture->origin != stream) {
            return invalidate(*capture, STREAM_CAPTURE_UNMATCHED);
        }
        for (Stream* member : capture->members) {
            member->capture = nullptr;
        }
        if (capture->invalid) {
            return STREAM_CAPTURE_INVALIDATED;
        }
        if (!capture->unjoined.empty()) {
            return STREAM_CAPTURE_UNJOINED;
        }
        *graph = new Graph(std::move(capture->nodes));
        return SUCCESS;
    });
}

int cudaStreamIsCapturing(void* address, int* status) {
    return call(__func__, [&] {
        Stream* stream = Handle::at<Stream>(address);
        if (address != nullptr && stream == nullptr) {
            return INVALID_RESOURCE_HANDLE;
        }
        const Capture* capture = stream == nullptr ? nullptr : stream->capture.get();
        *status = capture == nullptr ? NONE : capture->invalid ? INVALIDATED : ACTIVE;
        return SUCCESS;
    });
}

/* A stream that waits for a captured event joins the capture. */
int cudaStreamWaitEvent(void* address, void* awaited, unsigned) {
    return call(__func__, [&] {
        Stream* stream = Handle::at<Stream>(address);
        Event* event = Handle::at<Event>(awaited);
        if (event == nullptr || (address != nullptr && stream == nullptr)) {
            return INVALID_RESOURCE_HANDLE;
        }
        const std::shared_ptr<Capture> here = stream == nullptr ? nullptr : stream->capture;
        if (event->capture == nullptr) {
            if (here != nullptr) {
                return event->queue == nullptr ? SUCCESS : invalidate(*here, STREAM_CAPTURE_ISOLATION);
            }
            return enqueue(address, [queue = event->queue, place = event->place] {
                if (queue != nullptr) {
                    queue->run_until(place);
                }
            });
        }
        if (stream == nullptr) {
            return invalidate(*event->capture, STREAM_CAPTURE_IMPLICIT);
        }
        if (here == nullptr) {
            stream->capture = event->capture;
            stream->capture->members.insert(stream);
            stream->capture->unjoined.insert(stream);
        } else if (here != event->capture) {
            here->invalid = true;
            return invalidate(*event->capture, STREAM_CAPTURE_MERGE);
        } else if (event->captured != stream) {
            here->unjoined.erase(event->captured);
        }
        return SUCCESS;
    });
}

int cudaEventCreateWithFlags(void** event, unsigned) {
    return call(__func__, [&] {
        *event = new Event;
        return SUCCESS;
    });
}

int cudaEventCreate(void** event) { return cudaEventCreateWithFlags(event, 0); }

int cudaEventDestroy(void* event) { return destroy<Event>(__func__, event); }

int cudaEventRecord(void* address, void* on) {
    return call(__func__, [&] {
        Event* event = Handle::at<Event>(address);
        Stream* stream = Handle::at<Stream>(on);
        if (event == nullptr || (on != nullptr && stream == nullptr)) {
            return INVALID_RESOURCE_HANDLE;
        }
        event->capture = stream == nullptr ? nullptr : stream->capture;
        if (event->capture != nullptr) {
            event->captured = stream;
            return event->capture->invalid ? STREAM_CAPTURE_INVALIDATED : SUCCESS;
        }
        event->time = std::make_shared<int64_t>();
        const int status = enqueue(on, [time = event->time] { *time = clock_ticks; });
        event->queue = stream == nullptr ? legacy : stream->queue;
        event->place = event->queue->end();
        return status;
    });
}

int cudaEventSynchronize(void* address) {
    return call(__func__, [&] {
        Event* event = Handle::at<Event>(address);
        if (event == nullptr) {
            return INVALID_RESOURCE_HANDLE;
        }
        if (event->capture != nullptr) {
            return invalidate(*event->capture, CAPTURED_EVENT);
        }
        if (event->queue != nullptr) {
            event->queue->run_until(event->place);
        }
        return device_status();
    });
}

int cudaEventQuery(void* address) {
    return call(__func__, [&] {
        Event* event = Handle::at<Event>(address);
        if (event == nullptr) {
            return INVALID_RESOURCE_HANDLE;
        }
        if (event->capture != nullptr) {
            return invalidate(*event->capture, CAPTURED_EVENT);
        }
        const bool passed = event->passed();
        if (!passed) {
            event->queue->run_until(event->place);
        }
        return device_status() != SUCCESS ? device_status() : passed ? SUCCESS : NOT_READY;
    });
}

int cudaEventElapsedTime(float* milliseconds, void* from, void* to) {
    return call(__func__, [&] {
        const Event* start = Handle::at<Event>(from);
        const Event* end = Handle::at<Event>(to);
        if (start == nullptr || end == nullptr || start->queue == nullptr || end->queue == nullptr) {
            return INVALID_RESOURCE_HANDLE;
        }
        if (!start->passed() || !end->passed()) {
            return NOT_READY;
        }
        *milliseconds = TICK_MILLISECONDS * static_cast<float>(*end->time - *start->time);
        return SUCCESS;
    });
}

int cudaGraphInstantiate(void** executable, void* address, unsigned long long) {
    return call(__func__, [&] {
        *executable = nullptr;
        const Graph* graph = Handle::at<Graph>(address);
        if (graph == nullptr) {
            return INVALID_VALUE;
        }
        *executable = new ExecutableGraph(graph->nodes);
        return SUCCESS;
    });
}

int cudaGraphInstantiateWithFlags(void** executable, void* graph, unsigned long long flags) {
    return cudaGraphInstantiate(executable, graph, flags);
}

int cudaGraphGetNodes(void* address, void** nodes, size_t* count) {
    return call(__func__, [&] {
        Graph* graph = Handle::at<Graph>(address);
        if (graph == nullptr || (nodes != nullptr && *count > graph->nodes.size())) {
            return INVALID_VALUE;
        }
        if (nodes == nullptr) {
            *count = graph->nodes.size();
        } else {
            for (size_t i = 0; i < *count; i++) {
                nodes[i] = const_cast<Work*>(&graph->nodes[i]);
            }
        }
        return SUCCESS;
    });
}

int cudaGraphUpload(void* address, void* stream) {
    return call(__func__, [&] {
        return Handle::at<ExecutableGraph>(address) == nullptr ? INVALID_VALUE : enqueue(stream, [] {});
    });
}

int cudaGraphLaunch(void* address, void* stream) {
    return call(__func__, [&] {
        const ExecutableGraph* graph = Handle::at<ExecutableGraph>(address);
        if (graph == nullptr) {
            return INVALID_VALUE;
        }
        return enqueue(stream, [nodes = graph->nodes] {
            for (const Work& node : *nodes) {
                if (device_status() == SUCCESS) {
                    node();
                }
            }
        });
    });
}

int cudaGraphDestroy(void* graph) { return destroy<Graph>(__func__, graph); }

int cudaGraphExecDestroy(void* graph) { return destroy<ExecutableGraph>(__func__, graph); }
}
#pragma GCC visibility pop
