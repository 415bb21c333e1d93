package org.naturalinversion.model;

import java.util.Optional;
import org.naturalinversion.graph.Leaf;
import org.naturalinversion.graph.Node;
import org.naturalinversion.graph.Value;
import org.naturalinversion.graph.op.FoldBatchNorm;
import org.naturalinversion.graph.op.FrozenBatchNorm;
import org.naturalinversion.tensor.HostTensor;

/**
 * A frozen BatchNorm layer within a graph.
 *
 * @param name its name in the checkpoint
 * @param input what it normalises, [N, H, W, C]
 * @param mean running mean [C]
 * @param var running variance [C]
 */
public record BatchNormLayer(String name, Value input, Value mean, Value var) {
    /** Whether a node is one: other scales and shifts per channel have no statistics. */
    static boolean is(Node node) {
        return node.op() instanceof FrozenBatchNorm
                && node.input(1).node().op() instanceof FoldBatchNorm;
    }

    /** The layer that a node is; the node reads the layer's input and what it was folded into. */
    static BatchNormLayer of(Node node) {
        Node fold = node.input(1).node();
        return new BatchNormLayer(
                name(fold.input(2), fold.input(0)), node.input(0), fold.input(2), fold.input(3));
    }

    /**
     * What stands before the last dot of the running mean's name, or where it has none, gamma's.
     */
    private static String name(Value mean, Value gamma) {
        String name = mean.node().op().label();
        String prefix = prefix(name);
        prefix = prefix.isEmpty() ? prefix(gamma.node().op().label()) : prefix;
        return prefix.isEmpty() ? name : prefix;
    }

    private static String prefix(String name) {
        return name.substring(0, Math.max(0, name.lastIndexOf('.')));
    }

    /**
     * What is wrong with the running statistics: that no data can have had them, or that they were
     * never updated. Empty if nothing is.
     */
    public Optional<String> problem() {
        float[] means = numbers(mean);
        float[] variances = numbers(var);
        boolean untouched = true;
        for (int i = 0; i < means.length; i++) {
            untouched &= means[i] == 0 && variances[i] == 1;
            if (!Float.isFinite(means[i]) || !Float.isFinite(variances[i])) {
                return Optional.of("%s: channel %d is not finite".formatted(name, i));
            }
            if (variances[i] <= 0) {
                return Optional.of(
                        "%s: channel %d has variance %s".formatted(name, i, variances[i]));
            }
        }
        return untouched
                ? Optional.of(name + ": mean 0 and variance 1, as before any training")
                : Optional.empty();
    }

    private static float[] numbers(Value statistic) {
        HostTensor tensor = ((Leaf.Constant) statistic.node().op()).tensor();
        return tensor.toFloats();
    }
}
