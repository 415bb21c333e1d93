package org.naturalinversion.model.io.onnx;

import java.util.BitSet;
import java.util.List;
import java.util.Map;
import org.naturalinversion.graph.Value;
import org.naturalinversion.model.Architecture;
import org.naturalinversion.model.ImageSize;
import org.naturalinversion.model.Layers;
import org.naturalinversion.model.io.onnx.Replay.Recorded;
import org.naturalinversion.tensor.Shape;

/**
 * A network as an ONNX file describes it.
 *
 * @param name what the file calls its architecture
 * @param steps what computes slots 1, 2, ...
 * @param weights the shapes of all weights, by name
 * @param result the slot of the logits
 */
record OnnxArchitecture(
        String name,
        int classes,
        ImageSize input,
        List<Recorded> steps,
        Map<String, Shape> weights,
        int result)
        implements Architecture {
    OnnxArchitecture {
        steps = List.copyOf(steps);
        weights = Map.copyOf(weights);
    }

    @Override
    public Value build(Layers layers, Value x) {
        BitSet needed = needed();
        Replay replay = new Replay(layers, weights, x);
        for (int slot = 1; slot <= steps.size(); slot++) {
            if (needed.get(slot)) {
                replay.take(steps.get(slot - 1));
            } else {
                replay.skip();
            }
        }
        return replay.value(result);
    }

    /** The slots that the logits depend on. */
    private BitSet needed() {
        BitSet needed = new BitSet();
        needed.set(result);
        for (int slot = steps.size(); slot > 0; slot--) {
            if (needed.get(slot)) {
                steps.get(slot - 1).inputs().forEach(needed::set);
            }
        }
        return needed;
    }
}
