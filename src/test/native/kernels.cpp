/* libni_cuda.so: the kernels that libni_host has, called as those of a device: later, in the order of a stream, with
 * addresses that must be the device's. */
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "ni_kernels.h"
#include "simulation.h"
#include "table.h"

/* What common/abi.cpp and host/dispatch.cpp call otherwise here, for it is answered below. */
extern "C" {
int host_kernel_call(int kernel, ni_stream stream, const uint64_t* arguments);
const char* host_status_text(int status);
}

static void run(int kernel, const std::vector<uint64_t>& arguments) {
    const char* name = ni_kernel_name(kernel);
    const char* signature = ni_kernel_signature(kernel);
    static const char* broken = std::getenv("NI_SIM_BROKEN");
    if (broken != nullptr && std::strcmp(broken, name) == 0) {
        simulation::lose(simulation::ILLEGAL_ADDRESS, "NI_SIM_BROKEN says so");
        return;
    }
    for (size_t i = 0; i < arguments.size(); i++) {
        const bool pointer = signature[i] == 'r' || signature[i] == 'w';
        if (pointer && arguments[i] != 0 &&
            !simulation::reachable(name, reinterpret_cast<const void*>(arguments[i]), 0)) {
            return;
        }
    }
    const int status = host_kernel_call(kernel, nullptr, arguments.data());
    if (status != NI_OK) {
        simulation::lose(simulation::LAUNCH_FAILURE, std::string(name) + ": " + ni_status_text(status));
    }
}

int ni_kernel_call(int kernel, ni_stream stream, const uint64_t* arguments) {
    const simulation::Lock lock;
    const char* signature = ni_kernel_signature(kernel);
    if (signature == nullptr) {
        return host_kernel_call(kernel, stream, arguments);
    }
    const int refused = simulation::refusal(__func__, simulation::LAUNCH_FAILURE);
    if (refused != simulation::SUCCESS) {
        return refused;
    }
    const std::vector<uint64_t> words(arguments, arguments + std::strlen(signature));
    return simulation::launch(stream, [kernel, words] { run(kernel, words); });
}

const char* ni_status_text(int status) { return status > 0 ? cudaGetErrorString(status) : host_status_text(status); }

const char* ni_variant() { return "simulated"; }

int ni_set_threads(int) { return 0; }
