/* table: makes the table of one variant's kernels out of ni_kernels.def, compiled once for each variant.
 *
 * Signatures and the unpacking of arguments are deduced from the kernels' own types, so they cannot disagree.
 */
#include "table.h"

#include <cstring>
#include <type_traits>
#include <utility>

#include "launch.cuh"

namespace NI_ISA_NAMESPACE {

#include "ni_kernels.def"

namespace {

template <class T>
constexpr char letter_of() {
    if constexpr (std::is_pointer_v<T>) {
        return std::is_const_v<std::remove_pointer_t<T>> ? 'r' : 'w';
    } else if constexpr (std::is_floating_point_v<T>) {
        return 'f';
    } else {
        static_assert(std::is_same_v<T, int> || std::is_same_v<T, int64_t>,
                      "kernels take pointers, int, int64_t, floats");
        return 'i';
    }
}

template <class T>
T from_word(uint64_t word) {
    if constexpr (std::is_pointer_v<T>) {
        return reinterpret_cast<T>(word);
    } else if constexpr (std::is_floating_point_v<T>) {
        double value;
        std::memcpy(&value, &word, sizeof value);
        return static_cast<T>(value);
    } else {
        return static_cast<T>(word);
    }
}

/* A kernel seen through words instead of through its own parameters. */
template <auto kernel>
struct Erased;

template <class... A, int (*kernel)(ni_stream, A...)>
struct Erased<kernel> {
    static constexpr char signature[] = {letter_of<A>()..., '\0'};

    static int call(ni_stream stream, const uint64_t* arguments) {
        return unpack(stream, arguments, std::index_sequence_for<A...>());
    }

    template <size_t... i>
    static int unpack(ni_stream stream, const uint64_t* arguments, std::index_sequence<i...>) {
        return kernel(stream, from_word<A>(arguments[i])...);
    }
};

constexpr Kernel kernels[] = {
#define NI_KERNEL(name, parameters) {#name, Erased<&name>::signature, &Erased<&name>::call},
#include "ni_kernels.def"
};

}  // namespace

#define NI_TEXT_OF(name) #name
#define NI_TEXT(name) NI_TEXT_OF(name)

extern const Table table;
const Table table{NI_TEXT(NI_ISA), kernels, sizeof kernels / sizeof *kernels, reduction_parts};

}  // namespace NI_ISA_NAMESPACE
