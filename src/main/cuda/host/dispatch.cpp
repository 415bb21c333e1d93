/* dispatch: libni_host chooses, once, the best of its tables that this processor can run.
 *
 * NI_ISA in the environment (v2, v3, v4 or v4bf16) chooses instead, and a choice that cannot run is no reason to run
 * another: the library then has no kernels.
 */
#include <omp.h>

#include <cstdlib>
#include <cstring>

#include "ni_kernels.h"
#include "table.h"

namespace ni {

#ifdef __x86_64__

namespace v2 {
extern const Table table;
}
namespace v3 {
extern const Table table;
}
namespace v4 {
extern const Table table;
}
namespace v4bf16 {
extern const Table table;
}

static const Table& best_table() {
    static constexpr Table none{"none", nullptr, 0, 0};
    const bool v4_runs = __builtin_cpu_supports("x86-64-v4") != 0;
    const struct {
        const Table& table;
        bool runs;
    } variants[] = {
        {v4bf16::table, v4_runs && __builtin_cpu_supports("avx512bf16") != 0},
        {v4::table, v4_runs},
        {v3::table, __builtin_cpu_supports("x86-64-v3") != 0},
        {v2::table, __builtin_cpu_supports("x86-64-v2") != 0},
    };
    const char* wanted = std::getenv("NI_ISA");
    for (const auto& variant : variants) {
        if (variant.runs && (wanted == nullptr || std::strcmp(wanted, variant.table.variant) == 0)) {
            return variant.table;
        }
    }
    return none;
}

#else

namespace generic {
extern const Table table;
}

static const Table& best_table() { return generic::table; }

#endif

const Table& table() {
    static const Table& best = best_table();
    return best;
}

const char* library_status_text(int status) {
    return status == NI_NO_KERNELS ? "NI_ISA must be v2, v3, v4 or v4bf16, and one that this processor can run"
                                   : "unknown status";
}

}  // namespace ni

int ni_set_threads(int threads) {
    if (threads > 0) {
        // The environment may allow fewer (OMP_THREAD_LIMIT), or let the runtime choose (OMP_DYNAMIC): only a team
        // knows its size. oneDNN's primitives wait for as many threads as they were told of.
        omp_set_dynamic(0);
        omp_set_num_threads(threads);
        int team = 1;
#pragma omp parallel
#pragma omp single
        team = omp_get_num_threads();
        omp_set_num_threads(team);
    }
    return omp_get_max_threads();
}
