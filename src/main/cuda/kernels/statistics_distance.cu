/* statistics_distance: distance = ||mean - running_mean||_2 + ||var - running_var||_2
 * mean, var, running_mean, running_var f32 [C]; distance f32 [1]; norms f32 [2]: the two norms, for backward
 * backward: gmean SET = g * (mean - running_mean) / norms[0], gvar likewise; where a norm is 0, so is its gradient;
 *     g f32 [1]; gmean or gvar or null
 * any size; deterministic: yes; bytes: 4 C forward, 6 C backward
 * oracle: StatisticsDistanceOracle.java */
#include <cmath>

#include "kernel.cuh"
#include "team.cuh"

namespace NI_ISA_NAMESPACE {

static NI_TEAM_FN float distance_of(const Team& team, const float* a, const float* b, int64_t c) {
    return sqrtf(team.sum(c, [=](int64_t k) { return (a[k] - b[k]) * (a[k] - b[k]); }));
}

int statistics_distance_forward(ni_stream stream, const float* mean, const float* var, const float* running_mean,
                                const float* running_var, float* distance, float* norms, int64_t c) {
    return each_team(stream, 1, c, [=] NI_LAMBDA(int64_t, Team team) {
        const float of_mean = distance_of(team, mean, running_mean, c);
        const float of_var = distance_of(team, var, running_var, c);
        if (team.first()) {
            norms[0] = of_mean;
            norms[1] = of_var;
            *distance = of_mean + of_var;
        }
    });
}

int statistics_distance_backward(ni_stream stream, const float* mean, const float* var, const float* running_mean,
                                 const float* running_var, const float* norms, const float* g, float* gmean,
                                 float* gvar, int64_t c) {
    return each(stream, c, [=] NI_LAMBDA(int64_t k) {
        if (gmean != nullptr) {
            gmean[k] = norms[0] > 0 ? *g * (mean[k] - running_mean[k]) / norms[0] : 0;
        }
        if (gvar != nullptr) {
            gvar[k] = norms[1] > 0 ? *g * (var[k] - running_var[k]) / norms[1] : 0;
        }
    });
}

}  // namespace NI_ISA_NAMESPACE
