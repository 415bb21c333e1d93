/* side_by_side: several primitives of oneDNN at once, as one parallel region of ours.
 *
 * A primitive that oneDNN itself spreads over threads may wait for them in loops that never give up their core, which
 * beside another busy program halts everything. In a region of ours it takes one thread, and has nobody to wait for.
 */
#include <dlfcn.h>

#include <cstddef>

#include "ni_host.h"

/* dnnl_primitive_execute, as dnnl.h declares it. It is in the library that was loaded before this one, which is linked
 * against nothing of it. */
using Execute = int (*)(const void* primitive, void* stream, int arguments, const void* first);

static Execute find_execute() {
    void* library = dlopen("libdnnl.so.3", RTLD_LAZY | RTLD_NOLOAD);
    return library == nullptr ? nullptr : reinterpret_cast<Execute>(dlsym(library, "dnnl_primitive_execute"));
}

int ni_execute_each(int count, const uint64_t* primitives) {
    static const Execute execute = find_execute();
    if (execute == nullptr) {
        return NI_BAD_ARGUMENT;
    }
    int status = 0;
#pragma omp parallel for schedule(static, 1)
    for (int i = 0; i < count; i++) {
        const uint64_t* words = primitives + static_cast<ptrdiff_t>(4) * i;
        const int result = execute(reinterpret_cast<const void*>(words[0]), reinterpret_cast<void*>(words[1]),
                                   static_cast<int>(words[2]), reinterpret_cast<const void*>(words[3]));
        if (result != 0) {
#pragma omp critical
            status = status == 0 ? result : status;
        }
    }
    return status;
}
