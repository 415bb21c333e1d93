/* adam: m = beta1 m + (1 - beta1) g; v = beta2 v + (1 - beta2) g^2;
 *   p -= rate(t) / (1 - beta1^t) m / (sqrt(v / (1 - beta2^t)) + epsilon), t = *step, which is 1 at first
 * sgd: h = g + decay p; velocity = momentum velocity + h; p -= rate(t) (nesterov ? h + momentum velocity : velocity)
 * both: rate(t) = rate factors[min(t, count) - 1]; factors f32 [count], the schedule
 * both: p, g, m, v, velocity, best f32, n elements; best or null: where *improved is not 0, best = p of before, in the
 *   same pass; where it is 0, best is not touched
 * record_loss: history[*iteration mod capacity, column] = *loss; history f32 [capacity, columns]
 * track_best: *improved = *loss < *best, which a loss that is not a number never is; then *best = *loss; ++*iteration
 * any size; deterministic: yes; bytes: 7 n for adam, 5 n for sgd, n more with best
 * oracle: KernelsTest.java */
#include "kernel.cuh"

namespace NI_ISA_NAMESPACE {

/* base^n for n >= 0. */
static NI_FN double power(double base, int n) {
    double result = 1;
    for (; n > 0; n >>= 1) {
        result *= n & 1 ? base : 1;
        base *= base;
    }
    return result;
}

static NI_FN float* best_if(float* best, const int32_t* improved) {
    return best != nullptr && *improved != 0 ? best : nullptr;
}

static NI_FN double at_step(double rate, const float* factors, int64_t count, const int32_t* step) {
    return rate * factors[(*step < count ? *step : count) - 1];
}

int adam(ni_stream stream, float* p, const float* g, float* m, float* v, float* best, const int32_t* improved,
         const int32_t* step, const float* factors, int64_t count, int64_t n, double rate, double beta1, double beta2,
         double epsilon) {
    return each(stream, n, [=] NI_LAMBDA() {
        float* kept = best_if(best, improved);
        const float keep1 = static_cast<float>(beta1);
        const float keep2 = static_cast<float>(beta2);
        const float take1 = static_cast<float>(1 - beta1);
        const float take2 = static_cast<float>(1 - beta2);
        const float pace = static_cast<float>(at_step(rate, factors, count, step) / (1 - power(beta1, *step)));
        const float correction = static_cast<float>(1 / ::sqrt(1 - power(beta2, *step)));
        const float least = static_cast<float>(epsilon);
        return [=](auto i) {
            const auto value = load(p, i);
            const auto gradient = load(g, i);
            const auto first = keep1 * load(m, i) + take1 * gradient;
            const auto second = keep2 * load(v, i) + take2 * gradient * gradient;
            if (kept != nullptr) {
                store(kept, i, value);
            }
            store(m, i, first);
            store(v, i, second);
            store(p, i, value - pace * first / (sqrt(second) * correction + least));
        };
    });
}

int sgd(ni_stream stream, float* p, const float* g, float* velocity, float* best, const int32_t* improved,
        const int32_t* step, const float* factors, int64_t count, int64_t n, double rate, double momentum, double decay,
        int nesterov) {
    const float keep = static_cast<float>(momentum);
    const float shrink = static_cast<float>(decay);
    return each(stream, n, [=] NI_LAMBDA() {
        float* kept = best_if(best, improved);
        const float pace = static_cast<float>(at_step(rate, factors, count, step));
        return [=](auto i) {
            const auto value = load(p, i);
            const auto gradient = load(g, i) + shrink * value;
            const auto speed = keep * load(velocity, i) + gradient;
            if (kept != nullptr) {
                store(kept, i, value);
            }
            store(velocity, i, speed);
            store(p, i, value - pace * (nesterov ? gradient + keep * speed : speed));
        };
    });
}

int record_loss(ni_stream stream, const float* loss, const int32_t* iteration, float* history, int64_t column,
                int64_t columns, int64_t capacity) {
    return each(stream, 1, [=] NI_LAMBDA(int64_t) { history[*iteration % capacity * columns + column] = *loss; });
}

int track_best(ni_stream stream, const float* loss, float* best, int32_t* improved, int32_t* iteration) {
    return each(stream, 1, [=] NI_LAMBDA(int64_t) {
        *improved = *loss < *best;
        *best = *improved ? *loss : *best;
        ++*iteration;
    });
}

}  // namespace NI_ISA_NAMESPACE
