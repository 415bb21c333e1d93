/* table: the kernels of one variant, by number. */
#pragma once

#include <cstdint>

#include "ni_kernels.h"

namespace ni {

struct Kernel {
    const char* name;
    const char* signature;
    int (*call)(ni_stream stream, const uint64_t* arguments);
};

struct Table {
    const char* variant;
    const Kernel* kernels;
    int count;
    int reduction_parts;
};

/* What each library says for itself: its table, and what status codes mean that are not the same in all of them. */
const Table& table();
const char* library_status_text(int status);

}  // namespace ni
