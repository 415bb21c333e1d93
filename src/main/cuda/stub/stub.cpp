/* stub: libni_cuda where no device compiler was found. It has no kernels, and says so. */
#include "ni_kernels.h"
#include "table.h"

namespace ni {

const Table& table() {
    static constexpr Table none{"stub", nullptr, 0, 0};
    return none;
}

const char* library_status_text(int status) {
    return status == NI_NO_KERNELS ? "built without nvcc" : "unknown status";
}

}  // namespace ni

int ni_set_threads(int) { return 0; }
