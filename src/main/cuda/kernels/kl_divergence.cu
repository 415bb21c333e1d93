/* kl_divergence: loss = T^2 * mean over n of sum over k of p (log p - log q), p = softmax(teacher / T),
 *     q = softmax(student / T): Hinton et al. 2015, with the T^2 that keeps the gradient's size
 * student, teacher, p, q f32 [N, K]; loss f32 [1]; losses f32 [N]: scratch
 * backward: gstudent SET = g * T / N * (q - p); g f32 [1]; the teacher is frozen
 * any size; deterministic: yes; bytes: 4 N K forward, 3 N K backward
 * oracle: KlDivergenceOracle.java */
#include "kernel.cuh"
#include "math.cuh"
#include "team.cuh"

namespace NI_ISA_NAMESPACE {

/* p = softmax(x / t); returns log of the sum of exp(x / t). */
static NI_TEAM_FN float softmax(const Team& team, const float* x, float* p, int64_t classes, float t) {
    const float top = team.max(classes, [=](int64_t k) { return x[k]; });
    const float sum = team.sum(classes, [=](int64_t k) {
        p[k] = exp((x[k] - top) / t);
        return p[k];
    });
    team.each(classes, [=](int64_t k) { p[k] /= sum; });
    return top / t + logarithm(sum);
}

int kl_divergence_forward(ni_stream stream, const float* student, const float* teacher, float* loss, float* q, float* p,
                          float* losses, int64_t n, int64_t classes, double temperature) {
    const float t = static_cast<float>(temperature);
    const int rows = each_team(stream, n, classes, [=] NI_LAMBDA(int64_t row, Team team) {
        const int64_t first = row * classes;
        const float* s = student + first;
        const float* x = teacher + first;
        const float log_q = softmax(team, s, q + first, classes, t);
        const float log_p = softmax(team, x, p + first, classes, t);
        const float sum =
            team.sum(classes, [=](int64_t k) { return p[first + k] * ((x[k] / t - log_p) - (s[k] / t - log_q)); });
        if (team.first()) {
            losses[row] = sum;
        }
    });
    return rows != NI_OK ? rows : each_team(stream, 1, n, [=] NI_LAMBDA(int64_t, Team team) {
        const float sum = team.sum(n, [=](int64_t row) { return losses[row]; });
        if (team.first()) {
            *loss = sum * (t * t / static_cast<float>(n));
        }
    });
}

int kl_divergence_backward(ni_stream stream, const float* q, const float* p, const float* g, float* gstudent, int64_t n,
                           int64_t classes, double temperature) {
    const float scale = static_cast<float>(temperature / static_cast<double>(n));
    return each(stream, n * classes, [=] NI_LAMBDA(int64_t i) { gstudent[i] = *g * scale * (q[i] - p[i]); });
}

}  // namespace NI_ISA_NAMESPACE
