package org.naturalinversion.model.io.onnx;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.naturalinversion.graph.Graph;
import org.naturalinversion.graph.Value;
import org.naturalinversion.model.Layers;
import org.naturalinversion.tensor.Shape;

/** Recorded steps, taken in one graph. */
final class Replay {
    /** One op, more or less. */
    interface Step {
        Value take(Replay in, List<Value> inputs);
    }

    /**
     * A step and what it is applied to.
     *
     * @param inputs slots of earlier steps
     */
    record Recorded(List<Integer> inputs, Step step) {}

    private final Layers layers;
    private final Map<String, Shape> shapes;
    private final List<Value> values = new ArrayList<>();
    private final Map<String, Value> weights = new HashMap<>();

    /**
     * @param shapes of all weights
     * @param image what slot 0 holds, [N, H, W, C]
     */
    Replay(Layers layers, Map<String, Shape> shapes, Value image) {
        this.layers = layers;
        this.shapes = shapes;
        values.add(image);
    }

    Graph graph() {
        return layers.graph();
    }

    /** N. */
    int batch() {
        return values.get(0).shape().dim(0);
    }

    /** A weight; one that is used twice is asked for once. */
    Value weight(String name) {
        return weights.computeIfAbsent(name, n -> layers.weight(n, shapes.get(n)));
    }

    /** What a slot holds. */
    Value value(int slot) {
        return values.get(slot);
    }

    /** Takes a step; its value is in the next slot. */
    Value take(Recorded recorded) {
        Value value =
                recorded.step().take(this, recorded.inputs().stream().map(values::get).toList());
        values.add(value);
        return value;
    }

    /** Leaves a step out. */
    void skip() {
        values.add(null);
    }
}
