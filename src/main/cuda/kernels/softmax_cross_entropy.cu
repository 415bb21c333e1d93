/* softmax_cross_entropy: loss = mean over n of -sum over k of t[n, k] log p[n, k], p = softmax of logits along classes,
 *   t = (1 - smoothing) onehot(label) + smoothing / K
 * logits, probabilities f32 [N, K]; labels int32 [N], each in 0..K-1; loss f32 [1]; losses f32 [N]: scratch
 * backward: gx SET = g / N * (p - t); g f32 [1]
 * the largest logit is subtracted first, and -log p is log(sum) - logit: no overflow, no log of 0
 * any size; deterministic: yes; bytes: 2 N K forward and backward
 * oracle: SoftmaxCrossEntropyOracle.java */
#include "kernel.cuh"
#include "math.cuh"
#include "team.cuh"

namespace NI_ISA_NAMESPACE {

int softmax_cross_entropy_forward(ni_stream stream, const float* logits, const int32_t* labels, float* loss,
                                  float* probabilities, float* losses, int64_t n, int64_t classes, double smoothing) {
    const float spread = static_cast<float>(smoothing / static_cast<double>(classes));
    const float kept = static_cast<float>(1 - smoothing);
    const int rows = each_team(stream, n, classes, [=] NI_LAMBDA(int64_t row, Team team) {
        const float* x = logits + row * classes;
        float* p = probabilities + row * classes;
        const float top = team.max(classes, [=](int64_t k) { return x[k]; });
        const float sum = team.sum(classes, [=](int64_t k) {
            p[k] = exp(x[k] - top);
            return p[k];
        });
        team.each(classes, [=](int64_t k) { p[k] /= sum; });
        // Without smoothing the mean logit is not asked for: where one is infinite, nothing times it is no number.
        const float others = spread == 0 ? 0 : spread * team.sum(classes, [=](int64_t k) { return x[k] - top; });
        if (team.first()) {
            losses[row] = logarithm(sum) - kept * (x[labels[row]] - top) - others;
        }
    });
    return rows != NI_OK ? rows : each_team(stream, 1, n, [=] NI_LAMBDA(int64_t, Team team) {
        const float sum = team.sum(n, [=](int64_t row) { return losses[row]; });
        if (team.first()) {
            *loss = sum / static_cast<float>(n);
        }
    });
}

int softmax_cross_entropy_backward(ni_stream stream, const float* probabilities, const int32_t* labels, const float* g,
                                   float* gx, int64_t n, int64_t classes, double smoothing) {
    const float spread = static_cast<float>(smoothing / static_cast<double>(classes));
    const float kept = static_cast<float>(1 - smoothing);
    return each_team(stream, n, classes, [=] NI_LAMBDA(int64_t row, Team team) {
        const float scale = *g / static_cast<float>(n);
        const int64_t label = labels[row];
        const int64_t first = row * classes;
        team.each(classes, [=](int64_t k) {
            gx[first + k] = scale * (probabilities[first + k] - spread - (k == label ? kept : 0.0f));
        });
    });
}

}  // namespace NI_ISA_NAMESPACE
