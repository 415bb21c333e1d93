/* activation: the functions of backend/Activation.java; kinds are numbered as its enum counts them.
 *
 * forward(x) is y. backward(x, gy) is gx, and backward_from_result(y, gy) is the same from y alone; only clipping
 * functions have the latter. At a kink the derivative is that of the side towards zero, or below it.
 */
#pragma once

#include "lanes.cuh"

namespace NI_ISA_NAMESPACE {

struct Identity {
    template <class V>
    NI_FN V forward(V x) const {
        return x;
    }
    template <class V>
    NI_FN V backward(V, V gy) const {
        return gy;
    }
    template <class V>
    NI_FN V backward_from_result(V, V gy) const {
        return gy;
    }
};

struct Relu {
    template <class V>
    NI_FN V forward(V x) const {
        return max(x, 0.0f);
    }
    template <class V>
    NI_FN V backward(V x, V gy) const {
        return select(x > 0.0f, gy, 0.0f);
    }
    template <class V>
    NI_FN V backward_from_result(V y, V gy) const {
        return select(y > 0.0f, gy, 0.0f);
    }
};

struct LeakyRelu {
    float slope;

    template <class V>
    NI_FN V forward(V x) const {
        return select(x > 0.0f, x, slope * x);
    }
    template <class V>
    NI_FN V backward(V x, V gy) const {
        return select(x > 0.0f, gy, slope * gy);
    }
    template <class V>
    NI_FN V backward_from_result(V y, V gy) const {
        return select(y > 0.0f, gy, slope * gy);
    }
};

struct Relu6 {
    template <class V>
    NI_FN V forward(V x) const {
        return min(max(x, 0.0f), 6.0f);
    }
    template <class V>
    NI_FN V backward(V x, V gy) const {
        return select(x > 0.0f, select(x < 6.0f, gy, 0.0f), 0.0f);
    }
    template <class V>
    NI_FN V backward_from_result(V y, V gy) const {
        return backward(y, gy);
    }
};

struct Tanh {
    template <class V>
    NI_FN V forward(V x) const {
        return tanh(x);
    }
    template <class V>
    NI_FN V backward(V x, V gy) const {
        const V y = tanh(x);
        return gy * (1.0f - y * y);
    }
};

struct Sigmoid {
    template <class V>
    NI_FN V forward(V x) const {
        return 1.0f / (1.0f + exp(-x));
    }
    template <class V>
    NI_FN V backward(V x, V gy) const {
        const V y = forward(x);
        return gy * (y * (1.0f - y));
    }
};

struct Silu {
    template <class V>
    NI_FN V forward(V x) const {
        return x * Sigmoid().forward(x);
    }
    template <class V>
    NI_FN V backward(V x, V gy) const {
        const V s = Sigmoid().forward(x);
        return gy * (s * (1.0f + x * (1.0f - s)));
    }
};

struct HardSigmoid {
    template <class V>
    NI_FN V forward(V x) const {
        return min(max(x * (1.0f / 6) + 0.5f, 0.0f), 1.0f);
    }
    template <class V>
    NI_FN V backward(V x, V gy) const {
        return select(x > -3.0f, select(x < 3.0f, gy * (1.0f / 6), 0.0f), 0.0f);
    }
};

struct HardSwish {
    template <class V>
    NI_FN V forward(V x) const {
        return x * HardSigmoid().forward(x);
    }
    template <class V>
    NI_FN V backward(V x, V gy) const {
        return select(x > -3.0f, select(x < 3.0f, gy * (x * (1.0f / 3) + 0.5f), gy), 0.0f);
    }
};

/* Calls f with the activation of this kind, where it is one whose derivative follows from the result. */
template <class F>
int with_clipping(int kind, double slope, F f) {
    switch (kind) {
        case 0:
            return f(Identity());
        case 1:
            return f(Relu());
        case 2:
            return f(LeakyRelu{static_cast<float>(slope)});
        case 3:
            return f(Relu6());
        default:
            return NI_BAD_ARGUMENT;
    }
}

/* Calls f with the activation of this kind. */
template <class F>
int with_activation(int kind, double slope, F f) {
    switch (kind) {
        case 4:
            return f(Tanh());
        case 5:
            return f(Sigmoid());
        case 6:
            return f(Silu());
        case 7:
            return f(HardSigmoid());
        case 8:
            return f(HardSwish());
        default:
            return with_clipping(kind, slope, f);
    }
}

}  // namespace NI_ISA_NAMESPACE
