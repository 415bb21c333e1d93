package org.naturalinversion.model.io.onnx;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.naturalinversion.graph.Op;
import org.naturalinversion.graph.op.Activate;
import org.naturalinversion.graph.op.FrozenBatchNorm;
import org.naturalinversion.tensor.HostTensor;
import org.naturalinversion.tensor.Shape;

/**
 * Activations, and affine functions of one number, with the identities that make one activation of
 * what exporters write as several nodes: x sigmoid(x) is SiLU, x clip(x + 3, 0, 6) / 6 is
 * hard-swish.
 */
final class Pointwise {
    /** Relative error of the constants in files, such as 0.16666667. */
    private static final double CLOSE = 1e-6;

    /** Bounds as large as this are none. */
    private static final double HUGE = 3.4e38;

    /** What made a slot: an activation (scale 1, shift 0), or if that is null scale x + shift. */
    private record Origin(Op activation, int input, double scale, double shift) {}

    private final Recorder recorder;
    private final Map<Integer, Origin> origins = new HashMap<>();

    Pointwise(Recorder recorder) {
        this.recorder = recorder;
    }

    /** An activation of x. */
    View activate(Op activation, View x) {
        int slot = recorder.apply(activation, List.of(x.slot()));
        origins.put(slot, new Origin(activation, x.slot(), 1, 0));
        return x.with(slot);
    }

    /**
     * scale x + shift, in place of what x is if that is of this kind too.
     *
     * @param name of the node, for weights
     */
    View affine(String name, View x, double scale, double shift) {
        Origin made = origins.get(x.slot());
        if (made != null && made.activation() == null) {
            return direct(
                    name, x.with(made.input()), scale * made.scale(), scale * made.shift() + shift);
        }
        return direct(name, x, scale, shift);
    }

    private View direct(String name, View x, double scale, double shift) {
        if (isClose(scale, 1) && shift == 0) {
            return x;
        }
        if (isClose(scale, 1 / 6.0) && shift == 0 && beforeHardSigmoid(x.slot()) >= 0) {
            return activate(Activate.hardSigmoid(), x.with(beforeHardSigmoid(x.slot())));
        }
        int channels = recorder.stored(x.slot()).channels();
        int slot =
                affine(
                        x.slot(),
                        recorder.weight(name + ".scale", channels, scale),
                        recorder.weight(name + ".shift", channels, shift));
        origins.put(slot, new Origin(null, x.slot(), scale, shift));
        return x.with(slot);
    }

    /** scale x + shift with numbers for each channel; x is canonical. */
    View affine(String name, View x, float[] scale, float[] shift) {
        Shape c = Shape.of(scale.length);
        return x.with(
                affine(
                        x.slot(),
                        recorder.weight(name + ".scale", HostTensor.of(c, scale)),
                        recorder.weight(name + ".shift", HostTensor.of(c, shift))));
    }

    private int affine(int slot, String scale, String shift) {
        // The center only matters to statistics, which nobody asks for.
        return recorder.apply(FrozenBatchNorm.plain(), List.of(slot), scale, shift, shift);
    }

    /** The slot of u if the given one is clip(u + 3, 0, 6); otherwise -1. */
    private int beforeHardSigmoid(int slot) {
        Origin clip = origins.get(slot);
        if (clip == null || !Activate.relu6().equals(clip.activation())) {
            return -1;
        }
        Origin sum = origins.get(clip.input());
        boolean matches =
                sum != null
                        && sum.activation() == null
                        && isClose(sum.scale(), 1)
                        && isClose(sum.shift(), 3);
        return matches ? sum.input() : -1;
    }

    /**
     * x gate, where the gate is a function of x that makes an activation of the product; or null.
     */
    View gated(String name, View x, View gate) {
        Origin made = origins.get(gate.slot());
        if (made == null || !x.isLaidOutAs(gate)) {
            return null;
        }
        if (made.input() == x.slot() && Activate.sigmoid().equals(made.activation())) {
            return activate(Activate.silu(), x);
        }
        if (made.input() == x.slot() && Activate.hardSigmoid().equals(made.activation())) {
            return activate(Activate.hardSwish(), x);
        }
        if (beforeHardSigmoid(gate.slot()) == x.slot()) {
            return affine(name, activate(Activate.hardSwish(), x), 6, 0);
        }
        return null;
    }

    /** x, cut off at two bounds, of which either may be infinite. */
    View clip(String name, View x, double low, double high) {
        boolean below = low > -HUGE;
        boolean above = high < HUGE;
        if (below && above) {
            if (!(low < high)) {
                throw new IllegalArgumentException(
                        "it clips to nothing between %s and %s".formatted(low, high));
            }
            double unit = (high - low) / 6;
            View scaled = affine(name + ".in", x, 1 / unit, -low / unit);
            return affine(name + ".out", activate(Activate.relu6(), scaled), unit, low);
        } else if (below) {
            View shifted = affine(name + ".in", x, 1, -low);
            return affine(name + ".out", activate(Activate.relu(), shifted), 1, low);
        } else if (above) {
            View turned = affine(name + ".in", x, -1, high);
            return affine(name + ".out", activate(Activate.relu(), turned), -1, high);
        }
        return x;
    }

    /** clip(alpha x + beta, 0, 1). */
    View hardSigmoid(String name, View x, double alpha, double beta) {
        double shift = 6 * beta - 3;
        View scaled = affine(name, x, 6 * alpha, Math.abs(shift) < CLOSE ? 0 : shift);
        return activate(Activate.hardSigmoid(), scaled);
    }

    private static boolean isClose(double a, double b) {
        return Math.abs(a - b) <= CLOSE * Math.abs(b);
    }
}
