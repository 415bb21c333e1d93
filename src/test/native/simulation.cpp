/* simulation: settings, handles, the one lock, and how calls are made to fail. */
#include "simulation.h"

#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <sstream>
#include <vector>

#include "device.h"

namespace simulation {

int64_t setting(const char* name, int64_t otherwise) {
    const char* text = std::getenv(name);
    return text != nullptr && *text != '\0' ? std::strtoll(text, nullptr, 10) : otherwise;
}

static std::recursive_mutex& mutex() {
    static auto& one = *new std::recursive_mutex;
    return one;
}

Lock::Lock() { mutex().lock(); }
Lock::~Lock() { mutex().unlock(); }

/* The live handles and their kinds. They are reported when the program ends, so they outlive all static objects. */
static std::map<const void*, std::pair<Handle*, const char*>>& handles() {
    static auto& all = *new std::map<const void*, std::pair<Handle*, const char*>>;
    return all;
}

static void report() {
    std::map<std::string, int> counts;
    for (const auto& [address, handle] : handles()) {
        counts[handle.second]++;
    }
    std::string line;
    for (const auto& [kind, count] : counts) {
        line += (line.empty() ? "" : ", ") + kind + " x " + std::to_string(count);
    }
    if (!line.empty()) {
        std::fprintf(stderr, "simulation: still live: %s\n", line.c_str());
    }
}

Handle::Handle(const char* kind) : kind(kind) {
    const Lock lock;
    static const bool reports = setting("NI_SIM_REPORT", 0) != 0 && std::atexit(report) == 0;
    static_cast<void>(reports);
    handles()[this] = {this, kind};
}

Handle::~Handle() {
    const Lock lock;
    handles().erase(this);
}

Handle* Handle::find(const void* address) {
    const auto found = handles().find(address);
    return found == handles().end() ? nullptr : found->second.first;
}

static int lost = SUCCESS;

void lose(int status, const std::string& reason) {
    if (lost == SUCCESS) {
        lost = status;
        std::fprintf(stderr, "simulation: the device is lost: %s\n", reason.c_str());
    }
}

void restore() { lost = SUCCESS; }

int device_status() {
    static const bool has_driver = setting("NI_SIM_DRIVER", 13000) >= 13000;
    static const bool has_device = setting("NI_SIM_DEVICES", 1) > 0;
    return !has_driver ? INSUFFICIENT_DRIVER : !has_device ? NO_DEVICE : lost;
}

/* NI_SIM_FAIL: calls that fail once, as function:nth:status, with commas between them. */
struct Failure {
    std::string function;
    int64_t calls_left;
    int status;
};

static std::vector<Failure> failures() {
    std::vector<Failure> all;
    const char* text = std::getenv("NI_SIM_FAIL");
    std::istringstream entries(text == nullptr ? "" : text);
    for (std::string entry; std::getline(entries, entry, ',');) {
        std::istringstream fields(entry);
        std::string function, nth, status;
        if (!std::getline(fields, function, ':') || !std::getline(fields, nth, ':') || !std::getline(fields, status)) {
            std::fprintf(stderr, "simulation: NI_SIM_FAIL must be function:nth:status, not %s\n", entry.c_str());
            std::abort();
        }
        all.push_back({function, std::atoll(nth.c_str()), std::atoi(status.c_str())});
    }
    return all;
}

int refusal(const char* function, int failing) {
    const Lock lock;
    static std::vector<Failure> wanted = failures();
    for (Failure& failure : wanted) {
        if (failure.function == function && --failure.calls_left == 0) {
            return failure.status;
        }
    }
    return device_status() == SUCCESS ? SUCCESS : failing;
}

bool reachable(const char* kernel, const void* address, size_t bytes) {
    if (on_device(address, bytes)) {
        return true;
    }
    char text[200];
    std::snprintf(text, sizeof text, "%s touches %zu bytes at %p, which are not the device's", kernel, bytes, address);
    lose(ILLEGAL_ADDRESS, text);
    return false;
}

}  // namespace simulation

int64_t nisim_live() {
    const simulation::Lock lock;
    return static_cast<int64_t>(simulation::handles().size());
}
