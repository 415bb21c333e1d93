package org.naturalinversion.graph.op;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.naturalinversion.backend.ConvolutionSpec.Window;
import org.naturalinversion.graph.Node;
import org.naturalinversion.graph.Op;
import org.naturalinversion.graph.Value;
import org.naturalinversion.tensor.Shape;

/**
 * How much of an image a pixel of a feature map can depend on, padding included (Araujo, Norris and
 * Sim, "Computing receptive fields of convolutional neural networks", Distill 2019).
 *
 * @param pixels extent along the axis where it is longer
 * @param step how far apart in the image two neighbouring pixels of the map look
 */
public record ReceptiveField(double pixels, double step) {
    private static final ReceptiveField PIXEL = new ReceptiveField(1, 1);

    /**
     * The receptive field of a value.
     *
     * @param path the nodes that lead from the image to the value, in order
     */
    public static ReceptiveField of(List<Node> path, Value value) {
        Map<Node, ReceptiveField> fields = new HashMap<>();
        for (Node node : path) {
            ReceptiveField seen =
                    node.inputs().stream()
                            .map(v -> fields.getOrDefault(v.node(), PIXEL))
                            .reduce(PIXEL, ReceptiveField::widest);
            fields.put(node, seen.through(node));
        }
        return fields.getOrDefault(value.node(), PIXEL);
    }

    private ReceptiveField widest(ReceptiveField other) {
        return new ReceptiveField(Math.max(pixels, other.pixels), Math.max(step, other.step));
    }

    private ReceptiveField through(Node node) {
        Op op = node.op();
        Shape x = node.input(0).shape();
        if (op instanceof Conv2d c) {
            return c.transposed() ? throughTransposed(c.window()) : through(c.window());
        } else if (op instanceof MaxPool pool) {
            return through(pool.window());
        } else if (op instanceof AveragePool pool) {
            return through(pool.window());
        } else if (op instanceof Slice slice) {
            return new ReceptiveField(
                    pixels, step * Math.max(slice.stride().get(1), slice.stride().get(2)));
        } else if (op instanceof UpsampleNearest up) {
            return new ReceptiveField(pixels, step * x.get(1) / up.height());
        } else if (x.rank() == 4 && node.output(0).shape().rank() != 4) {
            long extent = Math.max(x.get(1), x.get(2));
            return new ReceptiveField(pixels + (extent - 1) * step, step);
        }
        return this;
    }

    private ReceptiveField through(Window w) {
        int reach =
                Math.max(
                        w.dilationHeight() * (w.kernelHeight() - 1),
                        w.dilationWidth() * (w.kernelWidth() - 1));
        return new ReceptiveField(
                pixels + reach * step, step * Math.max(w.strideHeight(), w.strideWidth()));
    }

    /** Of every input pixel, only each stride-th of the kernel's weights meets a given output. */
    private ReceptiveField throughTransposed(Window w) {
        int stride = Math.max(w.strideHeight(), w.strideWidth());
        int kernel = Math.max(w.kernelHeight(), w.kernelWidth());
        return new ReceptiveField(pixels + (kernel - 1) / stride * step, step / stride);
    }
}
